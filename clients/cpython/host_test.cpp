#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace poolhammer::cpython {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;

struct Outcome {
  int status = 0;
  std::string output;  ///< both streams
};

[[nodiscard]] Outcome run(const std::string& command) {
  Outcome outcome;
  FILE* const pipe = popen(("(" + command + ") 2>&1").c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("popen failed");
  std::array<char, 4096> part{};
  while (const std::size_t got = std::fread(part.data(), 1, part.size(), pipe))
    outcome.output.append(part.data(), got);
  const int status = pclose(pipe);
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome;
}

/// `arguments` and `environment` as a shell reads them.
[[nodiscard]] Outcome host(const std::string& arguments, const std::string& environment = "") {
  return run("env " + environment + " '" POOLHAMMER_PYTHON_HOST "' " + arguments);
}

[[nodiscard]] Outcome script(const std::string& text, const std::string& environment = "") {
  return host("-c '" + text + "'", environment);
}

/// CPython's own functions, which lead to the host's heap.
const std::string functions = R"(
import ctypes, os
def function(name, result, *arguments):
  found = getattr(ctypes.pythonapi, name)
  found.restype, found.argtypes = result, arguments
  return found
malloc = function("PyObject_Malloc", ctypes.c_void_p, ctypes.c_size_t)
free = function("PyObject_Free", None, ctypes.c_void_p)
mem_malloc = function("PyMem_Malloc", ctypes.c_void_p, ctypes.c_size_t)
raw_malloc = function("PyMem_RawMalloc", ctypes.c_void_p, ctypes.c_size_t)
)";

TEST(PythonHost, TakesTheCommandLineOfPython) {
  EXPECT_EQ(host("-c 'import sys; print(sys.argv, sys.flags.optimize)' a -b").output,
            "['-c', 'a', '-b'] 0\n");
  EXPECT_EQ(host("-O -E -c 'import sys; print(sys.flags.optimize)'").output, "1\n");
  EXPECT_EQ(run("echo '{\"a\": 1}' | '" POOLHAMMER_PYTHON_HOST "' -m json.tool --compact").output,
            "{\"a\":1}\n");
  EXPECT_EQ(run("echo 'print(6 * 7)' | '" POOLHAMMER_PYTHON_HOST "' -").output, "42\n");
  EXPECT_THAT(host("--version").output, MatchesRegex("Python 3[.]11[.][0-9]+.*\n"));
}

TEST(PythonHost, EndsWithTheStatusOfTheScript) {
  EXPECT_EQ(script("raise SystemExit(7)").status, 7);
  EXPECT_EQ(script("1 / 0").status, 1);
  EXPECT_EQ(script("import os; os._exit(9)").status, 9);
  EXPECT_EQ(script("import os, signal; os.kill(os.getpid(), signal.SIGTERM)").status, 128 + SIGTERM);
}

TEST(PythonHost, IsTheInterpreterThatItsScriptsStart) {
  const Outcome outcome = script(R"python(
import subprocess, sys
print(sys.executable)
subprocess.run([sys.executable, "-c", "import sys; print(sys.executable)"], check=True)
)python");
  const std::string line = std::string(POOLHAMMER_PYTHON_HOST) + "\n";
  EXPECT_EQ(outcome.output, line + line);
}

TEST(PythonHost, DoesWhatStockPythonDoes) {
  if (access(POOLHAMMER_PYTHON, X_OK) != 0) GTEST_SKIP() << "(Debian package: python3.11)";
  const std::string text = R"(-c '
import json, decimal, collections, re, sys
rows = [{"name": "n%d" % i, "value": i * 1.5, "tags": ["a%d" % (i % 7)]} for i in range(5000)]
back = json.loads(json.dumps(rows))
print(sum(decimal.Decimal(str(row["value"])) for row in back), len(re.findall("n", json.dumps(back))))
print(collections.Counter(tag for row in back for tag in row["tags"]), sys.path, sys.prefix, sys.flags)
')";
  const Outcome here = host(text, "PYMALLOC_CHECK=10000 PYTHONHASHSEED=0");
  EXPECT_EQ(here.status, 0);
  EXPECT_EQ(here.output, run("PYTHONHASHSEED=0 " POOLHAMMER_PYTHON " " + text).output);
}

TEST(PythonHost, ServesMemAndObjectFromPoolsAndRawFromTheCLibrary) {
  // Neighbours of one class lie side by side in a pool, whose header names the class.
  const Outcome outcome = script(functions + R"(
for allocate in (malloc, mem_malloc, raw_malloc):
  block = [allocate(496) for _ in range(200)][-1]
  header = block & ~0x3fff
  print(ctypes.c_uint32.from_address(header + 36).value == 30 and (block - header - 48) % 496 == 0)
)");
  EXPECT_EQ(outcome.output, "True\nTrue\nFalse\n");
}

TEST(PythonHost, KeepsItsAllocatorWhateverTheEnvironmentNames) {
  for (const char* const environment :
       {"PYTHONMALLOC=malloc", "PYTHONMALLOC=debug", "PYTHONMALLOC=pymalloc", "PYTHONDEVMODE=1"}) {
    const Outcome outcome = script("pass", std::string("PYMALLOC_STATS=1 ") + environment);
    EXPECT_EQ(outcome.status, 0) << environment;
    EXPECT_THAT(outcome.output,
                MatchesRegex("poolhammer-python: [0-9][0-9][0-9][0-9]+ operations, [1-9].* checks\n"))
        << environment;
  }
}

TEST(PythonHost, PrintsTotalsInWhicheverWayTheScriptEnds) {
  for (const char* const text : {"pass", "raise SystemExit(0)", "import atexit; atexit.register(print)"}) {
    EXPECT_THAT(
        script(text, "PYMALLOC_STATS=1").output,
        MatchesRegex("\n?poolhammer-python: [0-9]+ operations, [0-9]+ arenas requested, [0-9]+ released, "
                     "[0-9]+ at most, [0-9]+ now, [0-9]+ pools in use, [0-9]+ blocks in use, 0 checks\n"))
        << text;
  }
}

TEST(PythonHost, AppendsTotalsOfEveryProcessToAFile) {
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / ("poolhammer-python-test-" + std::to_string(getpid()));
  std::filesystem::remove(file);
  const Outcome outcome = script("import subprocess, sys; subprocess.run([sys.executable, \"-c\", \"\"])",
                                 "PYMALLOC_CHECK=5000 PYMALLOC_STATS=" + file.string());
  std::ifstream stream(file);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  std::filesystem::remove(file);
  EXPECT_EQ(outcome.output, "");
  const std::string line = R"(\{"operations": [0-9]+, "arenas_requested": .*, "checks": [1-9][0-9]*\})";
  EXPECT_THAT(text, MatchesRegex(line + "\n" + line + "\n"));
}

TEST(PythonHost, ChecksAfterSoManyOperationsAndAtTheEnd) {
  const auto checks = [](const std::string& every) {
    const std::string output = script("pass", "PYMALLOC_STATS=1 PYMALLOC_CHECK=" + every).output;
    const std::string words = output.substr(output.rfind(", ") + 2);
    return std::pair(std::stoul(output.substr(output.find(": ") + 2)), std::stoul(words));
  };
  for (const unsigned long every : {1000UL, 9973UL}) {
    const auto [operations, done] = checks(std::to_string(every));
    EXPECT_EQ(done, operations / every + 1);
  }
}

TEST(PythonHost, StaysSoundWithThreadsForksAndAFullCollection) {
  const Outcome outcome = script(R"(
import gc, os, threading
def work(): return sorted(str(i) * (i % 40) for i in range(20000))
threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads: thread.start()
child = os.fork()
work()
if child == 0: raise SystemExit(5)
for thread in threads: thread.join()
gc.collect()
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
)",
                                 "PYMALLOC_CHECK=5000");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.output, "5\n");
}

TEST(PythonHost, LeavesErrnoAloneWhileItChecks) {
  // Looking for a module asks for files that are not there, and tells them by errno from those that cannot be
  // read: with a check after every operation, any change of it would show.
  const Outcome outcome = host("-S -c 'import os; print(os.path.exists(\"/nowhere\"))'", "PYMALLOC_CHECK=1");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.output, "False\n");
}

TEST(PythonHost, StopsAtAWriteIntoAFreedBlock) {
  const Outcome outcome = script(functions + R"(
blocks = [malloc(496) for _ in range(80)]
free(blocks[5]); free(blocks[7]); ctypes.memset(blocks[7], 0xAB, 8)
while True: str(os)
)",
                                 "PYMALLOC_CHECK=1000");
  EXPECT_EQ(outcome.status, 128 + SIGABRT);
  EXPECT_THAT(
      outcome.output,
      MatchesRegex("poolhammer-python: process [0-9]+, after operation [0-9]+000 \\([a-z]+, 0x[0-9a-f]+\\): "
                   "free-list.inside-pool: arena [0-9]+, pool [0-9]+, class 30, block [0-9]+, "
                   "at 0x[0-9a-f]+: expected a link to .*, found 0xabababababababab\n(.|\n)*"));
}

TEST(PythonHost, StopsAtTheEndWhenNoCheckCameBefore) {
  const Outcome outcome = script(functions + R"(
blocks = [malloc(496) for _ in range(80)]
free(blocks[5]); free(blocks[7]); free(blocks[9]); ctypes.c_uint64.from_address(blocks[7]).value = 0
)",
                                 "PYMALLOC_CHECK=1000000000");
  EXPECT_EQ(outcome.status, 128 + SIGABRT);
  EXPECT_THAT(outcome.output, AllOf(HasSubstr("at the end: pool.ref-count"), HasSubstr("class 30")));
}

TEST(PythonHost, RefusesSettingsThatMeanNothing) {
  for (const char* const check : {"x", "-1", "10k", "99999999999999999999"}) {
    const Outcome outcome = script("print(1)", std::string("PYMALLOC_CHECK=") + check);
    EXPECT_EQ(outcome.status, 2) << check;
    EXPECT_THAT(outcome.output,
                EndsWith(std::string("expected a number of operations, found '") + check + "'\n"));
  }
  const Outcome outcome = script("print(1)", "PYMALLOC_STATS=yes");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.output,
            "poolhammer-python: PYMALLOC_STATS: expected 1 or an absolute path, found 'yes'\n");
}

}  // namespace
}  // namespace poolhammer::cpython

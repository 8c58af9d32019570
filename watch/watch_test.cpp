#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace poolhammer::watch {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::MatchesRegex;

struct Outcome {
  int status = 0;
  std::string output;  ///< both streams
};

/// What a script may use: the check, and CPython's allocator itself. No interpreter asks for so many blocks
/// of this size by itself that it would meet a damaged one.
constexpr const char* prelude = R"(
import ctypes, os
check = ctypes.PyDLL(None).poolhammer_check_cpython
malloc = ctypes.pythonapi.PyObject_Malloc
malloc.restype, malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
free = ctypes.pythonapi.PyObject_Free
free.restype, free.argtypes = None, [ctypes.c_void_p]
def pool_of(block): return block & ~0x3fff
def number(address): return ctypes.c_uint32.from_address(address)
def pointer(address): return ctypes.c_uint64.from_address(address)
# Two pools of their own, used: the second has room.
blocks = [malloc(496) for _ in range(80)]
pools = sorted({pool_of(block) for block in blocks}, key=lambda pool: number(pool).value)
)";

class Watch : public testing::Test {
 protected:
  void SetUp() override {
    if (access(POOLHAMMER_PYTHON, X_OK) != 0)
      GTEST_SKIP() << POOLHAMMER_PYTHON << " is missing (Debian package: python3.11)";
  }

  [[nodiscard]] static Outcome python(const std::string& script, const std::string& environment = "") {
    const std::string command =
        environment + " LD_PRELOAD='" POOLHAMMER_WATCH "' " POOLHAMMER_PYTHON " -X faulthandler -c '" +
        script + "' 2>&1";
    Outcome outcome;
    FILE* const pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) throw std::runtime_error("popen failed");
    std::array<char, 4096> part{};
    while (const std::size_t got = std::fread(part.data(), 1, part.size(), pipe))
      outcome.output.append(part.data(), got);
    const int status = pclose(pipe);
    outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return outcome;
  }

  /// Damages the heap, has it checked, and leaves without touching it again.
  [[nodiscard]] static std::string complaint_after(const std::string& damage) {
    const Outcome outcome =
        python(prelude + std::string("assert check(2) == 0\n") + damage + "\nos._exit(check(2))\n");
    EXPECT_GE(outcome.status, 1) << outcome.output;
    return outcome.output;
  }
};

/// A script that uses all that an interpreter has, threads and processes too, and asks for checks meanwhile.
constexpr const char* healthy = R"(
import ctypes, json, decimal, gc, os, threading, collections, re, subprocess, sys
check = ctypes.PyDLL(None).poolhammer_check_cpython
def work():
  rows = [{"name": "n%d" % i, "value": i * 1.5, "tags": ["a%d" % (i % 7)]} for i in range(int(os.environ.get("ROWS", "20000")))]
  back = json.loads(json.dumps(rows))
  total = sum(decimal.Decimal(str(row["value"])) for row in back)
  assert len(re.findall("n", json.dumps(back))) > 0 and total > 0
  return collections.Counter(tag for row in back for tag in row["tags"])
for _ in range(3):
  kept = work()
  assert check(2) == 0
threads = [threading.Thread(target=work) for _ in range(3)]
for thread in threads: thread.start()
for thread in threads: thread.join()
gc.collect()
subprocess.run(["/bin/true"], check=True)
reader, writer = os.pipe()
if os.fork() == 0:
  work()
  os.write(writer, b"%d" % check(2))
  os._exit(0)
os.wait()
assert os.read(reader, 9) == b"0"
print(check(2))
)";

TEST_F(Watch, IsSilentAboutAHealthyInterpreter) {
  const Outcome outcome = python(healthy);
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.output, "0\n");
}

TEST_F(Watch, IsSilentAboutAHealthyInterpreterThatItStandsBefore) {
  for (const char* const environment :
       {"POOLHAMMER_WATCH_EVERY=5000", "POOLHAMMER_WATCH_EVERY=20000 POOLHAMMER_WATCH_GUARD=1"}) {
    const Outcome outcome = python(healthy, std::string("ROWS=2000 ") + environment);
    EXPECT_EQ(outcome.status, 0) << environment;
    EXPECT_EQ(outcome.output, "0\n") << environment;
  }
}

TEST_F(Watch, KnowsTheDebugAllocatorAndTheOneWithoutPools) {
  for (const char* const kind : {"debug", "malloc"}) {
    setenv("PYTHONMALLOC", kind, 1);
    const Outcome outcome = python("import json; print(len(json.dumps(list(range(9999)))))");
    unsetenv("PYTHONMALLOC");
    EXPECT_EQ(outcome.status, 0) << kind;
    EXPECT_EQ(outcome.output, "58884\n") << kind;
  }
}

TEST_F(Watch, FindsAWriteIntoAFreedBlock) {
  EXPECT_THAT(complaint_after("free(blocks[5]); free(blocks[7]); ctypes.memset(blocks[7], 0xAB, 8)"),
              MatchesRegex("poolhammer: process [0-9]+: .*free-list[.].*0xabababababababab.*\n"));
}

TEST_F(Watch, FindsABlockFreedTwice) {
  EXPECT_THAT(complaint_after("free(blocks[5]); free(blocks[7]); free(blocks[5])"),
              HasSubstr("free-list.no-block-twice"));
}

TEST_F(Watch, FindsDamageOfEveryFieldOfAHeader) {
  const auto damage = [](const std::string& what) { return complaint_after(what); };
  EXPECT_THAT(damage("number(pools[0]).value += 1"), HasSubstr("pool.ref-count"));
  EXPECT_THAT(damage("pointer(pools[0] + 8).value = 1"), HasSubstr("free-list.inside-pool"));
  EXPECT_THAT(damage("pointer(pools[0] + 16).value = 64"), HasSubstr("used-lists.circular"));
  EXPECT_THAT(damage("pointer(pools[0] + 24).value = pools[0]"), HasSubstr("used-lists.back-links"));
  EXPECT_THAT(damage("number(pools[0] + 32).value = 77"), HasSubstr("pool.arena-index"));
  EXPECT_THAT(damage("number(pools[0] + 36).value = 99"), HasSubstr("pool.size-class"));
  EXPECT_THAT(damage("number(pools[0] + 40).value += 8"), HasSubstr("pool.next-offset"));
  EXPECT_THAT(damage("number(pools[0] + 44).value += 8"), HasSubstr("pool.max-next-offset"));
}

TEST_F(Watch, FindsAnEmptyPoolThatLeadsAstray) {
  EXPECT_THAT(complaint_after("[free(block) for block in blocks if pool_of(block) == pools[-1]]\n"
                              "pointer(pools[-1] + 16).value = pools[0] + 16"),
              HasSubstr("arena.free-pools"));
}

TEST_F(Watch, FindsAHeaderThatWasOverwrittenWithZeros) {
  EXPECT_THAT(complaint_after("ctypes.memset(min(pools), 0, 48)"), HasSubstr("pool.header"));
}

TEST_F(Watch, LooksOnceMoreWhenTheProcessEnds) {
  // The link of a free block is lost: its list ends too early, which harms nobody who allocates.
  const Outcome outcome =
      python(prelude +
             std::string("free(blocks[5]); free(blocks[7]); free(blocks[9]); pointer(blocks[7]).value = 0"));
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.output, AllOf(HasSubstr("pool.ref-count"), HasSubstr("class 30")));
}

TEST_F(Watch, RefusesAnIntervalThatIsNoNumber) {
  for (const char* const every : {"0", "x", "10x", "-1"}) {
    const Outcome outcome = python("print(1)", std::string("POOLHAMMER_WATCH_EVERY=") + every);
    EXPECT_EQ(outcome.status, 2) << every;
    EXPECT_THAT(outcome.output,
                HasSubstr(std::string("expected a number of operations, found \x27") + every));
  }
}

TEST_F(Watch, SaysWhenOthersTookItsPlace) {
  const Outcome outcome = python("print(1)", "PYTHONMALLOC=debug POOLHAMMER_WATCH_EVERY=100");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.output, HasSubstr("no operation was seen"));
}

TEST_F(Watch, KeepsWhatAllocatorsPromiseBehindItsGuards) {
  const Outcome outcome = python(R"(
import ctypes
def function(name, result, *arguments):
  found = getattr(ctypes.pythonapi, name)
  found.restype, found.argtypes = result, arguments
  return found
size_t, pointer = ctypes.c_size_t, ctypes.c_void_p
calloc = function("PyObject_Calloc", pointer, size_t, size_t)
realloc = function("PyObject_Realloc", pointer, pointer, size_t)
free = function("PyObject_Free", None, pointer)
block = calloc(5, 20)
assert ctypes.string_at(block, 100) == bytes(100)
ctypes.memset(block, 7, 100)
for size in (101, 504, 505, 512, 513, 9000, 600, 100):
  block = realloc(block, size)
  assert ctypes.string_at(block, 100) == b"\x07" * 100
assert realloc(block, 2**63 - 1 - 8) is None and realloc(block, 2**63 - 1) is None and realloc(block, 2**63) is None
assert ctypes.string_at(block, 100) == b"\x07" * 100
assert calloc(2**62, 8) is None and calloc(1, 2**63 - 1) is None
free(block)
for nothing in (calloc(0, 9), realloc(None, 0)):
  assert nothing
  free(nothing)
)",
                                 "POOLHAMMER_WATCH_EVERY=1000 POOLHAMMER_WATCH_GUARD=1");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.output, "");
}

#ifdef POOLHAMMER_BROKEN_EXTENSION

/// Line 3 of the script makes the mistake; line 4 goes on as if nothing had happened.
class BrokenExtension : public Watch {
 protected:
  static constexpr const char* guilty = "line 3 in <module>";
  static constexpr const char* after = "line 4 in <module>";

  [[nodiscard]] static Outcome call(const std::string& function, const std::string& environment) {
    return python("\nimport broken_extension\nbroken_extension." + function +
                      "\nfor i in range(1000): str(i) + \"a\"\n",
                  "PYTHONPATH='" POOLHAMMER_BROKEN_EXTENSION "' POOLHAMMER_WATCH_EVERY=100 " + environment);
  }

  /// An aborted process, a line about the pool, block and class, and Python's own words on where it was.
  static void expect_report(const Outcome& outcome, const std::string& line, const std::string& where) {
    EXPECT_EQ(outcome.status, 128 + SIGABRT);
    EXPECT_THAT(outcome.output,
                MatchesRegex("poolhammer: process [0-9]+: (before|after) a [a-z]+ of 0x[0-9a-f]+: " + line +
                             "\n(.|\n)*" + where + "(.|\n)*"));
  }
};

TEST_F(BrokenExtension, IsCaughtFreeingABlockTwiceBeforeItHappens) {
  const std::string place = "arena [0-9]+, pool [0-9]+, class 3., block [0-9]+, at 0x[0-9a-f]+";
  for (const char* const guard : {"", "POOLHAMMER_WATCH_GUARD=1"}) {
    expect_report(call("free_twice()", guard),
                  "block.in-use: " + place + ": expected a block in use, found a free block of its pool",
                  guilty);
  }
}

TEST_F(BrokenExtension, IsCaughtFreeingWhatIsNoBlock) {
  expect_report(call("free_inside()", ""),
                "block.in-use: arena [0-9]+, pool [0-9]+, class 30, block [0-9]+, .*one inside of it",
                guilty);
}

TEST_F(BrokenExtension, IsCaughtWritingOneBytePastABlockIntoAFreeOne) {
  expect_report(call("write_past_before_free_block()", ""),
                "free-list.[a-z-]+: arena [0-9]+, pool [0-9]+, class 30, block [0-9]+, .*58", after);
}

TEST_F(BrokenExtension, IsCaughtWritingIntoAFreedBlock) {
  expect_report(
      call("write_after_free()", ""),
      "free-list.inside-pool: arena [0-9]+, pool [0-9]+, class 30, block [0-9]+, .*0xabababababababab",
      after);
}

TEST_F(BrokenExtension, IsNotCaughtWritingIntoALiveNeighbourWithoutGuards) {
  const Outcome outcome = call("write_past_before_live_block()", "");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.output, "");
}

TEST_F(BrokenExtension, IsCaughtWritingIntoALiveNeighbourWithGuards) {
  expect_report(call("write_past_before_live_block()", "POOLHAMMER_WATCH_GUARD=1"),
                "block.guard: arena [0-9]+, pool [0-9]+, class 31, block [0-9]+, .*found 0x58 at offset 496",
                after);
}

TEST_F(BrokenExtension, IsCaughtForgettingTheEndOfATextWithGuards) {
  expect_report(call("copy_text(\"n\" * 20)", "POOLHAMMER_WATCH_GUARD=1"),
                "block.guard: arena [0-9]+, pool [0-9]+, class 1, block [0-9]+, .*found 0x0 at offset 20",
                guilty);
  // A block of the C library: there is no pool to name.
  expect_report(call("copy_text(\"n\" * 2000)", "POOLHAMMER_WATCH_GUARD=1"),
                "block.guard: at 0x[0-9a-f]+: .*found 0x0 at offset 2000", guilty);
}

#endif

TEST_F(Watch, LeavesOtherProgramsAlone) {
  EXPECT_EQ(std::system("LD_PRELOAD='" POOLHAMMER_WATCH "' /bin/true"), 0);
}

}  // namespace
}  // namespace poolhammer::watch

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
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

  [[nodiscard]] static Outcome python(const std::string& script) {
    const std::string command =
        "LD_PRELOAD='" POOLHAMMER_WATCH "' " POOLHAMMER_PYTHON " -c '" + script + "' 2>&1";
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

TEST_F(Watch, IsSilentAboutAHealthyInterpreter) {
  const Outcome outcome = python(R"(
import ctypes, json, decimal, gc, threading, collections, re, subprocess, sys
check = ctypes.PyDLL(None).poolhammer_check_cpython
def work():
  rows = [{"name": "n%d" % i, "value": i * 1.5, "tags": ["a%d" % (i % 7)]} for i in range(20000)]
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
print(check(2))
)");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.output, "0\n");
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

TEST_F(Watch, LeavesOtherProgramsAlone) {
  EXPECT_EQ(std::system("LD_PRELOAD='" POOLHAMMER_WATCH "' /bin/true"), 0);
}

}  // namespace
}  // namespace poolhammer::watch

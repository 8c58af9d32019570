#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "cli/testing/command.hpp"
#include "harness/trace/file.hpp"
#include "harness/trace/generate.hpp"

namespace poolhammer::cli {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

const std::string beside_cpython[] = {"--subject", "pymalloc:modern", "--against", "cpython", "--placements"};

/// The command with the words that compare the home heap with CPython's.
[[nodiscard]] Outcome compared(std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), std::begin(beside_cpython), std::end(beside_cpython));
  return poolhammer(arguments);
}

/// Another folder in which the loader looks for libraries first.
class LibraryPath {
 public:
  explicit LibraryPath(const std::filesystem::path& folder) { setenv("LD_LIBRARY_PATH", folder.c_str(), 1); }
  LibraryPath(const LibraryPath&) = delete;
  LibraryPath& operator=(const LibraryPath&) = delete;
  ~LibraryPath() { unsetenv("LD_LIBRARY_PATH"); }
};

TEST(Against, RunsRandomProgramsBesideCPython) {
  const Outcome outcome = compared({"run", "--operations", "20000"});
  if (outcome.status == 3) GTEST_SKIP() << outcome.err;
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_THAT(outcome.out, EndsWith(" programs, 20 000 operations, seed 1: nothing found\n"));
}

TEST(Against, ReplaysATraceBesideCPython) {
  const TemporaryFolder folder;
  const std::string file = (folder / "a.trace").string();
  write_trace(file, generate(3, {.operations = 400, .layout = LayoutId::modern}));
  const Outcome outcome = compared({"replay", file});
  if (outcome.status == 3) GTEST_SKIP() << outcome.err;
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_THAT(outcome.out, AllOf(StartsWith(file + " on pymalloc:modern against cpython: 400 operations ("),
                                 EndsWith("nothing found\n")));
}

TEST(Against, NamesThePackageWhereTheLibraryIsMissing) {
  const TemporaryFolder folder;
  static_cast<void>(folder.file("libpython3.11.so.1.0", "no library"));
  const LibraryPath first(folder.path());
  const Outcome outcome = compared({"run", "--operations", "1"});
  EXPECT_EQ(outcome.status, 3) << outcome;
  EXPECT_THAT(lines_of(outcome.err),
              testing::ElementsAre(
                  AllOf(StartsWith("poolhammer: cpython: "), EndsWith("(Debian package: libpython3.11)"))));
}

TEST(Against, LeavesTheProgramAndTheCommandThatComparesAgain) {
  const TemporaryFolder folder;
  Setting setting = with_liars();
  setting.folder = folder.path();
  const Outcome outcome = poolhammer({"run", "--subject", "libc", "--against", "misaligned"}, setting);
  EXPECT_EQ(outcome.status, 1) << outcome;
  EXPECT_THAT(outcome.out, HasSubstr("FINDING: shadow.alignment\n"));
  EXPECT_THAT(outcome.out, HasSubstr("  where:    misaligned: "));
  const std::string command = lines_of(outcome.out).back();
  EXPECT_THAT(command, EndsWith(" --against misaligned"));
  const Outcome again = shell(command, setting);
  EXPECT_EQ(again.status, 1) << again;
  EXPECT_EQ(lines_of(again.out).back(), command);
}

TEST(Against, RefusesWhatCannotBeCompared) {
  const auto complaint = [](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"run", "--operations", "1"});
    const Outcome outcome = poolhammer(arguments);
    EXPECT_EQ(outcome.status, 2) << outcome;
    return outcome.err;
  };
  EXPECT_THAT(complaint({"--placements"}), HasSubstr("--placements requires --against"));
  EXPECT_THAT(complaint({"--against", "nobody"}), StartsWith("poolhammer: --against: no subject 'nobody'; "));
  EXPECT_EQ(complaint({"--subject", "pymalloc:tiny", "--against", "libc", "--placements"}),
            "poolhammer: --placements: libc does not show its placements\n");
  EXPECT_EQ(complaint({"--subject", "pymalloc:tiny", "--against", "pymalloc:modern", "--placements"}),
            "poolhammer: --placements: pymalloc:tiny has the layout tiny, pymalloc:modern has modern\n");
}

}  // namespace
}  // namespace poolhammer::cli

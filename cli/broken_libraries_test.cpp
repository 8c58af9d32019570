// Libraries with a fault that takes long to find, as the command's users see them. A worker does the work, of
// which a sanitizer in the command sees nothing: builds without one have these.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cli/testing/broken_library.hpp"

namespace poolhammer::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

TEST(Library, IsAskedForTheSizesThatItsUserNames) {
  const TemporaryFolder folder;
  std::vector<std::string> arguments = {"run", "--operations", "20000", "--subject",
                                        broken("crashes_at_a_size")};
  EXPECT_EQ(poolhammer(arguments, in(folder)).status, 0) << "nobody asks for just that size";
  arguments.insert(arguments.end(), {"--interesting", "4000", "--interesting", "1234566"});
  const Outcome found = poolhammer(arguments, in(folder));
  EXPECT_EQ(found.status, 1) << found;
  EXPECT_THAT(found.out, HasSubstr("1234567"));
  EXPECT_THAT(poolhammer({"check", "--interesting", "1234567", broken("crashes_at_a_size")}, in(folder)).out,
              HasSubstr("program.survives"));
}

TEST(Library, ThatHangsIsAccusedByCheckInTheTimeThatIsGiven) {
  const TemporaryFolder folder;
  const Outcome check = poolhammer({"check", broken("hangs").substr(4), "--only", "blocks.kept", "--timeout",
                                    "1", "--artifacts", (folder / "").string()});
  EXPECT_EQ(check.status, 1) << check;
  EXPECT_THAT(check.out, AllOf(StartsWith("program.survives (must)"), HasSubstr("did not end in time")));
  const Outcome none = poolhammer({"check", "libc", "--timeout", "0"});
  EXPECT_EQ(none.status, 2) << none;
}

// A fault that needs an alignment, a size of some MiB and a thread that is born later.
TEST(Library, LosesAlignedBytesInAForeignThreadAndRunFindsIt) {
  const TemporaryFolder folder;
  const Outcome run = poolhammer({"run", "--subject", broken("loses_aligned"), "--operations", "2000000",
                                  "--artifacts", folder.path().string()});
  EXPECT_EQ(run.status, 1) << run;
  EXPECT_THAT(run.out, HasSubstr("FINDING: shadow.kept\n"));
  EXPECT_THAT(run.out, HasSubstr(" = realloc("));
}

constexpr std::string_view loses_aligned_program =
    "poolhammer trace 2\nb0 = aligned_alloc(64, 2097152)\nb1 = malloc(24)\nthread 1: b0 = realloc(b0, "
    "4194304)\n"
    "free(b1)\n";

TEST(Library, LosesAlignedBytesInAForeignThreadAndMinimizeLeavesTwoSteps) {
  const TemporaryFolder folder;
  const std::string file = folder.file("lost.trace", loses_aligned_program).string();
  const Outcome replay = poolhammer({"replay", file, "--subject", broken("loses_aligned")});
  EXPECT_EQ(replay.status, 1) << replay;
  EXPECT_THAT(replay.out,
              HasSubstr("FINDING: shadow.kept\n  at operation 2: thread 1: b0 = realloc(b0, 4194304)\n"));
  EXPECT_EQ(poolhammer({"replay", file, "--subject", broken("sound")}).status, 0);
  const Outcome minimized = poolhammer({"minimize", file, "--subject", broken("loses_aligned")});
  EXPECT_THAT(minimized.out, HasSubstr("4 operations to 2; "));
}

TEST(Library, LosesAlignedBytesInAForeignThreadAndACProgramShowsIt) {
  const TemporaryFolder folder;
  const std::string file = folder.file("lost.trace", loses_aligned_program).string();
  const std::string source = (folder / "lost.c").string();
  const std::string made = (folder / "lost").string();
  ASSERT_EQ(poolhammer({"show", file, "--as", "c", "-o", source}).status, 0);
  ASSERT_EQ(shell(fmt::format("cc -Wall -Wextra {} -o {} -pthread", source, made), {}).status, 0);
  EXPECT_EQ(shell(made, {}).status, 0) << "the C library keeps it";
  const std::string library = broken("loses_aligned").substr(4);
  EXPECT_EQ(shell(fmt::format("LD_PRELOAD={} {}", library, made), {}).status, 1);
}

TEST(Library, LosesAlignedBytesInAForeignThreadAndCheckAccusesRealloc) {
  const TemporaryFolder folder;
  const Outcome check =
      poolhammer({"check", broken("loses_aligned").substr(4), "--artifacts", folder.path().string()});
  EXPECT_EQ(check.status, 1) << check;
  EXPECT_THAT(check.out, HasSubstr("\nrealloc.keeps (must): "));
  EXPECT_THAT(check.out, HasSubstr("reproduced: " + folder.path().string() + "/realloc.keeps-"));
}

TEST(Library, LosesAlignedBytesInAForeignThreadAndARecordingShowsIt) {
  const TemporaryFolder folder;
  const std::string source = folder
                                 .file("grow.c",
                                       "#include <pthread.h>\n"
                                       "#include <stdlib.h>\n"
                                       "static void *block;\n"
                                       "static void *grow(void *unused) {\n"
                                       "  (void)unused;\n"
                                       "  block = realloc(block, 4u << 20);\n"
                                       "  return NULL;\n"
                                       "}\n"
                                       "int main(void) {\n"
                                       "  pthread_t thread;\n"
                                       "  if (posix_memalign(&block, 64, 3u << 20) != 0) return 1;\n"
                                       "  pthread_create(&thread, NULL, grow, NULL);\n"
                                       "  pthread_join(thread, NULL);\n"
                                       "  free(block);\n"
                                       "  return 0;\n"
                                       "}\n")
                                 .string();
  const std::string made = (folder / "grow").string();
  const std::string recording = (folder / "grow.trace").string();
  ASSERT_EQ(shell(fmt::format("cc {} -o {} -pthread", source, made), {}).status, 0);
  ASSERT_EQ(poolhammer({"record", "-o", recording, "--", made}).status, 0);
  EXPECT_EQ(poolhammer({"replay", recording, "--subject", broken("sound")}).status, 0);
  const Outcome replay = poolhammer({"replay", recording, "--subject", broken("loses_aligned")});
  EXPECT_EQ(replay.status, 1) << replay;
  EXPECT_THAT(replay.out, HasSubstr(": thread 1: b0 = realloc(b0, 4194304)\n"));
}

}  // namespace
}  // namespace poolhammer::cli

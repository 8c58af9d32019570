#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/testing/command.hpp"
#include "harness/base/temporary_folder.hpp"

namespace poolhammer::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;

[[nodiscard]] std::string blocks(int count) {
  std::string program = "poolhammer trace 2\n";
  for (int slot = 0; slot < count; ++slot) program += "malloc " + std::to_string(slot) + " 24\n";
  return program;
}

TEST(ShowAsAProgram, CallsTheSubjectThatIsNamed) {
  const TemporaryFolder folder;
  const std::string file = folder.file("two", blocks(2)).string();
  const Outcome outcome = poolhammer({"show", file, "--as", "c", "--subject", "pymalloc:tiny"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr(" two.cpp "), HasSubstr("using Layout = pymalloc::Tiny;")));
  EXPECT_EQ(outcome.err, "nothing found on pymalloc:tiny: the program judges every step\n");
}

TEST(ShowAsAProgram, OfALibraryLooksForWhatIsFound) {
  const TemporaryFolder folder;
  const std::string file = folder.file("two", blocks(2)).string();
  const Outcome outcome = poolhammer({"show", file, "--as", "c", "--subject", "lib:libc.so.6"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, HasSubstr("do_malloc)(size_t) = malloc;"));
}

TEST(ShowAsAProgram, IsRefusedOfASubjectWithoutASource) {
  const TemporaryFolder folder;
  const std::string file = folder.file("two", blocks(2)).string();
  const Outcome outcome = poolhammer({"show", file, "--as", "c", "--subject", "misaligned"}, with_liars());
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.err,
            "poolhammer: --subject: no program can call 'misaligned'; without it the C library is called\n");
}

TEST(ShowAsAProgram, IsJudgedAsTheOptionsSayAndNoOtherFormTakesThem) {
  const TemporaryFolder folder;
  const std::string file = folder.file("two", blocks(2)).string();
  EXPECT_EQ(poolhammer({"show", file, "--as", "c", "--subject", "libc", "--check-every", "1"}).status, 0);
  const Outcome outcome = poolhammer({"show", file, "--check-every", "1"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.err, "poolhammer: --check-every 1 is of a run: --as c, svg or html\n");
}

}  // namespace
}  // namespace poolhammer::cli

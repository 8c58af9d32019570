#include "harness/base/text_sink.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <limits>
#include <string>

namespace poolhammer {
namespace {

TEST(SafeText, WritesNumbersInBothBases) {
  SafeText text;
  text << std::uint64_t{0} << " " << std::numeric_limits<std::uint64_t>::max() << " ";
  text.hexadecimal(0x0123456789abcdefU);
  EXPECT_EQ(text.view(), "0 18446744073709551615 0123456789abcdef");
}

TEST(SafeText, QuotesOnlyWhatAShellWouldTakeApart) {
  SafeText text;
  text.shell_word("./a/finding-0.trace") << " ";
  text.shell_word("a b") << " ";
  text.shell_word("it's") << " ";
  text.shell_word("");
  EXPECT_EQ(text.view(), R"(./a/finding-0.trace 'a b' 'it'\''s' '')");
}

TEST(SafeText, LeavesOutWhatDoesNotFitAndStillEnds) {
  SafeText text;
  for (int i = 0; i < 10000; ++i) text << "ab";
  EXPECT_EQ(text.view().size(), std::string(text.c_str()).size());
  EXPECT_EQ(text.view().substr(0, 4), "abab");
}

TEST(SafeText, WritingAFileSaysWhyItCouldNot) {
  EXPECT_EQ(write_file_safely("/nonexistent/folder/file", {}), ENOENT);
  EXPECT_EQ(write_file_safely("/dev/full", std::as_bytes(std::span("x", 1))), ENOSPC);
}

}  // namespace
}  // namespace poolhammer

#include "harness/run/program_shape.hpp"

#include <gtest/gtest.h>

#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

[[nodiscard]] std::string shape(const std::string& operations, const std::string& layout = "classic") {
  return program_shape(parse_text("poolhammer trace 2\nlayout " + layout + "\n" + operations));
}

TEST(ProgramShape, KeepsTheVerbsAndWhichSizeIsLarger) {
  EXPECT_EQ(shape("b7 = malloc(20)\nb3 = malloc(400)\nb7 = realloc(b7, 400)\nfree(b3)\n"),
            "malloc a #0, malloc b #1, realloc b #0, free #1");
  EXPECT_EQ(shape("b7 = malloc(400)\nb3 = malloc(20)\n"), "malloc b #0, malloc a #1");
}

TEST(ProgramShape, IsTheSameForSizesOfOneClassAndAnyLayout) {
  EXPECT_EQ(shape("b0 = malloc(17)\nb1 = calloc(2, 12)\n"), shape("b5 = malloc(24)\nb6 = calloc(1, 18)\n"));
  EXPECT_EQ(shape("b0 = malloc(17)\nb1 = malloc(100)\n"),
            shape("b0 = malloc(32)\nb1 = malloc(96)\n", "tiny"));
}

TEST(ProgramShape, TellsApartWhatNoPoolServes) {
  EXPECT_EQ(shape("b0 = malloc(0)\nb1 = malloc(513)\nb2 = malloc(9223372036854775808)\nb3 = calloc(4, "
                  "9223372036854775807)\n"),
            "malloc zero #0, malloc large #1, malloc huge #2, calloc huge #3");
}

TEST(ProgramShape, DoesNotCountWhatFillsAPool) {
  EXPECT_EQ(shape("b0 = malloc(8)\nb1 = malloc(8)\nb2 = malloc(8)\nfree(b1)\n"), "several malloc a, free #1");
  EXPECT_EQ(
      shape("b0 = malloc(8)\nb1 = malloc(8)\nb2 = malloc(8)\nb3 = malloc(8)\nb4 = malloc(8)\nfree(b1)\n"),
      "several malloc a, free #1");
  EXPECT_EQ(shape("b0 = malloc(8)\nb1 = malloc(8)\nfree(b1)\n"), "malloc a #0, malloc a #1, free #1");
}

TEST(ProgramShape, NamesTheCommandsToTheWorld) {
  EXPECT_EQ(shape("place(misaligned)\nfail_arenas(3)\nb0 = malloc(1)\n"),
            "place misaligned, fail_arenas, malloc a #0");
  EXPECT_EQ(shape(""), "nothing at all");
}

}  // namespace
}  // namespace poolhammer

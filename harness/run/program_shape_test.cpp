#include "harness/run/program_shape.hpp"

#include <gtest/gtest.h>

#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

[[nodiscard]] std::string shape(const std::string& operations, const std::string& layout = "classic") {
  return program_shape(parse_text("poolhammer trace 1\nlayout " + layout + "\n" + operations));
}

TEST(ProgramShape, KeepsTheVerbsAndWhichSizeIsLarger) {
  EXPECT_EQ(shape("malloc 7 20\nmalloc 3 400\nrealloc 7 400\nfree 3\n"),
            "malloc a #0, malloc b #1, realloc b #0, free #1");
  EXPECT_EQ(shape("malloc 7 400\nmalloc 3 20\n"), "malloc b #0, malloc a #1");
}

TEST(ProgramShape, IsTheSameForSizesOfOneClassAndAnyLayout) {
  EXPECT_EQ(shape("malloc 0 17\ncalloc 1 2 12\n"), shape("malloc 5 24\ncalloc 6 1 18\n"));
  EXPECT_EQ(shape("malloc 0 17\nmalloc 1 100\n"), shape("malloc 0 32\nmalloc 1 96\n", "tiny"));
}

TEST(ProgramShape, TellsApartWhatNoPoolServes) {
  EXPECT_EQ(shape("malloc 0 0\nmalloc 1 513\nmalloc 2 9223372036854775808\ncalloc 3 4 9223372036854775807\n"),
            "malloc zero #0, malloc large #1, malloc huge #2, calloc huge #3");
}

TEST(ProgramShape, DoesNotCountWhatFillsAPool) {
  EXPECT_EQ(shape("malloc 0 8\nmalloc 1 8\nmalloc 2 8\nfree 1\n"), "several malloc a, free #1");
  EXPECT_EQ(shape("malloc 0 8\nmalloc 1 8\nmalloc 2 8\nmalloc 3 8\nmalloc 4 8\nfree 1\n"),
            "several malloc a, free #1");
  EXPECT_EQ(shape("malloc 0 8\nmalloc 1 8\nfree 1\n"), "malloc a #0, malloc a #1, free #1");
}

TEST(ProgramShape, NamesTheCommandsToTheWorld) {
  EXPECT_EQ(shape("place misaligned\nfail-arenas 3\nmalloc 0 1\n"),
            "place misaligned, fail-arenas, malloc a #0");
  EXPECT_EQ(shape(""), "nothing at all");
}

}  // namespace
}  // namespace poolhammer

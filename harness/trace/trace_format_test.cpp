#include "harness/trace/trace_format.hpp"

#include <gtest/gtest.h>

#include <string>

namespace poolhammer {
namespace {

TEST(TraceFormat, EveryFormIsToldByItsFirstBytes) {
  EXPECT_EQ(detect_format("PHTR"), TraceFormat::binary);
  EXPECT_EQ(detect_format("\n# a comment\npoolhammer trace 1\n"), TraceFormat::text);
  EXPECT_EQ(detect_format("poolhammer trace 2"), TraceFormat::text);  // whose reader says what is wrong
  EXPECT_EQ(detect_format("20000\n3\n8\n1\na 0 512\n"), trace_format_named("rep").value());
  EXPECT_EQ(detect_format("1 1 malloc(42)=#1\n"), trace_format_named("logalloc").value());
  EXPECT_EQ(detect_format("13663 jemalloc_stats()\n"), trace_format_named("logalloc").value());
  EXPECT_EQ(detect_format("= Start\n"), trace_format_named("mtrace").value());
  EXPECT_EQ(detect_format("==4012== Memcheck\n"), trace_format_named("valgrind").value());
  EXPECT_EQ(detect_format("hello\n--4012-- malloc(1) = 0x1\n"), trace_format_named("valgrind").value());
}

TEST(TraceFormat, OtherBytesAreOfNoForm) {
  for (const std::string_view head :
       {"", "\n\n", "PHT", "RTHP", "malloc 0 24\n", "{\"a\": 1}", "1\n2\n3\n4\n", "1\n2\n3\n4\n5\n",
        "1 2 3\n", "1 1 +(", "1 1 malloc", "= End\n", "==x== y", "-- 1 --", "====",
        "\x7f"
        "ELF"}) {
    EXPECT_EQ(detect_format(head), std::nullopt) << head;
  }
  EXPECT_EQ(detect_format(std::string(100'000, '\0')), std::nullopt);
}

TEST(TraceFormat, EveryFormHasAWord) {
  for (const std::string_view name : trace_format_words()) {
    const auto format = trace_format_named(name);
    ASSERT_TRUE(format.has_value()) << name;
    EXPECT_EQ(word(*format), name);
  }
  EXPECT_EQ(trace_format_named("Binary"), std::nullopt);
}

}  // namespace
}  // namespace poolhammer

#include "harness/base/scan.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "harness/base/format_error.hpp"

namespace poolhammer {
namespace {

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> all;
  Lines lines(text);
  while (lines.next()) all.emplace_back(lines.line());
  return all;
}

TEST(Scan, LinesEndAtNewlinesAndTheEnd) {
  EXPECT_EQ(lines_of("a\n\nb\r\nc"), (std::vector<std::string>{"a", "", "b", "c"}));
  EXPECT_EQ(lines_of("a\n"), (std::vector<std::string>{"a"}));
  EXPECT_EQ(lines_of(""), (std::vector<std::string>{}));
}

TEST(Scan, LinesAreNumberedFromOneAndKnowWhetherTheyEnd) {
  Lines lines("a\nb");
  ASSERT_TRUE(lines.next());
  EXPECT_EQ(lines.number(), 1U);
  EXPECT_TRUE(lines.terminated());
  ASSERT_TRUE(lines.next());
  EXPECT_EQ(lines.number(), 2U);
  EXPECT_FALSE(lines.terminated());
  EXPECT_FALSE(lines.next());
}

TEST(Scan, FieldsAreSeparatedByBlanks) {
  std::string_view rest = " \tone  two\t";
  EXPECT_EQ(take_field(rest), "one");
  EXPECT_EQ(take_field(rest), "two");
  EXPECT_EQ(take_field(rest), "");
  EXPECT_EQ(take_field(rest), "");
}

TEST(Scan, NumbersAreWholeFieldsOfSixtyFourBits) {
  EXPECT_EQ(parse_number("0"), 0U);
  EXPECT_EQ(parse_number("18446744073709551615"), 18446744073709551615U);
  EXPECT_EQ(parse_number("0xFf"), 255U);
  EXPECT_EQ(parse_hexadecimal("10"), 16U);
  for (const std::string_view wrong : {"", "0x", "-1", "+1", " 1", "1 ", "1a", "18446744073709551616", "0x-1",
                                       "0x10000000000000000", "1.5"}) {
    EXPECT_EQ(parse_number(wrong), std::nullopt) << wrong;
  }
}

TEST(Scan, AddressesAreHexadecimalOrTheNullPointerOfAnyPrintf) {
  EXPECT_EQ(parse_address("0x4D5E040"), 0x4D5E040U);
  for (const std::string_view null : {"(nil)", "(null)", "nil", "0", "0x0"}) {
    EXPECT_EQ(parse_address(null), 0U) << null;
  }
  for (const std::string_view wrong : {"", "0x", "4D5E040", "12", "nul"}) {
    EXPECT_EQ(parse_address(wrong), std::nullopt) << wrong;
  }
}

TEST(Scan, WhatWasFoundIsShownOnOneShortLine) {
  EXPECT_EQ(in_quotes("x"), "'x'");
  EXPECT_EQ(in_quotes(std::string_view("\0\n\xff", 3)), "'\\x00\\x0a\\xff'");
  EXPECT_EQ(in_one_line(std::string_view("a b\0\n\x1b\x7fü", 9)), "a b\\x00\\x0a\\x1b\\x7fü");
  EXPECT_EQ(in_quotes(std::string(1000, 'y')), "'" + std::string(40, 'y') + "'... (1000 bytes)");
}

TEST(Scan, ErrorsNameTheLineTheExpectedAndTheFound) {
  try {
    fail_at_line(3, "a size", "x");
    FAIL() << "no error";
  } catch (const FormatError& error) {
    EXPECT_STREQ(error.what(), "line 3: expected a size, found 'x'");
  }
}

}  // namespace
}  // namespace poolhammer

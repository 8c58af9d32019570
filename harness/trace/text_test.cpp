#include "harness/trace/text.hpp"

#include <gtest/gtest.h>

#include <string>

#include "harness/trace/binary.hpp"
#include "harness/trace/format_error.hpp"
#include "harness/trace/random.hpp"

namespace poolhammer {
namespace {

constexpr std::string_view every_kind_text =
    "poolhammer trace 1\n"
    "layout tiny\n"
    "malloc 0 24\n"
    "calloc 1 4 16\n"
    "realloc 16777215 18446744073709551615\n"
    "free 0\n"
    "check\n"
    "fail-arenas 3\n"
    "fail-raw 2\n"
    "place misaligned\n"
    "domain object\n"
    "hook on\n";

const Trace every_kind{LayoutId::tiny,
                       {{OperationKind::malloc, 0, 0, 24},
                        {OperationKind::calloc, 1, 4, 16},
                        {OperationKind::realloc, slot_limit - 1, 0, ~std::uint64_t{0}},
                        {OperationKind::free, 0, 0, 0},
                        {OperationKind::check, 0, 0, 0},
                        {OperationKind::fail_arenas, 0, 0, 3},
                        {OperationKind::fail_raw, 0, 0, 2},
                        {OperationKind::place, 0, 0, 3},
                        {OperationKind::domain, 0, 0, 2},
                        {OperationKind::hook, 0, 0, 1}}};

std::string error_of(std::string_view text) {
  try {
    static_cast<void>(parse_text(text));
  } catch (const FormatError& error) {
    return error.what();
  }
  return "no error";
}

// The error of a trace whose second line is `line`.
std::string line_error(std::string_view line) {
  return error_of("poolhammer trace 1\n" + std::string(line));
}

TEST(TextForm, IsWrittenOneOperationALine) {
  EXPECT_EQ(to_text(every_kind), every_kind_text);
}

TEST(TextForm, ReadsWhatIsWritten) {
  EXPECT_EQ(parse_text(every_kind_text), every_kind);
  EXPECT_EQ(parse_text(to_text(Trace{})), Trace{});
}

TEST(TextForm, AnyTraceRoundTrips) {
  Random random(21);
  for (int i = 0; i < 500; ++i) {
    std::vector<std::byte> bytes(static_cast<std::size_t>(random.below(300)));
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.below(256));
    const Trace trace = decode(bytes);
    ASSERT_EQ(parse_text(to_text(trace)), trace) << to_text(trace);
  }
}

TEST(TextForm, OneOperationIsALineWithoutItsNewline) {
  EXPECT_EQ(to_text(Operation{OperationKind::calloc, 1, 4, 16}), "calloc 1 4 16");
  EXPECT_EQ(to_text(Operation{OperationKind::place, 0, 0, 4}), "place adjacent");
  EXPECT_EQ(to_text(Operation{OperationKind::place, 0, 0, 9}), "place 9");
}

TEST(TextForm, AllowsCommentsBlankLinesHexadecimalAndAMissingLastNewline) {
  const Trace expected{LayoutId::classic,
                       {{OperationKind::malloc, 16, 0, 255}, {OperationKind::free, 16, 0, 0}}};
  EXPECT_EQ(
      parse_text(
          "# made by hand\n\n  poolhammer  trace 1 # the form\r\n\t\r\nmalloc 0x10 0xff# max\r\nfree 16"),
      expected);
}

TEST(TextForm, NamesTheLineAndTheExpectationOfTheFirstLine) {
  EXPECT_EQ(error_of(""), "line 1: expected the first line 'poolhammer trace 1', found the end of the file");
  EXPECT_EQ(error_of("# only\n# comments\n"),
            "line 3: expected the first line 'poolhammer trace 1', found the end of the file");
  EXPECT_EQ(error_of("malloc 0 1"), "line 1: expected the first line 'poolhammer trace 1', found 'malloc'");
  EXPECT_EQ(error_of("poolhammer corpus 1"),
            "line 1: expected the first line 'poolhammer trace 1', found 'corpus'");
  EXPECT_EQ(error_of("poolhammer trace 2\n"), "line 1: expected version 1, found '2'");
  EXPECT_EQ(error_of("poolhammer trace"), "line 1: expected version 1, found the end of the line");
  EXPECT_EQ(error_of("poolhammer trace 1 x"), "line 1: expected the end of the line, found 'x'");
}

TEST(TextForm, NamesTheLineAndTheExpectationOfAnOperation) {
  EXPECT_EQ(line_error("\nmalloc x 1"), "line 3: expected a slot number, found 'x'");
  EXPECT_EQ(line_error("malloc 16777216 1"),
            "line 2: expected a slot number of at most 16777215, found '16777216'");
  EXPECT_EQ(line_error("malloc -1 1"), "line 2: expected a slot number, found '-1'");
  EXPECT_EQ(line_error("malloc 1"), "line 2: expected a size, found the end of the line");
  EXPECT_EQ(line_error("malloc 1 18446744073709551616"),
            "line 2: expected a size of at most 18446744073709551615, found '18446744073709551616'");
  EXPECT_EQ(line_error("malloc 1 2 3"), "line 2: expected the end of the line, found '3'");
  EXPECT_EQ(line_error("calloc 1 4294967296 1"),
            "line 2: expected a number of elements of at most 4294967295, found '4294967296'");
  EXPECT_EQ(line_error("calloc 1 4 z"), "line 2: expected the size of an element, found 'z'");
  EXPECT_EQ(line_error("free"), "line 2: expected a slot number, found the end of the line");
  EXPECT_EQ(line_error("check 1"), "line 2: expected the end of the line, found '1'");
  EXPECT_EQ(line_error("fail-raw many"), "line 2: expected a number of requests, found 'many'");
  EXPECT_EQ(line_error("place 3"),
            "line 2: expected a placement (up, down, scattered, misaligned, adjacent), found '3'");
  EXPECT_EQ(line_error("domain heap"), "line 2: expected a domain (raw, mem, object), found 'heap'");
  EXPECT_EQ(line_error("hook 1"), "line 2: expected on or off (off, on), found '1'");
  EXPECT_EQ(
      line_error("Malloc 0 1"),
      "line 2: expected an operation (malloc, calloc, realloc, free, check, fail-arenas, fail-raw, place, "
      "domain, hook), "
      "found 'Malloc'");
}

TEST(TextForm, TheLayoutStandsOnceBeforeTheFirstOperation) {
  EXPECT_EQ(line_error("layout huge"),
            "line 2: expected a layout (classic, aligned16, modern, tiny), found 'huge'");
  const std::string once =
      "line 3: expected an operation, as the layout stands once, before the first operation, found 'layout'";
  EXPECT_EQ(line_error("check\nlayout tiny"), once);
  EXPECT_EQ(line_error("layout tiny\nlayout tiny"), once);
}

TEST(TextForm, GarbageIsAnErrorOnOneShortLine) {
  EXPECT_EQ(
      line_error(std::string_view("mal\0loc 0 1", 11)),
      "line 2: expected an operation (malloc, calloc, realloc, free, check, fail-arenas, fail-raw, place, "
      "domain, hook), "
      "found 'mal\\x00loc'");
  const std::string long_line = line_error(std::string(10'000'000, 'a'));
  EXPECT_LT(long_line.size(), 250U);
  EXPECT_NE(long_line.find("(10000000 bytes)"), std::string::npos) << long_line;
  EXPECT_TRUE(line_error("malloc 0 " + std::string(1'000'000, '9'))
                  .starts_with("line 2: expected a size of at most "));
}

TEST(TextForm, ChangedBytesAreParsedOrRefusedButNeverMisread) {
  Random random(22);
  for (int i = 0; i < 5000; ++i) {
    std::string text(every_kind_text);
    for (std::uint64_t n = random.below(4) + 1; n > 0; --n) {
      text[static_cast<std::size_t>(random.below(text.size()))] = static_cast<char>(random.below(256));
    }
    try {
      const Trace trace = parse_text(text);
      ASSERT_EQ(parse_text(to_text(trace)), trace) << text;
    } catch (const FormatError& error) {
      ASSERT_EQ(std::string(error.what()).rfind("line ", 0), 0U) << error.what();
    }
  }
}

}  // namespace
}  // namespace poolhammer

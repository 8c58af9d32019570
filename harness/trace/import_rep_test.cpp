#include <gtest/gtest.h>

#include <string>

#include "harness/trace/import_testing.hpp"
#include "harness/trace/importer.hpp"

namespace poolhammer {
namespace {

using testing_import::error_of;
using testing_import::expect_total;
using testing_import::operations_of;

Imported import_rep(std::string_view text) {
  return importer_named("rep")->parse(text);
}

constexpr std::string_view balanced =
    "20000\n3\n8\n1\n"
    "a 0 512\na 1 128\nr 0 640\na 2 128\nf 1\nr 0 768\nf 0\nf 2\n";

TEST(ImportRep, IdsAreSlots) {
  const Imported imported = import_rep(balanced);
  EXPECT_EQ(operations_of(imported),
            "b0 = malloc(512)\nb1 = malloc(128)\nb0 = realloc(b0, 640)\nb2 = malloc(128)\nfree(b1)\nb0 = "
            "realloc(b0, 768)\nfree(b0)\nfree(b2)\n");
  EXPECT_EQ(imported.report, ImportReport{});
  EXPECT_EQ(imported.trace.layout, LayoutId::classic);
}

TEST(ImportRep, AllowsBlankLinesCarriageReturnsAndAMissingLastNewline) {
  EXPECT_EQ(operations_of(import_rep("\n 0\r\n1\r\n2\r\n 1 \r\n\r\na 0  8\r\nf 0")),
            "b0 = malloc(8)\nfree(b0)\n");
}

TEST(ImportRep, ReallocMayBeTheFirstUseOfAnId) {
  EXPECT_EQ(operations_of(import_rep("0\n1\n1\n1\nr 0 8\n")), "b0 = realloc(b0, 8)\n");
}

TEST(ImportRep, FreesOfNothingAreLeftOutAndThoseOfUnknownIdsCounted) {
  const Imported imported = import_rep("0\n1\n2\n1\nf -1\nf 0\n");
  EXPECT_EQ(operations_of(imported), "");
  EXPECT_EQ(imported.report, (ImportReport{.skipped_frees = 1}));
}

TEST(ImportRep, NamesLineAndExpectation) {
  EXPECT_EQ(error_of(import_rep, ""), "line 1: expected the suggested heap size, found the end of the file");
  EXPECT_EQ(error_of(import_rep, "1\nx\n"), "line 2: expected the number of ids, found 'x'");
  EXPECT_EQ(error_of(import_rep, "1\n99999999999\n"),
            "line 2: expected the number of ids of at most 16777216, found '99999999999'");
  EXPECT_EQ(error_of(import_rep, "1\n1\n1 1\n"), "line 3: expected the end of the line, found '1'");
  EXPECT_EQ(error_of(import_rep, "1\n1\n1\n"), "line 4: expected the weight, found the end of the file");
  EXPECT_EQ(error_of(import_rep, "1\n1\n1\n1\nm 0 8\n"), "line 5: expected a request (a, r, f), found 'm'");
  EXPECT_EQ(error_of(import_rep, "1\n1\n1\n1\na 1 8\n"), "line 5: expected an id below 1, found '1'");
  EXPECT_EQ(error_of(import_rep, "1\n1\n1\n1\na 0\n"), "line 5: expected a size, found the end of the line");
  EXPECT_EQ(error_of(import_rep, "1\n1\n1\n1\na 0 8 9\n"), "line 5: expected the end of the line, found '9'");
  EXPECT_EQ(error_of(import_rep, "1\n1\n2\n1\na 0 8\na 0 9\n"),
            "line 6: expected an id that is free, found '0 9'");
  EXPECT_EQ(error_of(import_rep, "1\n1\n2\n1\na 0 8\n"),
            "line 6: expected 2 operations, as the header says, found 1");
  EXPECT_EQ(error_of(import_rep, "1\n1\n1\n1\na 0 8\nf 0\n"),
            "line 6: expected the end of the file after 1 operation, found 'f 0'");
}

TEST(ImportRep, GarbageIsAnError) {
  expect_total(import_rep, balanced);
}

}  // namespace
}  // namespace poolhammer

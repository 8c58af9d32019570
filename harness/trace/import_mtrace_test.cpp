#include <gtest/gtest.h>

#include <string>

#include "harness/trace/import_testing.hpp"
#include "harness/trace/importer.hpp"

namespace poolhammer {
namespace {

using testing_import::error_of;
using testing_import::expect_total;
using testing_import::operations_of;

Imported import_mtrace(std::string_view text) {
  return importer_named("mtrace")->parse(text);
}

// Written by glibc 2.36 for a small program.
constexpr std::string_view mtrace_log =
    "= Start\n"
    "@ ./m:[0x11fe] + 0x557e4878d2a0 0x18\n"
    "@ ./m:[0x1211] + 0x557e4878d4d0 0x40\n"
    "@ ./m:[0x1226] < 0x557e4878d2a0\n"
    "@ ./m:[0x1226] > 0x557e4878d520 0x64\n"
    "@ ./m:[0x1234] + 0x557e4878d2a0 0x7\n"
    "@ ./m:[0x1295] ! 0x557e4878d4d0 0xffffffffffffff9c\n"
    "@ ./m:[0x12a5] + (nil) 0xffffffffffffff38\n"
    "@ ./m:[0x12ce] + 0x557e4878d960 0\n"
    "@ ./m:[0x12e3] - 0x557e4878d2a0\n"
    "@ ./m:[0x12f8] < 0x557e4878d520\n"
    "@ ./m:[0x12f8] > 0x557e4878d520 0x5a\n"
    "@ ./m:[0x1316] - 0x557e4878d2c0\n"
    "@ ./m:[0x1322] - 0x557e4878d520\n"
    "@ ./m:[0x132e] - 0x557e4878d4d0\n"
    "@ ./m:[0x136a] - 0x557e4878d960\n"
    "= End\n";

TEST(ImportMtrace, ReadsARealLog) {
  const Imported imported = import_mtrace(mtrace_log);
  EXPECT_EQ(operations_of(imported),
            "b0 = malloc(24)\nb1 = malloc(64)\nb0 = realloc(b0, 100)\nb2 = malloc(7)\nb1 = realloc(b1, "
            "SIZE_MAX - 99)\n"
            "b3 = malloc(SIZE_MAX - 199)\nfree(b3)\nb3 = malloc(0)\nfree(b2)\nb0 = realloc(b0, "
            "90)\nfree(b0)\nfree(b1)\nfree(b3)\n");
  EXPECT_EQ(imported.report, (ImportReport{.skipped_frees = 1, .refused = 2}));
}

TEST(ImportMtrace, TheCallerMayBeMissingOrHaveBlanks) {
  EXPECT_EQ(operations_of(import_mtrace("= Start\n"
                                        "+ 0x10 0x8\n"
                                        "@ /a - b/c + d:(main+0x1d)[0x11fe] + 0x20 0x9\n"
                                        "@ [0x1] - 0x10\n"
                                        "@ ! (nil) 0x8\n")),
            "b0 = malloc(8)\nb1 = malloc(9)\nfree(b0)\nb0 = realloc(b0, 8)\nfree(b0)\n");
}

TEST(ImportMtrace, ALogCutOffAnywhereIsReadAsFarAsItGoes) {
  const std::string begin = "= Start\n@ a + 0x10 0x8\n";
  for (const std::string_view rest :
       {"@ a + 0x20 0x", "@ a +", "@", "@ a < 0x10", "@ a < 0x10\n@ a > 0x20"}) {
    const Imported imported = import_mtrace(begin + std::string(rest));
    EXPECT_EQ(operations_of(imported), "b0 = malloc(8)\n") << rest;
    EXPECT_EQ(imported.report, (ImportReport{.incomplete = 1})) << rest;
  }
}

TEST(ImportMtrace, NamesLineAndExpectation) {
  const std::string call =
      "line 2: expected a call ('@ CALLER + ADDRESS SIZE', or with -, <, > or ! for the +), found ";
  EXPECT_EQ(error_of(import_mtrace, ""),
            "line 1: expected '= Start', with which a log of mtrace begins, found the end of the line");
  EXPECT_EQ(error_of(import_mtrace, "+ 0x1 0x2\n"),
            "line 1: expected '= Start', with which a log of mtrace begins, found '+ 0x1 0x2'");
  for (const std::string_view line : {"garbage", "@ a + 0x10", "@ a + 10 0x8", "@ a + 0x10 zz",
                                      "@ a * 0x10 0x8", "@ a - x", "@ a + 0x10 0x10000000000000000"}) {
    EXPECT_EQ(error_of(import_mtrace, "= Start\n" + std::string(line) + "\n= End\n"),
              call + "'" + std::string(line) + "'");
  }
  EXPECT_EQ(error_of(import_mtrace, "= Start\n= Start\n"),
            "line 2: expected the log of one process, not a second '= Start', found '= Start'");
  EXPECT_EQ(error_of(import_mtrace, "= Start\n> 0x1 0x2\n"),
            "line 2: expected '<' before '>', found '> 0x1 0x2'");
  EXPECT_EQ(error_of(import_mtrace, "= Start\n< 0x1\n+ 0x1 0x2\n"),
            "line 3: expected '>' behind the '<' of a realloc, found '+ 0x1 0x2'");
}

TEST(ImportMtrace, GarbageIsAnError) {
  expect_total(import_mtrace, mtrace_log);
}

}  // namespace
}  // namespace poolhammer

#include <gtest/gtest.h>

#include <string>

#include "harness/trace/import_testing.hpp"
#include "harness/trace/importer.hpp"

namespace poolhammer {
namespace {

using testing_import::error_of;
using testing_import::expect_total;
using testing_import::operations_of;

Imported import_logalloc(std::string_view text) {
  return importer_named("logalloc")->parse(text);
}

constexpr std::string_view munged =
    "1 1 malloc(42)=#1\n"
    "1 2 calloc(4,42)=#2\n"
    "1 1 posix_memalign(4096,1024)=#3\n"
    "1 1 realloc(#1,84)=#1\n"
    "1 2 jemalloc_stats()\n"
    "1 2 free(#2)\n"
    "1 1 memalign(512,1024)=#2\n"
    "1 1 valloc(1024)=#4\n"
    "1 1 aligned_alloc(256,512)=#5\n"
    "1 1 realloc(#0,7)=#6\n"
    "1 1 realloc(#6,0)=#0\n"
    "1 1 free(#1)\n";

constexpr std::string_view munged_operations =
    "b0 = malloc(42)\nb1 = calloc(4, 42)\nb2 = malloc(1024)\nb0 = realloc(b0, 84)\nfree(b1)\nb1 = "
    "malloc(1024)\nb3 = malloc(1024)\nb4 = malloc("
    "512)\n"
    "b5 = realloc(b5, 7)\nfree(b5)\nfree(b0)\n";

TEST(ImportLogalloc, ReadsMungedLogs) {
  const Imported imported = import_logalloc(munged);
  EXPECT_EQ(operations_of(imported), munged_operations);
  EXPECT_EQ(imported.report, (ImportReport{.aligned_as_plain = 4}));
}

TEST(ImportLogalloc, ReadsRawLogsAndTheirNullPointers) {
  const Imported imported = import_logalloc(
      "4012 4012 malloc(42)=0x7f0c33502040\n"
      "4012 4013 realloc(0x7f0c33502040,1000)=0x7f0c33600000\n"
      "4012 4012 realloc((nil),24)=0x7f0c33502040\n"
      "4012 4012 realloc(0x7f0c33502040,0)=(nil)\n"
      "4012 4012 free(0x7f0c33600000)\n"
      "4012 4012 free(0x7f0c33600040)\n"
      "4012 4012 free(0x0)\n");
  EXPECT_EQ(operations_of(imported),
            "b0 = malloc(42)\nb0 = realloc(b0, 1000)\nb1 = realloc(b1, 24)\nfree(b1)\nfree(b0)\n");
  EXPECT_EQ(imported.report, (ImportReport{.skipped_frees = 1}));
}

TEST(ImportLogalloc, ReadsLogsWithoutThreads) {
  EXPECT_EQ(operations_of(import_logalloc("13663 malloc(42)=#1\n\n13663 free(#1)")),
            "b0 = malloc(42)\nfree(b0)\n");
}

TEST(ImportLogalloc, RefusesALogOfSeveralProcessesAndSaysHowToPartIt) {
  EXPECT_EQ(
      error_of(import_logalloc, "\n7 7 malloc(1)=#1\n8 8 malloc(1)=#1\n"),
      "line 3: expected process 7 as in line 2, found 8; a trace is one process: grep '^7 ' parts the log");
}

TEST(ImportLogalloc, ALineCutOffAtTheEndIsCounted) {
  const std::string log = "1 1 malloc(42)=#1\n";
  for (const std::string_view rest :
       {"1", "1 1 mall", "1 1 malloc(4", "1 1 malloc(42)=", "1 1 malloc(42)=#"}) {
    const Imported imported = import_logalloc(log + std::string(rest));
    EXPECT_EQ(operations_of(imported), "b0 = malloc(42)\n") << rest;
    EXPECT_EQ(imported.report, (ImportReport{.incomplete = 1})) << rest;
  }
}

TEST(ImportLogalloc, NamesLineAndExpectation) {
  const std::string expected = "line 2: expected a call ('PID [TID] FUNCTION(ARGUMENTS)=BLOCK'), found ";
  for (const std::string_view line : {"x",
                                      "1",
                                      "1 1",
                                      "1 1 (1)=#1",
                                      "1 1 mallok(1)=#1",
                                      "1 1 malloc(1)",
                                      "1 1 malloc(1)#1",
                                      "1 1 malloc(1,2)=#1",
                                      "1 1 calloc(1)=#1",
                                      "1 1 malloc(x)=#1",
                                      "1 1 malloc(-1)=#1",
                                      "1 1 malloc(1)=7",
                                      "1 1 malloc(1)=#",
                                      "1 1 free()",
                                      "1 1 free(#1)=#1",
                                      "1 1 free(#1",
                                      "1 1 malloc(18446744073709551616)=#1",
                                      "1 1 jemalloc_stats(#1)",
                                      "-1 1 malloc(1)=#1",
                                      "99999999999999999999 malloc(1)=#1"}) {
    EXPECT_EQ(error_of(import_logalloc, "1 1 malloc(1)=#1\n" + std::string(line) + "\n"),
              expected + "'" + std::string(line) + "'");
  }
  EXPECT_EQ(error_of(import_logalloc, "garbage"),
            "line 1: expected a call ('PID [TID] FUNCTION(ARGUMENTS)=BLOCK'), found 'garbage'");
}

TEST(ImportLogalloc, GarbageIsAnError) {
  expect_total(import_logalloc, munged);
}

}  // namespace
}  // namespace poolhammer

#include <gtest/gtest.h>

#include <string>

#include "harness/trace/import_testing.hpp"
#include "harness/trace/importer.hpp"

namespace poolhammer {
namespace {

using testing_import::error_of;
using testing_import::expect_total;
using testing_import::operations_of;

Imported import_valgrind(std::string_view text) {
  return importer_named("valgrind")->parse(text);
}

// Written by Valgrind 3.19's memcheck for a small C++ program, which itself prints half a line; shortened.
constexpr std::string_view valgrind_log =
    "==4012== Memcheck, a memory error detector\n"
    "==4012== Command: ./v\n"
    "==4012== \n"
    "--4012-- malloc(72704) = 0x4D5E040\n"
    "--4012-- _Znwm(4) = 0x4D6FC80\n"
    "--4012-- _Znam(40) = 0x4D6FCD0\n"
    "--4012-- _ZnwmSt11align_val_t(size 64, al 64) = 0x4D6FD80\n"
    "--4012-- _ZnwmRKSt9nothrow_t(4) = 0x4D6FF80\n"
    "--4012-- calloc(4,16) = 0x4D6FFD0\n"
    "--4012-- realloc(0x4D6FFD0,100) = 0x4D70050\n"
    "--4012-- malloc(7) = 0x4D70210\n"
    "--4012-- memalign(al 64, size 200) = 0x4D702C0\n"
    "partial line without newline--4012-- malloc(0) = 0x4D6FD40\n"
    "--4012-- malloc(18446744073709551416)Argument 'size' of function malloc has a fishy value: -200\n"
    "==4012==    at 0x48417B4: malloc (in /usr/libexec/valgrind/vgpreload_memcheck-amd64-linux.so)\n"
    "==4012== \n"
    "--4012--  = 0x0\n"
    "--4012-- calloc(9223372036854775807,3)realloc(0x4D70050,18446744073709551516)Argument 'size' of\n"
    "==4012==    by 0x10941C: main (in /tmp/v)\n"
    "--4012--  = 0x0\n"
    "--4012-- realloc(0x4D70210,0)free(0x4D70210)\n"
    "--4012--  = 0\n"
    "--4012-- malloc_usable_size(0x4D6FD40) = 0\n"
    "hello malloc(3) = 0x44\n"
    "--4012-- _ZdlPvm(0x4D6FC80)\n"
    "--4012-- _ZdaPv(0x4D6FCD0)\n"
    "--4012-- _ZdlPvmSt11align_val_t(0x4D6FD80)\n"
    "--4012-- _ZdlPvRKSt9nothrow_t(0x4D6FF80)\n"
    "--4012-- free(0x4D70050)\n"
    "--4012-- free(0x4D702C0)\n"
    "--4012-- free(0x4D6FD40)\n"
    "--4012-- free(0x4D5E040)\n"
    "--4012-- free(0x0)\n"
    "==4012== \n"
    "==4012== HEAP SUMMARY:\n";

TEST(ImportValgrind, ReadsARealLog) {
  const Imported imported = import_valgrind(valgrind_log);
  EXPECT_EQ(operations_of(imported),
            "b0 = malloc(72704)\nb1 = malloc(4)\nb2 = malloc(40)\nb3 = malloc(64)\nb4 = malloc(4)\nb5 = "
            "calloc(4, 16)\nb5 = realloc(b5, 100)\n"
            "b6 = malloc(7)\nb7 = malloc(200)\nb8 = malloc(0)\n"
            "b9 = malloc(SIZE_MAX - 199)\nfree(b9)\n"
            "b9 = calloc(PTRDIFF_MAX, 3)\nfree(b9)\nb5 = realloc(b5, SIZE_MAX - 99)\n"
            "free(b6)\nfree(b1)\nfree(b2)\nfree(b3)\nfree(b4)\nfree(b5)\nfree(b7)\nfree(b8)\nfree(b0)\n");
  EXPECT_EQ(imported.report, (ImportReport{.aligned_as_plain = 2, .refused = 3}));
}

TEST(ImportValgrind, ACallAnsweredByAnotherIsThatOther) {
  EXPECT_EQ(operations_of(import_valgrind("--1-- realloc(0x0,24)malloc(24) = 0x10\n"
                                          "--1-- reallocarray(0x10,3,5) = 0x20\n"
                                          "--1-- reallocarray(0x20,18446744073709551615,2) = 0x0\n")),
            "b0 = malloc(24)\nb0 = realloc(b0, 15)\nb0 = realloc(b0, SIZE_MAX)\n");
}

TEST(ImportValgrind, OtherMessagesArePassedOver) {
  EXPECT_EQ(operations_of(import_valgrind("--1-- REDIR: 0x4019d40 (ld-linux-x86-64.so.2:strlen) redirected\n"
                                          "--2-- Reading syms from /usr/bin/true\n"
                                          "--x-- malloc(1) = 0x1\n"
                                          "---- -1-- --99999999999-- malloc(1) = 0x1\n"
                                          "----1-- malloc(8) = 0x10\n"
                                          "--1-- malloc(x) = 0x1\n"
                                          "--1-- calloc(4) = 0x1\n"
                                          "--1-- realloc(0x10) = 0x1\n"
                                          "--1-- malloc() = 0x1\n"
                                          "--1-- reallocarray(0x10,1) = 0x1\n"
                                          "==2== malloc(1) = 0x1\n"
                                          "--1--  = 0x30\n")),
            "b0 = malloc(8)\n");
}

TEST(ImportValgrind, ACallCutOffIsCounted) {
  const Imported imported = import_valgrind("--1-- malloc(8) = 0x10\n--1-- malloc(8)");
  EXPECT_EQ(operations_of(imported), "b0 = malloc(8)\n");
  EXPECT_EQ(imported.report, (ImportReport{.incomplete = 1}));
}

TEST(ImportValgrind, RefusesALogOfSeveralProcessesAndSaysHowToPartIt) {
  EXPECT_EQ(error_of(import_valgrind, "--7-- malloc(8) = 0x10\nx\n--8-- malloc(8) = 0x10\n"),
            "line 3: expected process 7 as in line 1, found 8; a trace is one process: --log-file=NAME.%p "
            "parts them");
}

TEST(ImportValgrind, ALogWithoutCallsIsAnError) {
  EXPECT_EQ(error_of(import_valgrind, "==7== Memcheck, a memory error detector\n==7== \n"),
            "line 2: expected calls such as '--PID-- malloc(SIZE) = ADDRESS' (from --trace-malloc=yes), "
            "found none in "
            "the whole file");
}

TEST(ImportValgrind, GarbageIsAnError) {
  expect_total(import_valgrind, valgrind_log);
}

}  // namespace
}  // namespace poolhammer

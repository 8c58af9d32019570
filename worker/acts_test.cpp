// What a program does to a library besides calls for blocks: each act does what it says, and is judged.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/library/testing.hpp"
#include "harness/testing/trace_of.hpp"

namespace poolhammer::library {
namespace {

[[nodiscard]] RunOptions without_limit() {
  RunOptions options;
  options.memory_limit = std::uint64_t{1} << 40U;
  return options;
}

/// The oracle that fires, and the step that it names; "nothing" where none does.
[[nodiscard]] std::string finding_of(const std::string& subject, std::string_view statements) {
  LibraryRunner runner = runner_on(subject);
  const Verdict verdict = runner.run(trace_of(statements), without_limit()).verdict;
  return verdict.finding ? verdict.finding->oracle + ": " + verdict.finding->operation : "nothing";
}

TEST(Acts, OfEveryKindAreDoneBySoundLibrary) {
  EXPECT_EQ(
      finding_of("lib:libc.so.6",
                 "b0 = malloc(100)\nfill_usable(b0)\nb0 = realloc(b0, 5000)\n"
                 "fork()\nb1 = malloc(10)\nfree(b0)\nchild_ends()\nb1 = malloc(20)\n"
                 "limit_memory(100000000)\nexhaust(malloc, 100000, 20000, 0)\nrelease()\nb2 = malloc(20000)\n"
                 "limit_memory(SIZE_MAX)\nrecycle(aligned_alloc, 100, 640, 64)\n"
                 "crowd(3, 100)\ncrowd_with_heirs(3, 100)\ncrowd_forks(2, 3)\nset_handler()\nb3 = malloc(1)\n"
                 "generations(2048, 100)\ngenerations_hand_over(2048, 100)\nset_throwing_handler(derived)\n"
                 "measure_resident()\nmeasure_gain(b3)\n"),
      "nothing");
}

TEST(Acts, AChildHasBlocksOfItsOwn) {
  // The child's b0 is freed and b1 taken; here b0 lives on, and b1 is still to be had.
  LibraryRunner runner = runner_on("lib:libc.so.6");
  const Judgement judgement = runner.run(
      trace_of("b0 = malloc(64)\nfork()\nfree(b0)\nb1 = malloc(64)\nfork()\nchild_ends()\nb1 = malloc(64)\n"
               "fill(b0)\nfree(b1)\n"),
      without_limit());
  EXPECT_FALSE(judgement.verdict.finding) << to_string(*judgement.verdict.finding);
  EXPECT_EQ(judgement.verdict.statistics.skipped, 0U);
}

TEST(Acts, AChildPerformsNothingAfterItsEnd) {
  // The tenth request dies in another process than the one that loaded the library.
  std::string program = "fork()\nb0 = malloc(24)\nchild_ends()\n";
  for (int request = 0; request < 12; ++request) program += "b0 = malloc(24)\nfree(b0)\n";
  EXPECT_EQ(finding_of(broken("knows_its_process"), program), "nothing");
}

TEST(Acts, AProgramMayEndInAChild) {
  EXPECT_EQ(finding_of("lib:libc.so.6", "b0 = malloc(64)\nfork()\nfree(b0)\nb1 = malloc(64)\n"), "nothing");
}

TEST(Acts, WhatIsWrongInAChildIsFound) {
  EXPECT_EQ(finding_of(broken("overwrites"),
                       "fork()\nb0 = malloc(100)\nb1 = malloc(100)\nb2 = malloc(100)\nb3 = malloc(100)\n"
                       "free(b0)\nb4 = malloc(100)\ncheck()\nchild_ends()\n"),
            "shadow.contents: check()");
}

TEST(Acts, TheDeathOfAChildIsToldWithItsStep) {
  EXPECT_EQ(finding_of(broken("strict"), "check()\nfork()\nb0 = malloc(777)\nb1 = malloc(7)\nchild_ends()\n"),
            "crash: b1 = malloc(7)");
}

/// How many requests the library refuses that gives no block of 5001 bytes in a signal handler, none of 5002
/// on an alternate stack, none of 5003 in a thread of a child, and none of 5004 when destructors of a thread
/// that called it were called.
[[nodiscard]] std::uint64_t refused_of(std::string_view statements) {
  LibraryRunner runner = runner_on(broken("knows_its_context"));
  const Judgement judgement = runner.run(trace_of(statements), without_limit());
  return judgement.verdict.statistics.refused;
}

TEST(Calls, ComeFromASignalHandlerWhereTheProgramSaysSo) {
  EXPECT_EQ(refused_of("b0 = malloc(5001)\nb1 = malloc(5002)\n"), 0U);
  EXPECT_EQ(refused_of("signal handler: b0 = malloc(5001)\nb1 = malloc(5001)\n"), 1U);
  EXPECT_EQ(refused_of("signal handler: b0 = malloc(5002)\n"), 0U);
  EXPECT_EQ(refused_of("signal handler on alternate stack: b0 = malloc(5002)\nb1 = malloc(5002)\n"), 1U);
  EXPECT_EQ(refused_of("signal handler on alternate stack: b0 = malloc(5001)\n"), 0U);
}

TEST(Calls, ComeFromASignalHandlerOfEachThread) {
  EXPECT_EQ(refused_of("thread 1: signal handler: b0 = malloc(5001)\nthread 1: b1 = malloc(5001)\n"
                       "thread 2: signal handler on alternate stack: b2 = malloc(5002)\n"
                       "thread 1: signal handler on alternate stack: b3 = malloc(5002)\n"
                       "thread 2: b4 = malloc(5002)\n"),
            3U);
}

TEST(Calls, ComeFromThreadsThatAChildBears) {
  EXPECT_EQ(refused_of("fork()\nthread 1: b0 = malloc(5003)\nthread 2: b1 = malloc(5003)\n"
                       "thread 1: end_thread()\nthread 1: b2 = malloc(5003)\nchild_ends()\n"
                       "thread 1: b0 = malloc(5003)\n"),
            3U);
  EXPECT_EQ(refused_of("fork()\nthread 1: signal handler: b0 = malloc(5001)\nchild_ends()\n"), 1U);
}

TEST(Calls, ComeFromADestructorWhenThoseOfTheAllocatorWereCalled) {
  EXPECT_EQ(refused_of("thread 1: b0 = malloc(8)\nthread 1: destructor: b1 = malloc(5004)\n"
                       "thread 1: destructor: b2 = malloc(5004)\n"),
            2U);
  EXPECT_EQ(refused_of("thread 1: destructor: b0 = malloc(5004)\n"), 0U) << "it never called the allocator";
}

TEST(Calls, OfDestructorsEndTheirThread) {
  EXPECT_EQ(refused_of("thread 1: b0 = malloc(8)\nthread 2: b1 = malloc(8)\nthread 1: destructor: free(b0)\n"
                       "thread 2: destructor: b2 = malloc(5004)\nthread 1: destructor: b3 = malloc(5004)\n"
                       "thread 1: b4 = malloc(5004)\nthread 1: end_thread()\nthread 2: b5 = malloc(5004)\n"),
            2U);
  EXPECT_EQ(
      refused_of("thread 1: b0 = malloc(8)\nthread 1: destructor: free(b0)\nthread 1: end_thread()\nfork()\n"
                 "thread 1: b1 = malloc(8)\nthread 1: destructor: b2 = malloc(5004)\nchild_ends()\n"
                 "thread 1: b3 = malloc(5004)\n"),
      1U);
}

TEST(Calls, OfAChildsThreadsAndOfSignalHandlersGetWhatOthersGet) {
  EXPECT_EQ(finding_of(broken("knows_its_context"),
                       "thread 1: b0 = malloc(5003)\nthread 1: end_thread()\nfork()\nb1 = malloc(5003)\n"
                       "thread 1: b2 = malloc(5003)\nchild_ends()\n"),
            "contract.fork.threads: thread 1: b2 = malloc(5003)");
  EXPECT_EQ(finding_of(broken("knows_its_context"),
                       "b0 = malloc(5002)\nsignal handler on alternate stack: b1 = malloc(5002)\n"),
            "contract.signals.handler: signal handler on alternate stack: b1 = malloc(5002)");
  EXPECT_EQ(finding_of(broken("knows_its_context"),
                       "thread 1: b0 = malloc(5004)\nthread 1: destructor: b1 = malloc(5004)\n"),
            "contract.threads.destructors: thread 1: destructor: b1 = malloc(5004)");
}

TEST(Acts, ALimitIsFeltAndGone) {
  LibraryRunner runner = runner_on("lib:libc.so.6");
  const Judgement judgement =
      runner.run(trace_of("limit_memory(50000000)\nb0 = malloc(200000000)\nlimit_memory(SIZE_MAX)\n"
                          "b1 = malloc(200000000)\n"),
                 without_limit());
  EXPECT_FALSE(judgement.verdict.finding);
  EXPECT_EQ(judgement.verdict.statistics.refused, 1U);
}

TEST(Acts, AfterAMisuseNothingIsJudged) {
  EXPECT_EQ(
      finding_of(broken("sound"), "b0 = malloc(100)\nmisuse(malloc_usable_size, b0, 0, 0, 0)\ncheck()\n"),
      "nothing");
}

TEST(Acts, FreeAsManyBlocksAsTheyTookWhereOneIsGivenTwice) {
  EXPECT_EQ(finding_of(broken("gives_again"), "exhaust(malloc, 50, 5006, 0)\nrelease()\nb0 = malloc(8)\n"),
            "nothing");
}

TEST(Acts, ComeToTheirEndWhateverTheyAreAskedFor) {
  EXPECT_EQ(finding_of("lib:libc.so.6",
                       "exhaust(malloc, SIZE_MAX, 16, 0)\nexhaust(calloc, SIZE_MAX, 1000000000, 0)\n"
                       "exhaust(malloc, SIZE_MAX, SIZE_MAX, 0)\nrelease()\n"
                       "recycle(calloc, SIZE_MAX, 4000000000, 0)\nrecycle(malloc, SIZE_MAX, 0, 0)\n"
                       "crowd(SIZE_MAX, 10)\ncrowd(2, SIZE_MAX)\ncrowd_with_heirs(SIZE_MAX, "
                       "SIZE_MAX)\ngenerations(2048, SIZE_MAX)\ngenerations(2048, "
                       "0)\nexhaust(malloc, 5, 1, 0)\nrecycle(malloc, 0, 5, 0)\n"),
            "nothing");
}

}  // namespace
}  // namespace poolhammer::library

#include "harness/c_program/c_program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/c_program/testing/about.hpp"
#include "harness/contract/testing/findings/breaks.hpp"
#include "harness/contract/verify.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

using contract::breaker;
using contract::Breaks;
using contract::Reproduction;
using contract::Verification;
using contract::verify;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// A trace in which a library that breaks `promise` breaks it at step `index`, and what the run says of it;
/// an empty oracle: nothing was found.
struct Case {
  const char* name;
  const char* promise;
  const char* oracle;
  std::size_t index;
  const char* steps;
};
void PrintTo(const Case& each, std::ostream* stream) {
  *stream << each.name;
}

[[nodiscard]] std::vector<Case> oracles() {
  return {
      {"alignment", "misalign", "shadow.alignment", 0, "b0 = malloc(100)\n"},
      {"disjoint", "overlap", "shadow.disjoint", 1, "b0 = malloc(200)\nb1 = malloc(200)\n"},
      {"owned_memory", "overlap", "shadow.owned-memory", 1, "b0 = malloc(200)\nb1 = malloc(200)\n"},
      {"zeroed", "dirty", "shadow.zeroed", 1, "b0 = malloc(100)\nb1 = calloc(1, 100)\n"},
      {"kept", "forget", "shadow.kept", 1, "b0 = malloc(100)\nb0 = realloc(b0, 200)\n"},
      {"kept_by_one_that_shrinks", "forget", "shadow.kept", 2,
       "b0 = malloc(100)\nb0 = malloc(5)\nb0 = realloc(b0, 50)\n"},
      {"unchanged", "spoil", "shadow.unchanged-by-failure", 1,
       "b0 = malloc(100)\nb0 = realloc(b0, SIZE_MAX - 100)\n"},
      {"contents_before", "scribble", "shadow.contents", 2, "b0 = malloc(100)\nb1 = malloc(8)\nfree(b0)\n"},
      {"contents_behind", "scribble", "shadow.contents", 1, "b0 = malloc(100)\nb1 = malloc(8)\n"},
      {"contents_at_the_end", "scribble", "shadow.contents", 2, "b0 = malloc(100)\nb1 = malloc(8)\n"},
      {"handed_over", "scribble", "shadow.handed-over", 2, "b0 = malloc(100)\nb1 = malloc(8)\n"},
      {"writable", "scribble", "contract.usable.writable", 2,
       "b0 = malloc(100)\nfill_usable(b0)\nb1 = malloc(8)\n"},
      {"realloc_keeps", "forget", "contract.usable.realloc-keeps", 2,
       "b0 = malloc(100)\nfill_usable(b0)\nb0 = realloc(b0, 300)\n"},
      {"refusal", "huge", "shadow.refusal", 0, "b0 = malloc(SIZE_MAX)\n"},
      {"refusal_of_what_may_be_had", "refuse", "shadow.refusal", 0, "b0 = malloc(100)\n"},
      {"usable_size", "usable less", "shadow.usable-size", 0, "b0 = malloc(100)\n"},
      {"concurrent", "dirty", "contract.threads.concurrent", 0, "crowd(2, 200)\n"},
      {"with_heirs", "destructors overlap", "contract.threads.concurrent", 0, "crowd_with_heirs(2, 200)\n"},
      {"amid_threads", "dirty", "contract.fork.amid-threads", 0, "crowd_forks(2, 2)\n"},
      {"crash", "crash", "crash", 1, "b0 = malloc(8)\nb1 = malloc(2000)\n"},
      {"abort", "abort", "crash", 0, "b0 = malloc(2000)\n"},
      {"exit", "exit", "crash", 0, "b0 = malloc(2000)\n"},
      {"hang", "hang", "hang", 0, "b0 = malloc(2000)\n"},
      {"memory", "hunger", "memory", 0, "recycle(malloc, 100, 5000, 0)\n"},
      {"memory_of_steps", "hunger", "memory", 1,
       "exhaust(malloc, 20, 2000, 0)\nrelease()\nb0 = malloc(2000)\n"},
      {"without_a_row", "misalign", "invariant.unheard-of", 1, "b0 = malloc(100)\n"},
  };
}

[[nodiscard]] std::vector<Case> clauses() {
  return {
      {"errno_of_malloc", "silent", "contract.failure.errno", 0, "b0 = malloc(SIZE_MAX)\n"},
      {"errno_of_memalign", "silent", "contract.failure.errno-gnu", 0, "b0 = memalign(64, SIZE_MAX - 700)\n"},
      {"errno_of_overflow", "silent", "contract.overflow.errno", 0, "b0 = calloc(SIZE_MAX, 16)\n"},
      {"errno_of_exhaustion", "silent", "contract.exhaustion.errno", 1,
       "limit_memory(67108864)\nexhaust(malloc, 100000, 65536, 0)\n"},
      {"errno_of_recycling", "silent", "contract.exhaustion.errno", 2,
       "limit_memory(67108864)\nexhaust(malloc, 100000, 65536, 0)\nrecycle(malloc, 3, 65536, 0)\n"},
      {"errno_of_exhaustion_by_status", "status", "contract.exhaustion.errno", 1,
       "limit_memory(67108864)\nexhaust(posix_memalign, 100000, 65536, 64)\n"},
      {"status", "status", "contract.failure.status", 0, "posix_memalign(&b0, 64, SIZE_MAX - 700)\n"},
      {"einval", "status", "contract.posix_memalign.einval", 0, "posix_memalign(&b0, 3, 8)\n"},
      {"result_kept", "result", "contract.posix_memalign.result-kept", 0, "posix_memalign(&b0, 3, 8)\n"},
      {"aligned_alloc_einval", "alignment", "contract.aligned_alloc.einval", 0,
       "b0 = aligned_alloc(24, 48)\n"},
      {"free_errno", "errno", "contract.free.errno", 1, "b0 = malloc(100)\nfree(b0)\n"},
      {"free_errno_that_was_set", "errno", "contract.free.errno", 2,
       "b0 = malloc(100)\nerrno = EDOM\nfree(b0)\n"},
      {"new_fails", "new", "contract.new.fails", 0, "b0 = operator new(200)\n"},
      {"new_handler", "new", "contract.new.handler", 1, "set_handler()\nb0 = operator new(SIZE_MAX)\n"},
      {"handler_throws", "nothrow", "contract.new.handler-throws", 1,
       "set_throwing_handler(derived)\nb0 = operator new(nothrow)(SIZE_MAX)\n"},
      {"leave_nothing", "lose", "contract.threads.leave-nothing", 0, "generations(4096, 2048)\n"},
      {"returned_by_others", "lose", "contract.threads.returned-by-others", 0,
       "generations_hand_over(4096, 2048)\n"},
      {"new_zero", "new zero", "contract.new.zero", 0, "b0 = operator new(0)\n"},
      {"realloc_null", "realloc null", "contract.realloc.null", 0, "b0 = realloc(b0, 100)\n"},
      {"fork_child", "refuse", "contract.fork.child", 1, "fork()\nb0 = malloc(100)\nchild_ends()\n"},
      {"fork_threads", "thread of child", "contract.fork.threads", 2,
       "b0 = malloc(100)\nfork()\nthread 1: b1 = malloc(100)\nchild_ends()\n"},
      {"handler", "handler", "contract.signals.handler", 1,
       "b0 = malloc(100)\nsignal handler: b1 = malloc(100)\n"},
      {"handler_on_alternate_stack", "alternate", "contract.signals.handler", 1,
       "thread 1: b0 = malloc(100)\nthread 1: signal handler on alternate stack: b1 = malloc(100)\n"},
      {"destructor", "destructor", "contract.threads.destructors", 1,
       "thread 1: b0 = malloc(100)\nthread 1: destructor: b1 = malloc(100)\n"},
      {"destructor_of_one_of_two_threads", "destructor", "contract.threads.destructors", 4,
       "thread 1: b0 = malloc(100)\nthread 2: b1 = malloc(100)\nthread 1: destructor: free(b0)\n"
       "thread 1: b0 = malloc(100)\nthread 2: destructor: b2 = malloc(100)\n"},
      {"recovers", "keep", "contract.exhaustion.recovers", 3,
       "limit_memory(67108864)\nexhaust(malloc, 100000, 65536, 0)\nrelease()\nb0 = malloc(60000)\n"},
      {"available", "keep", "contract.free.available", 1,
       "limit_memory(67108864)\nrecycle(malloc, 5000, 65536, 0)\n"},
      {"capacity", "keep", "contract.capacity.kept", 3,
       "limit_memory(67108864)\nexhaust(malloc, 100000, 65536, 0)\nrelease()\n"
       "exhaust(malloc, 100000, 65536, 0)\n"},
      {"largest", "keep", "contract.capacity.largest", 3,
       "limit_memory(67108864)\nexhaust(malloc, 1, 50000000, 0)\nrelease()\n"
       "exhaust(malloc, 1, 50000000, 0)\n"},
      {"whole_pages", "usable less", "contract.pvalloc.rounds", 0, "b0 = pvalloc(100)\n"},
      {"usable_stable", "usable moves", "contract.usable.stable", 1,
       "b0 = malloc(100)\nmalloc_usable_size(b0)\n"},
      {"usable_null", "usable null", "contract.usable.null", 0, "malloc_usable_size(b0)\n"},
  };
}

/// Where nothing was found, whatever is wrong is seen.
[[nodiscard]] std::vector<Case> everything() {
  return {
      {"alignment", "misalign", "", 0, "b0 = malloc(100)\n"},
      {"disjoint", "overlap", "", 0, "b0 = malloc(200)\nb1 = malloc(200)\n"},
      {"zeros", "dirty", "", 0, "b0 = calloc(1, 100)\n"},
      {"kept", "forget", "", 0, "b0 = malloc(100)\nb0 = realloc(b0, 200)\n"},
      {"unchanged", "spoil", "", 0, "b0 = malloc(100)\nb0 = realloc(b0, SIZE_MAX)\n"},
      {"refusal", "huge", "", 0, "b0 = malloc(PTRDIFF_MAX + 1)\n"},
      {"contents_before_a_free", "scribble", "", 0, "b0 = malloc(100)\nb1 = malloc(8)\nfree(b0)\n"},
      {"contents_at_a_check", "scribble", "", 0, "b0 = malloc(100)\nb1 = malloc(8)\ncheck()\nfree(b0)\n"},
      {"contents_at_the_end", "scribble", "", 0, "b0 = malloc(100)\nb1 = malloc(8)\n"},
      {"contents_before_a_fill", "scribble", "", 0, "b0 = malloc(100)\nb1 = malloc(8)\nfill(b0)\n"},
      {"contents_up_to_the_usable_size", "scribble", "", 0,
       "b0 = malloc(100)\nfill_usable(b0)\nb1 = malloc(8)\n"},
      {"a_thread_that_rests", "scribble", "", 0,
       "thread 1: b0 = malloc(100)\nb1 = malloc(8)\nthread 1: fill(b0)\n"},
      {"a_thread_that_ended", "scribble", "", 0,
       "thread 1: b0 = malloc(100)\nthread 1: end_thread()\nb1 = malloc(8)\ncheck()\n"},
      {"a_signal_handler", "handler misaligns", "", 0, "signal handler: b0 = malloc(100)\n"},
      {"a_signal_handler_of_a_thread", "handler misaligns", "", 0,
       "thread 1: signal handler: b0 = malloc(100)\nfree(b0)\nthread 1: b1 = malloc(8)\n"},
      {"crowd", "dirty", "", 0, "crowd(2, 200)\n"},
      {"crowd_forks", "dirty", "", 0, "crowd_forks(2, 2)\n"},
      {"generations", "lose", "", 0, "generations(4096, 2048)\n"},
      {"death_of_a_child", "child", "", 0, "fork()\nb0 = malloc(100)\nchild_ends()\n"},
      {"block_of_a_child", "misalign", "", 0, "fork()\nb0 = malloc(100)\n"},
  };
}

class EmittedCProgram : public testing::TestWithParam<Case> {};

TEST_P(EmittedCProgram, ExitsOneUnderTheBrokenLibraryAndZeroWithoutIt) {
  const Case& each = GetParam();
  const Breaks broken(each.promise);
  const Finding finding = found(each.oracle, each.index);
  const bool none = finding.oracle.empty();
  const CProgram program =
      c_program(breaker(), trace_of(each.steps), none ? nullptr : &finding, about(each.name));
  const Verification verification = verify(program, breaker());
  EXPECT_EQ(verification.reproduction, Reproduction::reproduced) << verification.said << '\n' << program.text;
  EXPECT_EQ(verification.plain, 0) << program.text;
  EXPECT_THAT(verification.said,
              StartsWith("test." + std::string(each.name) + ": All is \"well\": promised "))
      << program.text;
  EXPECT_THAT(verification.said, HasSubstr(", happened: "));
}

[[nodiscard]] std::string name_of(const testing::TestParamInfo<Case>& info) {
  return info.param.name;
}
INSTANTIATE_TEST_SUITE_P(OfEveryOracle, EmittedCProgram, testing::ValuesIn(oracles()), name_of);
INSTANTIATE_TEST_SUITE_P(OfEveryClause, EmittedCProgram, testing::ValuesIn(clauses()), name_of);
INSTANTIATE_TEST_SUITE_P(OfEverything, EmittedCProgram, testing::ValuesIn(everything()), name_of);

TEST(CProgram, CallsNoHangWhatOnlyTakesLongOnABusyMachine) {
  const Finding finding = found("hang", 0);
  const Breaks slow("slow");  // each free() computes for a while, and then an alarm comes
  const CProgram program = c_program(
      breaker(), trace_of("b0 = malloc(8)\nfree(b0)\nb0 = malloc(8)\nfree(b0)\n"), &finding, about("f"));
  const Verification verification = verify(program, breaker());
  EXPECT_EQ(verification.reproduction, Reproduction::not_reproduced) << verification.said << '\n'
                                                                     << program.text;
}

TEST(CProgram, SaysThatAnOddAlignmentGaveABlock) {
  const Finding finding = found("contract.aligned_alloc.invalid", 0);
  const Breaks nothing("nothing");
  const CProgram program =
      c_program(breaker(), trace_of("b0 = aligned_alloc(24, 48)\n"), &finding, about("f"));
  EXPECT_THAT(verify(program, breaker()).said, HasSubstr("promised no block, happened: a block at "));
}

TEST(CProgram, SaysAtTheDrainWhatTheDrainBreaks) {
  const Finding finding = found("shadow.contents", 2, std::string(finding_at_drain));
  const Breaks broken("free scribbles");
  const CProgram program =
      c_program(breaker(), trace_of("b0 = malloc(8)\nb1 = malloc(100)\n"), &finding, about("f"));
  EXPECT_THAT(verify(program, breaker()).said, HasSubstr("promised that b1 holds"));
}

TEST(CProgram, FindsFunctionsOfOtherNamesInTheirLibrary) {
  const library::Target target = library::target_named("cpython:raw");
  const CProgram program =
      c_program(target, trace_of("b0 = malloc(24)\nb1 = aligned_alloc(64, 64)\n"), nullptr, about("f"));
  EXPECT_THAT(program.text, HasSubstr("dlsym(library, \"PyMem_RawMalloc\")"));
  EXPECT_THAT(program.text, Not(HasSubstr("aligned_alloc"))) << "the library has none";
  EXPECT_THAT(verify(program, target, 1).said, HasSubstr(": kept"));
}

TEST(CProgram, HoldsOnlyWhatItsFindingNeeds) {
  const Finding finding = found("contract.realloc.null", 1);
  const CProgram program =
      c_program(library::target_named("libc"),
                trace_of("b0 = malloc(24)\nb1 = realloc(b1, 8)\nb2 = malloc(5)\n"), &finding, about("f"));
  EXPECT_THAT(program.text, Not(HasSubstr("static size_t")));
  EXPECT_THAT(program.text, Not(HasSubstr("static void fill")));
  EXPECT_THAT(program.text,
              HasSubstr("int main(void) {\n"
                        "  (void)do_malloc(24);\n"
                        "  void *b1 = do_realloc(NULL, 8);\n"
                        "  if (b1 == NULL) {\n"
                        "    dprintf(1, \"%s: promised a block, happened: no block\\n\", clause);\n"
                        "    _exit(1);\n"
                        "  }\n"
                        "  dprintf(1, "));
}

TEST(CProgram, HasALineOrTwoForEachStepThatItJudges) {
  const CProgram program =
      c_program(trace_of("b70000 = malloc(24)\nb3 = calloc(4, 16)\nb70000 = realloc(b70000, 9)\n"
                         "free(b3)\nplace(down)\nb3 = malloc(SIZE_MAX)\n"));
  EXPECT_THAT(program.text, HasSubstr("int main(void) {\n"
                                      "  void *b0 = do_malloc(24);\n"
                                      "  given(0, b0, 24, 16);\n"
                                      "  void *b1 = do_calloc(4, 16);\n"
                                      "  given_zero(1, b1, 64, 16);\n"
                                      "  intact(0);\n"
                                      "  b0 = resized(0, do_realloc(b0, 9), 9, 8);\n"
                                      "  leave(1);\n"
                                      "  do_free(b1);\n"
                                      "  /* place(down) */\n"
                                      "  refused(do_malloc(SIZE_MAX));\n"
                                      "  intact_all();\n"
                                      "  leave(0);\n"
                                      "  do_free(b0);\n"));
}

}  // namespace
}  // namespace poolhammer

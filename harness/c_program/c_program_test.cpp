#include "harness/c_program/c_program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "harness/base/temporary_folder.hpp"
#include "harness/contract/testing/findings/breaks.hpp"
#include "harness/contract/verify.hpp"
#include "harness/trace/generate.hpp"
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

[[nodiscard]] Trace trace_of(const std::string& steps) {
  return parse_text("poolhammer trace 2\n" + steps);
}

[[nodiscard]] Finding found(const std::string& oracle, std::size_t index, const std::string& operation = {}) {
  return {.oracle = oracle,
          .operation_index = index,
          .operation = operation,
          .where = {},
          .expected = {},
          .found = {}};
}

[[nodiscard]] ProgramFacts about(const std::string& name) {
  return {.clause = "test." + name,
          .tier = "must",
          .promise = "All is \"well\".",
          .source = "a test",
          .name = name};
}

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
      {"new_zero", "new zero", "contract.new.zero", 0, "b0 = operator new(0)\n"},
      {"realloc_null", "realloc null", "contract.realloc.null", 0, "b0 = realloc(b0, 100)\n"},
      {"fork_child", "refuse", "contract.fork.child", 1, "fork()\nb0 = malloc(100)\nchild_ends()\n"},
      {"fork_threads", "thread of child", "contract.fork.threads", 2,
       "b0 = malloc(100)\nfork()\nthread 1: b1 = malloc(100)\nchild_ends()\n"},
      {"handler", "handler", "contract.signals.handler", 1,
       "b0 = malloc(100)\nsignal handler: b1 = malloc(100)\n"},
      {"handler_on_alternate_stack", "alternate", "contract.signals.handler", 1,
       "thread 1: b0 = malloc(100)\nthread 1: signal handler on alternate stack: b1 = malloc(100)\n"},
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

/// Compiles as strictly as can be, and runs under the C library.
void expect_kept(const CProgram& program) {
  const TemporaryFolder folder;
  const std::string source = folder.file(std::string("program") + program.extension(), program.text).string();
  const std::string made = (folder / "program").string();
  const std::string compile = std::string(program.compiler()) + " -O1 -Wall -Wextra -Werror -pthread -o '" +
                              made + "' '" + source + "'";
  ASSERT_EQ(std::system(compile.c_str()), 0) << program.text;
  EXPECT_EQ(std::system(("'" + made + "' > /dev/null").c_str()), 0) << program.text;
}

/// As shown, as what died of it, and as what looks at one step.
void expect_kept_in_every_form(const Trace& trace) {
  const library::Target libc = library::target_named("libc");
  expect_kept(c_program(trace));
  for (const char* oracle : {"crash", "shadow.contents", "contract.failure.errno"}) {
    const Finding finding = found(oracle, trace.operations.size() / 2);
    expect_kept(c_program(libc, trace, &finding, about("f")));
  }
}

[[nodiscard]] Trace allocated_and_freed(Function allocating, Function freeing) {
  Trace trace;
  const std::uint64_t count = takes_count(allocating) ? 3 : 0;
  const std::uint64_t alignment = asks_alignment(allocating) ? 64 : 0;
  trace.operations = {
      {.kind = allocating, .slot = 7, .count = count, .size = 64, .alignment = alignment},
      {.kind = OperationKind::fill_usable, .slot = 7},
      {.kind = allocating, .slot = 8, .count = count, .size = ~std::uint64_t{63}, .alignment = alignment},
      {.kind = freeing, .slot = 7}};
  return trace;
}

TEST(CProgram, OfEveryAllocatingFunctionCompilesWithoutAWarningAndIsKept) {
  for (const Function function : all_functions()) {
    if (!allocates(function)) continue;
    const Trace trace = allocated_and_freed(function, plain_free(function));
    EXPECT_EQ(c_program(trace).cplusplus, facts(function).family != Family::c);
    expect_kept_in_every_form(trace);
  }
}

TEST(CProgram, OfEveryFreeingFunctionCompilesWithoutAWarning) {
  for (const Function function : all_functions()) {
    if (!frees(function)) continue;
    const Family family = facts(function).family;
    const bool aligned = takes_alignment(function);
    const Function from = family == Family::c        ? (aligned ? Function::aligned_alloc : Function::malloc)
                          : family == Family::object ? (aligned ? Function::op_new_aligned : Function::op_new)
                          : aligned                  ? Function::op_new_array_aligned
                                                     : Function::op_new_array;
    const CProgram program = c_program(allocated_and_freed(from, function));
    // The C library of today has no free_sized: the program says so.
    const bool missing = function == Function::free_sized || function == Function::free_aligned_sized;
    if (!missing) {
      expect_kept(program);
      continue;
    }
    EXPECT_THAT(verify(program, library::target_named("libc"), 1).said, HasSubstr("no free_"))
        << program.text;
  }
}

TEST(CProgram, OfAStepThatIsLookedAtCompilesWithoutAWarning) {
  const library::Target libc = library::target_named("libc");
  const auto expect_kept_at_last = [&libc](const char* oracle, const std::string& steps) {
    const Trace trace = trace_of(steps);
    const Finding finding = found(oracle, trace.operations.size() - 1);
    expect_kept(c_program(libc, trace, &finding, about("f")));
  };
  expect_kept_at_last("shadow.usable-size", "b0 = malloc(0)\n");
  expect_kept_at_last("shadow.zeroed", "b0 = calloc(0, 8)\n");
  expect_kept_at_last("shadow.refusal", "b0 = malloc(8)\nfree(b0)\nb0 = malloc(SIZE_MAX)\n");
  expect_kept_at_last("shadow.kept", "b0 = malloc(0)\nb0 = realloc(b0, 0)\n");
  expect_kept_at_last("shadow.unchanged-by-failure",
                      "thread 1: b0 = malloc(8)\nthread 2: b0 = realloc(b0, SIZE_MAX)\n");
  expect_kept_at_last("contract.usable.stable", "fork()\nb0 = malloc(8)\nmalloc_usable_size(b0)\n");
}

constexpr const char* every_act =
    "b5 = malloc(24)\nfill(b5)\nfill_usable(b5)\nerrno = EDOM\nb16777215 = calloc(4, 16)\ncheck()\n"
    "fail_arenas(1)\nfail_raw(2)\nplace(up)\ndomain(mem)\nhook(on)\nmalloc_usable_size(b5)\n"
    "thread 1: b1 = aligned_alloc(64, 128)\nthread 2: b5 = realloc(b5, 1000)\nthread 1: end_thread()\n"
    "thread 1: free(b1)\nmeasure_resident()\nmeasure_gain(b5)\nown(0, 1, 0, 0)\nown_block(1, b5, 0, 8, 0)\n"
    "fork()\nb6 = malloc(10)\nfork()\nchild_ends()\ncrowd_forks(1, 1)\n"
    "limit_memory(67108864)\nexhaust(malloc, 5000, 65536, 0)\nb7 = malloc(1000000000)\nb7 = malloc(24)\n"
    "b7 = realloc(b7, 0)\nfree(b7)\nrelease()\nlimit_memory(SIZE_MAX)\n"
    "exhaust(operator new(align_val_t), 10, 64, 64)\nexhaust(posix_memalign, 10, 64, 64)\n"
    "recycle(calloc, 10, 64, 0)\nrecycle(operator new, 10, 64, 0)\ncrowd(2, 10)\ncrowd_forks(2, 2)\n"
    "set_handler()\nb8 = operator new[](nothrow)(8)\nfree(b8)\nb5 = reallocarray(b5, 3, SIZE_MAX)\n"
    "generations(2048, 16)\nset_throwing_handler(derived)\nset_throwing_handler(bad_alloc)\n"
    "misuse(malloc_usable_size, b5, 0, 0, 0)\nmisuse(memalign, b0, 0, 24, 24)\nb9 = malloc(5)\nfree(b9)\n";

/// Of every context, on one thread or another, and where an operator stands in that no handler calls.
constexpr const char* every_context =
    "signal handler: b0 = malloc(24)\nsignal handler on alternate stack: b1 = calloc(4, 16)\nerrno = EDOM\n"
    "thread 1: signal handler: b0 = realloc(b0, SIZE_MAX)\nthread 1: b2 = malloc(8)\ncheck()\n"
    "thread 2: signal handler on alternate stack: posix_memalign(&b3, 64, 640)\nthread 1: end_thread()\n"
    "fork()\nthread 1: signal handler: free(b0)\nfill(b1)\nchild_ends()\n"
    "b4 = operator new(8)\nsignal handler: free(b4)\nsignal handler: b0 = malloc(1000000000000)\n"
    "signal handler: malloc_usable_size(b1)\nsignal handler on alternate stack: free(b1)\n";

TEST(CProgram, OfEveryKindOfOperationCompilesWithoutAWarningAndIsKept) {
  const Trace trace = trace_of(every_act);
  std::set<OperationKind> kinds;
  for (const Operation& operation : trace.operations) {
    if (!is_function(operation.kind)) kinds.insert(operation.kind);
  }
  EXPECT_EQ(kinds.size() + functions, operation_kinds) << "an operation that no program was written of";
  expect_kept_in_every_form(trace);
  for (const Operation& operation : trace.operations) {
    const bool starts_a_thread = operation.thread != 0;
    if (!is_function(operation.kind) && !starts_a_thread) expect_kept(c_program({trace.layout, {operation}}));
  }
  expect_kept(c_program(Trace()));
}

TEST(CProgram, OfSignalHandlersCompilesWithoutAWarningAndIsKept) {
  expect_kept_in_every_form(trace_of(every_context));
  const CProgram one = c_program(trace_of("signal handler: b0 = malloc(24)\n"));
  EXPECT_THAT(one.text, HasSubstr("in_handler(part1);"));
  EXPECT_THAT(one.text, Not(HasSubstr("on_alternate_stack")));
  EXPECT_THAT(c_program(trace_of("thread 1: signal handler on alternate stack: b0 = malloc(24)\n")).text,
              HasSubstr("  on_alternate_stack(part1);\n  return NULL;\n"));
}

TEST(CProgram, OfGeneratedTracesCompilesWithoutAWarningAndIsKept) {
  Breadth breadth = full_breadth();
  std::erase(breadth.functions, Function::free_sized);
  std::erase(breadth.functions, Function::free_aligned_sized);
  breadth.own_process = true;
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    SCOPED_TRACE(seed);
    expect_kept_in_every_form(
        generate(seed, {.operations = 80, .breadth = seed % 2 == 0 ? breadth : Breadth()}));
  }
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

TEST(CProgram, IsTheSameForTheSameTrace) {
  EXPECT_EQ(c_program(trace_of(every_act)).text, c_program(trace_of(every_act)).text);
}

}  // namespace
}  // namespace poolhammer

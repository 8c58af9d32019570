#include "harness/c_program/writer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>
#include <string>

#include "harness/base/temporary_folder.hpp"
#include "harness/c_program/testing/about.hpp"
#include "harness/contract/verify.hpp"
#include "harness/library/target.hpp"
#include "harness/trace/generate.hpp"

namespace poolhammer {
namespace {

using contract::verify;
using testing::HasSubstr;
using testing::Not;

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

TEST(WrittenProgram, OfEveryAllocatingFunctionCompilesWithoutAWarningAndIsKept) {
  for (const Function function : all_functions()) {
    if (!allocates(function)) continue;
    const Trace trace = allocated_and_freed(function, plain_free(function));
    EXPECT_EQ(c_program(trace).cplusplus, facts(function).family != Family::c);
    expect_kept_in_every_form(trace);
  }
}

TEST(WrittenProgram, OfEveryFreeingFunctionCompilesWithoutAWarning) {
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

TEST(WrittenProgram, OfAStepThatIsLookedAtCompilesWithoutAWarning) {
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
    "crowd_with_heirs(2, 10)\n"
    "set_handler()\nb8 = operator new[](nothrow)(8)\nfree(b8)\nb5 = reallocarray(b5, 3, SIZE_MAX)\n"
    "generations(2048, 16)\ngenerations_hand_over(2048, "
    "16)\nset_throwing_handler(derived)\nset_throwing_handler(bad_alloc)\n"
    "misuse(malloc_usable_size, b5, 0, 0, 0)\nmisuse(memalign, b0, 0, 24, 24)\nb9 = malloc(5)\nfree(b9)\n";

/// Of every context, on one thread or another, and where an operator stands in that no handler calls.
constexpr const char* every_context =
    "signal handler: b0 = malloc(24)\nsignal handler on alternate stack: b1 = calloc(4, 16)\nerrno = EDOM\n"
    "thread 1: signal handler: b0 = realloc(b0, SIZE_MAX)\nthread 1: b2 = malloc(8)\ncheck()\n"
    "thread 2: signal handler on alternate stack: posix_memalign(&b3, 64, 640)\nthread 1: end_thread()\n"
    "fork()\nthread 1: signal handler: free(b0)\nfill(b1)\nchild_ends()\n"
    "b4 = operator new(8)\nsignal handler: free(b4)\nsignal handler: b0 = malloc(1000000000000)\n"
    "signal handler: malloc_usable_size(b1)\nsignal handler on alternate stack: free(b1)\n"
    "thread 2: destructor: b5 = malloc(24)\nthread 2: destructor: b5 = realloc(b5, 48)\nthread 2: b6 = "
    "malloc(24)\n"
    "thread 1: destructor: free(b5)\nthread 2: destructor: free(b6)\nthread 2: end_thread()\n";

TEST(WrittenProgram, OfEveryKindOfOperationCompilesWithoutAWarningAndIsKept) {
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

TEST(WrittenProgram, OfSignalHandlersCompilesWithoutAWarningAndIsKept) {
  expect_kept_in_every_form(trace_of(every_context));
  const CProgram one = c_program(trace_of("signal handler: b0 = malloc(24)\n"));
  EXPECT_THAT(one.text, HasSubstr("in_handler(part1);"));
  EXPECT_THAT(one.text, Not(HasSubstr("on_alternate_stack")));
  EXPECT_THAT(c_program(trace_of("thread 1: signal handler on alternate stack: b0 = malloc(24)\n")).text,
              HasSubstr("  on_alternate_stack(part1);\n  return NULL;\n"));
}

TEST(WrittenProgram, HasAThreadPerformItsLastStepsInADestructor) {
  const CProgram ends = c_program(trace_of(
      "thread 1: b0 = malloc(24)\nthread 1: destructor: free(b0)\nthread 1: destructor: b1 = malloc(8)\n"
      "thread 1: b2 = malloc(8)\n"));
  EXPECT_THAT(ends.text, HasSubstr("  perform(&thread1, part1);\n  in_destructor(&thread1, part2);\n"
                                   "  perform(&thread1, part3);\n"));
}

TEST(WrittenProgram, OfGeneratedTracesCompilesWithoutAWarningAndIsKept) {
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

TEST(WrittenProgram, IsTheSameForTheSameTrace) {
  EXPECT_EQ(c_program(trace_of(every_act)).text, c_program(trace_of(every_act)).text);
}

}  // namespace
}  // namespace poolhammer

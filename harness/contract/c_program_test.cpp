#include "harness/contract/c_program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "harness/contract/clause.hpp"
#include "harness/contract/testing/findings/breaks.hpp"
#include "harness/contract/verify.hpp"

namespace poolhammer::contract {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using F = Function;

constexpr std::uint64_t too_much = ~std::uint64_t{0};

/// A probe that the library breaks when it breaks `promise`.
struct Case {
  const char* name;
  const char* promise;
  Probe probe;
  Result result = Result::broken;
};
void PrintTo(const Case& each, std::ostream* stream) {
  *stream << each.name;
}

[[nodiscard]] Step place(std::uint16_t slot, std::uint16_t other) {
  Step step = expect(Expect::same_place, slot);
  step.other = other;
  return step;
}

[[nodiscard]] std::vector<Case> expectations() {
  const Step allocated = call(0, F::malloc, 100);
  return {
      {"null", "huge", {call(0, F::malloc, too_much), expect(Expect::null)}},
      {"not_null", "refuse", {allocated, expect(Expect::not_null)}},
      {"not_null_of_new", "new", {call(0, F::op_new, 200), expect(Expect::not_null)}},
      {"error",
       "errno",
       {allocated, plain(Verb::set_errno, EDOM), release(0), expect(Expect::error, no_slot, EDOM)}},
      {"failed_with", "silent", {call(0, F::malloc, too_much), expect(Expect::failed_with, no_slot, ENOMEM)}},
      {"failed_with_of_posix_memalign",
       "status",
       {call(0, F::posix_memalign, 3, 8), expect(Expect::failed_with, no_slot, EINVAL)}},
      {"status", "status", {call(0, F::posix_memalign, 3, 8), expect(Expect::status, no_slot, EINVAL)}},
      {"result_kept", "result", {call(0, F::posix_memalign, 3, 8), expect(Expect::result_kept)}},
      {"aligned", "misalign", {allocated, expect(Expect::aligned, 0, 16)}},
      {"disjoint",
       "overlap",
       {call(0, F::malloc, 200), call(1, F::malloc, 200), expect(Expect::disjoint, 1)}},
      {"zero", "dirty", {call(0, F::calloc, 1, 100), expect(Expect::zero, 0, 0, 100)}},
      {"kept", "forget", {allocated, fill(0), resize(0, F::realloc, 0, 200), expect(Expect::kept, 0)}},
      {"kept_in_another_slot",
       "forget",
       {allocated, fill(0), resize(1, F::realloc, 0, 200), expect(Expect::kept, 1)}},
      {"all_kept", "scribble", {allocated, fill(0), call(1, F::malloc, 8), expect(Expect::all_kept)}},
      {"usable", "usable less", {allocated, note(Note::usable, 0), expect(Expect::usable, 0, 100)}},
      {"usable_stable",
       "usable moves",
       {allocated, release(0, F::malloc_usable_size), expect(Expect::usable_stable, 0)}},
      {"usable_multiple", "usable odd", {allocated, expect(Expect::usable_multiple, 0, 8)}},
      {"same_place", "keep", {allocated, release(0), call(1, F::malloc, 100), place(1, 0)}},
      {"usable_none", "usable null", {expect(Expect::usable_none)}},
      {"handled",
       "new",
       {plain(Verb::set_handler), call(0, F::op_new, too_much >> 1U), expect(Expect::handled)}},
  };
}

[[nodiscard]] std::vector<Case> verbs() {
  const Step allocated = call(0, F::malloc, 100);
  const Step large = call(0, F::malloc, 2000);
  return {
      {"fill_usable",
       "scribble",
       {allocated, fill_usable(0), call(1, F::malloc, 8), expect(Expect::kept, 0)}},
      {"thread_that_rests",
       "scribble",
       {on(1, allocated), on(1, fill(0)), call(1, F::malloc, 8), on(1, expect(Expect::all_kept))}},
      {"thread_that_ended",
       "scribble",
       {on(1, allocated), on(1, fill(0)), on(1, plain(Verb::end_thread)), call(1, F::malloc, 8),
        expect(Expect::all_kept)}},
      {"thread_in_rounds",
       "scribble",
       {plain(Verb::repeat, 3), on(1, allocated), on(1, fill(0)), call(1, F::malloc, 8),
        expect(Expect::kept, 0), release(0), release(1), plain(Verb::repeat_ends)}},
      {"fork", "refuse", {plain(Verb::fork), allocated, expect(Expect::not_null), plain(Verb::child_ends)}},
      {"death_of_a_child", "child", {plain(Verb::fork), allocated, plain(Verb::child_ends)}, Result::died},
      {"repeat",
       "call 20",
       {plain(Verb::repeat, 30), call(0, F::malloc, 333), release(0), plain(Verb::repeat_ends)},
       Result::died},
      {"limits",
       "exhaust",
       {plain(Verb::limit_memory, 64 << 20U),
        {.verb = Verb::exhaust, .function = F::malloc, .a = 65536, .b = 100000},
        plain(Verb::release),
        plain(Verb::unlimit)},
       Result::died},
      {"churn", "dirty", {plain(Verb::churn, 2, 200), expect(Expect::all_kept)}},
      {"fork_crowd", "dirty", {plain(Verb::fork_crowd, 2, 2), expect(Expect::all_kept)}},
      {"crash", "crash", {large}, Result::died},
      {"abort", "abort", {large}, Result::died},
      {"exit", "exit", {large}, Result::died},
      {"hang", "hang", {large}, Result::died},
  };
}

[[nodiscard]] ProgramFacts about(const std::string& name) {
  return {.clause = "test." + name,
          .tier = "must",
          .promise = "All is \"well\".",
          .source = "a test",
          .name = name};
}

[[nodiscard]] Outcome broken_at_second() {
  Outcome outcome;
  outcome.result = Result::broken;
  outcome.step = 1;
  return outcome;
}

class EmittedProgram : public testing::TestWithParam<Case> {};

TEST_P(EmittedProgram, ExitsOneUnderTheBrokenLibraryAndZeroWithoutIt) {
  const Case& each = GetParam();
  const Breaks broken(each.promise);
  Prober prober(breaker());
  const Outcome outcome = prober.run_alone(each.probe, {.time = std::chrono::seconds(3)});
  ASSERT_EQ(outcome.result, each.result) << outcome.death;
  const CProgram program = c_program(breaker(), each.probe, outcome, about(each.name));
  const Verification verification = verify(program, breaker());
  EXPECT_EQ(verification.reproduction, Reproduction::reproduced) << verification.said << '\n' << program.text;
  EXPECT_EQ(verification.plain, 0) << program.text;
  EXPECT_THAT(verification.said,
              StartsWith("test." + std::string(each.name) + ": All is \"well\": promised "));
  EXPECT_THAT(verification.said, HasSubstr(", happened: "));
}

INSTANTIATE_TEST_SUITE_P(OfEveryExpectation, EmittedProgram, testing::ValuesIn(expectations()),
                         [](const auto& param) { return std::string(param.param.name); });
INSTANTIATE_TEST_SUITE_P(OfEveryVerb, EmittedProgram, testing::ValuesIn(verbs()),
                         [](const auto& param) { return std::string(param.param.name); });

TEST(CProgram, OfEveryAllocatingFunctionCompilesAndIsKeptByTheCLibrary) {
  const Target libc = target_named("libc");
  for (const Function function : all_allocators()) {
    const Probe probe = {allocation(0, function, 64), expect(Expect::not_null), fill(0),
                         expect(Expect::kept, 0), release(0, plain_free(function))};
    const CProgram program = c_program(libc, probe, broken_at_second(), about("f"));
    const Verification verification = verify(program, libc, 1);
    EXPECT_EQ(verification.said, "test.f: All is \"well\": kept") << program.text;
    EXPECT_EQ(program.cplusplus, facts(function).family != Family::c) << program.text;
  }
}

TEST(CProgram, OfEveryFreeingFunctionCompiles) {
  const Target libc = target_named("libc");
  for (const Function function : all_functions()) {
    if (!frees(function)) continue;
    const Family family = facts(function).family;
    const Function from = family == Family::c ? F::aligned_alloc
                          : family == Family::object
                              ? (takes_alignment(function) ? F::op_new_aligned : F::op_new)
                              : (takes_alignment(function) ? F::op_new_array_aligned : F::op_new_array);
    const Probe probe = {allocation(0, from, 64), expect(Expect::not_null), release(0, function)};
    const CProgram program = c_program(libc, probe, broken_at_second(), about("f"));
    const Verification verification = verify(program, libc, 1);
    // The C library of today has no free_sized: the program says so.
    const bool missing = function == F::free_sized || function == F::free_aligned_sized;
    EXPECT_THAT(verification.said, HasSubstr(missing ? "no free_" : ": kept")) << program.text;
  }
}

TEST(CProgram, FindsFunctionsOfOtherNamesInTheirLibrary) {
  const Target target = target_named("cpython:raw");
  const Probe probe = {call(0, F::malloc, 24), expect(Expect::not_null)};
  const CProgram program = c_program(target, probe, broken_at_second(), about("f"));
  EXPECT_THAT(program.text, HasSubstr("dlsym(library, \"PyMem_RawMalloc\")"));
  const Verification verification = verify(program, target, 1);
  EXPECT_THAT(verification.said, HasSubstr(": kept"));
}

TEST(CProgram, HoldsOnlyTheHelpersThatItCalls) {
  const Probe probe = {call(0, F::malloc, 24), expect(Expect::not_null)};
  const CProgram program = c_program(target_named("libc"), probe, broken_at_second(), about("f"));
  EXPECT_THAT(program.text, Not(HasSubstr("static size_t")));
  EXPECT_THAT(program.text, Not(HasSubstr("static void fill")));
  EXPECT_THAT(program.text, HasSubstr("void *b0 = do_malloc(24);"));
}

TEST(Verification, SaysThatAProgramDoesNotReproduce) {
  const Breaks nothing("nothing");
  const Probe probe = {call(0, F::malloc, 24), expect(Expect::not_null)};
  const CProgram program = c_program(breaker(), probe, broken_at_second(), about("f"));
  const Verification verification = verify(program, breaker(), 2);
  EXPECT_EQ(verification.reproduction, Reproduction::not_reproduced);
  EXPECT_EQ(verification.runs, 2U);
}

TEST(Verification, SaysThatAProgramDoesNotCompile) {
  const Verification verification = verify({.text = "int main(void) { return nothing; }\n"}, breaker());
  EXPECT_EQ(verification.reproduction, Reproduction::does_not_compile);
  EXPECT_THAT(verification.said, HasSubstr("program.c"));
}

TEST(Verification, SaysThatThereIsNoCompiler) {
  const std::string path = std::getenv("PATH");
  setenv("PATH", "/nonexistent", 1);
  const Verification verification = verify({.text = "int main(void) { return 0; }\n"}, breaker());
  setenv("PATH", path.c_str(), 1);
  EXPECT_EQ(verification.reproduction, Reproduction::no_compiler);
}

}  // namespace
}  // namespace poolhammer::contract

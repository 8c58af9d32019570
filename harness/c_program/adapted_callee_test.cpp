#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/c_program/c_program.hpp"
#include "harness/c_program/testing/registered.hpp"
#include "harness/contract/verify.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

using contract::Reproduction;
using contract::verify;
using testing::EndsWith;
using testing::HasSubstr;

[[nodiscard]] Operation own_step(OperationKind kind, std::uint8_t number, std::uint32_t slot,
                                 OwnNumbers numbers) {
  Operation operation{.kind = kind, .slot = slot};
  operation.own = number;
  return with_numbers(operation, numbers);
}

/// A program in which every function and every operation of Everything has a part.
[[nodiscard]] Trace trace_of_everything() {
  Trace trace = parse_text(
      "poolhammer trace 2\nlayout classic\nb0 = malloc(0)\nb1 = calloc(3, 8)\nb0 = realloc(b0, 100)\n"
      "b2 = malloc(SIZE_MAX - 8)\nfail-raw 1\nb3 = malloc(8)\nb3 = malloc(24)\nexhaust(malloc, 3, 40, "
      "0)\nrelease()\n");
  using enum OperationKind;
  for (const Operation& operation :
       {own_step(OperationKind::own, 0, 0, {0, 0, 0}), own_step(own_block, 1, 4, {40, 32, 0}),
        own_step(own_block, 2, 4, {400, 0, 0}), own_step(own_block, 2, 1, {4, 0, 0}),
        own_step(own_block, 4, 1, {0, 0, 0}), own_step(own_block, 3, 1, {0, 0, 0}), Operation{.kind = check},
        own_step(OperationKind::own, 0, 0, {1, 0, 0})})
    trace.operations.push_back(operation);
  return trace;
}

[[nodiscard]] CProgram program_of(const std::string& subject, const Trace& trace,
                                  const Finding* finding = nullptr) {
  ProgramFacts facts = facts_without_finding();
  return c_program(*c::callee_named(subject), trace, finding, facts);
}

[[nodiscard]] Finding found(const std::string& oracle, std::size_t index, std::string_view operation = {}) {
  return {.oracle = oracle,
          .operation_index = index,
          .operation = std::string(operation),
          .where = {},
          .expected = {},
          .found = {}};
}

TEST(AdaptedProgram, AccusesNothingThatIsRight) {
  Trace trace = trace_of_everything();
  trace.operations.pop_back();
  const CProgram program = program_of("test:everything", trace);
  const auto ran = verify(program, library::target_named("libc"), 1);
  EXPECT_EQ(ran.reproduction, Reproduction::not_reproduced) << program.text;
  EXPECT_THAT(ran.said, EndsWith(": kept")) << program.text;
}

TEST(AdaptedProgram, SeesWhatAnOperationOfTheAllocatorsOwnComplainsOf) {
  const Trace trace = trace_of_everything();
  const Finding finding = found("invariant.own-operation", trace.operations.size() - 1);
  const CProgram program = program_of("test:everything", trace, &finding);
  EXPECT_TRUE(program.looks_for_it);
  const auto ran = verify(program, library::target_named("libc"), 1);
  EXPECT_EQ(ran.reproduction, Reproduction::reproduced) << program.text;
  EXPECT_THAT(ran.said, EndsWith("promised turn to complain about nothing, happened: false"));
}

TEST(AdaptedProgram, MakesAResourceAsTheUserDoesAndAsksItsUpstreamAtTheEnd) {
  const Trace trace = parse_text("poolhammer trace 2\nlayout classic\nb0 = malloc(24)\n");
  const Finding finding = found("teardown", 1, finding_at_teardown);
  const CProgram program = program_of("test:made", trace, &finding);
  EXPECT_THAT(program.text, testing::AllOf(HasSubstr("poolhammer::makers<::Upstream>().at(\"test:made\")"),
                                           HasSubstr("alignment_chosen_for(size, 16)"),
                                           HasSubstr("allocator->allocate(request.size, request.alignment)"),
                                           HasSubstr("std::string words = ended();")));
  EXPECT_EQ(verify(program, library::target_named("libc"), 1).said,
            "trace: An allocator keeps what it promises "
            "of every call below: kept");
}

TEST(AdaptedProgram, LeavesOutWhatARunPassesOverWithoutAProcess) {
  const Trace trace = parse_text(
      "poolhammer trace 2\nlayout classic\nlimit_memory(67108864)\nfork()\nb0 = malloc(8)\nchild_ends()\nb1 "
      "= malloc(24)\n");
  const Finding finding = found("shadow.alignment", 4);
  const std::string text = program_of("test:everything", trace, &finding).text;
  EXPECT_THAT(text, testing::AllOf(testing::Not(HasSubstr("fork")), testing::Not(HasSubstr("do_malloc(8)")),
                                   HasSubstr("(uintptr_t)b0 % 16 != 0")));
}

TEST(TypeName, IsWhatATextThatIncludesTheFileCalls) {
  EXPECT_EQ(detail::type_in("std::string f() [with T = {anonymous}::A<{anonymous}::B>; std::string = x]"),
            "A<B>");
  EXPECT_EQ(detail::type_in("std::string f() [T = (anonymous namespace)::A]"), "A");
  EXPECT_EQ(detail::type_name<std::pmr::memory_resource>(), "std::pmr::memory_resource");
}

}  // namespace
}  // namespace poolhammer

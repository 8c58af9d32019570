#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/c_program/c_program.hpp"
#include "harness/contract/verify.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

using testing::HasSubstr;
using testing::Not;

[[nodiscard]] CProgram program_of(const std::string& steps) {
  const auto callee = c::callee_named("system:malloc_debug");
  return c_program(*callee, parse_text("poolhammer trace 2\n" + steps), nullptr, facts_without_finding());
}

TEST(SystemProgram, CallsTheInterfaceOfCForTheDomainInUse) {
  const CProgram program = program_of("domain(object)\nhook(on)\nb0 = malloc(24)\nfail-arenas 3\nfree(b0)\n");
  EXPECT_THAT(program.text, testing::AllOf(HasSubstr("domain = PYMALLOC_OBJECT;"), HasSubstr("  hook(true);"),
                                           HasSubstr("b0 = do_malloc(24);"), HasSubstr("  refusals = 3;"),
                                           HasSubstr("pymalloc_choose(\"malloc_debug\")")));
  const auto kept = contract::verify(program, library::target_named("libc"), 1);
  EXPECT_EQ(kept.reproduction, contract::Reproduction::not_reproduced);
  EXPECT_THAT(kept.said, testing::EndsWith(": kept"));
}

TEST(SystemProgram, HasNothingOfWhatItDoesNotUse) {
  EXPECT_THAT(program_of("b0 = malloc(24)\n").text,
              testing::AllOf(Not(HasSubstr("hooked")), Not(HasSubstr("refus"))));
}

}  // namespace
}  // namespace poolhammer

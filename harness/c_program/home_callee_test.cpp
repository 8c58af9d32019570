#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "harness/base/temporary_folder.hpp"
#include "harness/c_program/built.hpp"
#include "harness/c_program/c_program.hpp"
#include "harness/contract/verify.hpp"
#include "harness/process/child_process.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

namespace fs = std::filesystem;
using contract::Reproduction;
using contract::verify;
using testing::HasSubstr;

/// A planted bug, and what a run says of a trace that shows it.
struct HomeCase {
  const char* bug;
  const char* oracle;
  std::size_t index;
  std::string_view operation;
  const char* steps;
};
void PrintTo(const HomeCase& each, std::ostream* stream) {
  *stream << each.bug;
}

[[nodiscard]] std::vector<HomeCase> cases() {
  return {
      {"full-pool-not-relinked", "invariant.used-lists.complete", 2, finding_at_drain,
       "layout tiny\nb0 = malloc(96)\nb1 = malloc(96)\n"},
      {"malloc-refused-with-the-arena",
       "shadow.refusal",
       1,
       {},
       "layout modern\nfail-arenas 1\nb0 = malloc(96)\n"},
      {"arenas-not-released-at-destruction", "teardown", 1, finding_at_teardown,
       "layout aligned16\nb0 = malloc(8)\n"},
  };
}

[[nodiscard]] CProgram program_of(const HomeCase& each) {
  const Trace trace = parse_text(std::string("poolhammer trace 2\n") + each.steps);
  const Finding finding{.oracle = each.oracle,
                        .operation_index = each.index,
                        .operation = std::string(each.operation),
                        .where = {},
                        .expected = {},
                        .found = {}};
  const auto callee = c::callee_named("pymalloc:" + std::string(word(trace.layout)));
  return c_program(
      *callee, trace, &finding,
      {.clause = each.oracle, .tier = "must", .promise = "All is well.", .source = "", .name = "p"});
}

/// The program with the headers of `folder` in the place of this project's.
[[nodiscard]] CProgram on(const fs::path& folder, CProgram program) {
  std::ranges::replace(program.compiling.words, "-I" + c::built_here().includes.front(),
                       "-I" + folder.string());
  return program;
}

class HomeProgram : public testing::TestWithParam<HomeCase> {};

TEST_P(HomeProgram, ShowsThePlantedBugAndNothingOnTheSoundAllocator) {
  const TemporaryFolder folder;
  fs::copy("allocator", folder / "allocator", fs::copy_options::recursive);
  const std::string patch =
      fs::absolute(fs::path("mutants") / (std::string(GetParam().bug) + ".patch")).string();
  ASSERT_TRUE(run_program({"patch", "--fuzz=0", "-p1", "-d", folder.path().string(), "-i", patch}).well());
  const CProgram program = program_of(GetParam());
  EXPECT_TRUE(program.looks_for_it);
  const library::Target alone = library::target_named("libc");
  const auto shown = verify(on(folder.path(), program), alone);
  EXPECT_EQ(shown.reproduction, Reproduction::reproduced) << shown.said << "\n" << program.text;
  EXPECT_THAT(shown.said, HasSubstr("promised"));
  const auto sound = verify(program, alone, 1);
  EXPECT_EQ(sound.reproduction, Reproduction::not_reproduced) << sound.said;
  EXPECT_THAT(sound.said, testing::EndsWith(": kept"));
}

INSTANTIATE_TEST_SUITE_P(Bugs, HomeProgram, testing::ValuesIn(cases()), [](const auto& test) {
  std::string name = test.param.bug;
  std::ranges::replace(name, '-', '_');
  return name;
});

}  // namespace
}  // namespace poolhammer

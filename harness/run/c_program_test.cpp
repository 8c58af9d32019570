#include "harness/run/c_program.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "harness/trace/generate.hpp"
#include "harness/trace/temporary_folder.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

/// Compiles as strictly as can be, and runs.
void expect_a_program(const Trace& trace, const std::string& about) {
  const TemporaryFolder folder;
  const std::string source = folder.file("program.c", to_c_program(trace)).string();
  const std::string binary = (folder / "program").string();
  const std::string compile =
      "cc -std=c11 -O1 -Wall -Wextra -Wpedantic -Werror -o '" + binary + "' '" + source + "'";
  ASSERT_EQ(std::system(compile.c_str()), 0) << about << "\n" << contents_of(source);
  EXPECT_EQ(std::system(("'" + binary + "'").c_str()), 0) << about << "\n" << contents_of(source);
}

TEST(CProgram, OfGeneratedTracesCompilesWithoutAWarningAndRuns) {
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    const auto layout = static_cast<LayoutId>(seed % layouts);
    expect_a_program(generate(seed, {.operations = 60, .layout = layout}), "seed " + std::to_string(seed));
  }
}

TEST(CProgram, OfEveryKindOfOperationAndExtremeSizesCompilesWithoutAWarningAndRuns) {
  expect_a_program(
      parse_text("poolhammer trace 1\nmalloc 16777215 0xFFFFFFFFFFFFFFFF\ncalloc 3 0xFFFFFFFF 8\n"
                 "calloc 4 0xFFFFFFFF 0xFFFFFFFFFFFFFFFF\nmalloc 5 0\nrealloc 5 0\nrealloc 5 70\n"
                 "malloc 5 8\nfree 5\nfree 9\ncheck\nfail-arenas 1\nfail-raw 2\nplace down\n"),
      "every kind");
  for (const std::string line :
       {"", "malloc 0 1\n", "calloc 0 1 1\n", "realloc 0 1\n", "free 0\n", "check\n"}) {
    expect_a_program(parse_text("poolhammer trace 1\n" + line), "only " + line);
  }
}

TEST(CProgram, HasALineForEachOperation) {
  const std::string program = to_c_program(parse_text(
      "poolhammer trace 1\nmalloc 70000 24\ncalloc 3 4 16\nrealloc 70000 9\nfree 3\nplace down\n"));
  EXPECT_NE(program.find("int main(void) {\n"
                         "  allocate(1, 24u);\n"
                         "  allocate_zeroed(0, 4u, 16u);\n"
                         "  resize(1, 9u);\n"
                         "  release(0);\n"
                         "  /* place down */\n"),
            std::string::npos)
      << program;
}

}  // namespace
}  // namespace poolhammer

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
      parse_text("poolhammer trace 2\nmalloc 16777215 0xFFFFFFFFFFFFFFFF\ncalloc 3 0xFFFFFFFF 8\n"
                 "calloc 4 0xFFFFFFFF 0xFFFFFFFFFFFFFFFF\nb5 = malloc(0)\nb5 = realloc(b5, 0)\nb5 = "
                 "realloc(b5, 70)\n"
                 "b5 = malloc(8)\nfree(b5)\nfree(b9)\ncheck()\nfail_arenas(1)\nfail_raw(2)\nplace(down)\n"),
      "every kind");
  for (const std::string line :
       {"", "b0 = malloc(1)\n", "b0 = calloc(1, 1)\n", "b0 = realloc(b0, 1)\n", "free(b0)\n", "check\n"}) {
    expect_a_program(parse_text("poolhammer trace 2\n" + line), "only " + line);
  }
}

TEST(CProgram, HasALineForEachOperation) {
  const std::string program =
      to_c_program(parse_text("poolhammer trace 2\nb70000 = malloc(24)\nb3 = calloc(4, 16)\nb70000 = "
                              "realloc(b70000, 9)\nfree(b3)\nplace(down)\n"));
  EXPECT_NE(program.find("int main(void) {\n"
                         "  allocate(1, 24u);\n"
                         "  allocate_zeroed(0, 4u, 16u);\n"
                         "  resize(1, 9u);\n"
                         "  release(0);\n"
                         "  /* place(down) */\n"),
            std::string::npos)
      << program;
}

}  // namespace
}  // namespace poolhammer

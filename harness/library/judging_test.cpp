#include <gtest/gtest.h>

#include <string>

#include "harness/library/library.hpp"
#include "harness/library/library_runner.hpp"
#include "harness/testing/trace_of.hpp"

namespace poolhammer::library {
namespace {

/// The library loses room, which others would be accused of as well while threads fill its memory at once.
TEST(ThreadsAtOnce, AreNotAskedWhatFits) {
  LibraryRunner runner(library_named("lib:" POOLHAMMER_BROKEN_LIBRARIES "/capacity.kept.so"),
                       {.threads = 4, .at_once = true});
  std::string lines;
  constexpr int fills = 40;
  for (int fill = 0; fill < fills; ++fill) lines += "exhaust(malloc, 2000, 5000, 0)\nrelease()\n";
  EXPECT_FALSE(runner.run(trace_of(lines), {}).verdict.finding);
}

}  // namespace
}  // namespace poolhammer::library

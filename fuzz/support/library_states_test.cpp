#include "fuzz/support/library_states.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>

#include "fuzz/support/tally.hpp"

namespace poolhammer::fuzz {
namespace {

TEST(LibraryStates, CountsEachStateOnceAndKeepsFeaturesAndEdgesApart) {
  const std::uint64_t before = tally().states;
  const std::array<std::uint8_t, 3> features = {1, 0, 200};
  const std::array<std::uint8_t, 2> edges = {1, 3};
  note_library_states(features, edges);
  EXPECT_EQ(tally().states, before + 4);
  note_library_states(features, edges);
  EXPECT_EQ(tally().states, before + 4) << "nothing new";
  note_library_states({}, std::array<std::uint8_t, 2>{2, 3});
  EXPECT_EQ(tally().states, before + 5) << "another range of the first edge";
}

}  // namespace
}  // namespace poolhammer::fuzz

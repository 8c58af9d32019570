#include "harness/run/run_options.hpp"

#include <gtest/gtest.h>

namespace poolhammer {
namespace {

constexpr Oracles none = {
    .shadow = false, .invariants = false, .local = false, .model = false, .poison = false, .contract = false};

TEST(Oracles, AreNamedByAList) {
  Oracles expected = none;
  expected.shadow = true;
  EXPECT_EQ(oracles_named("shadow"), expected);
  expected.model = true;
  EXPECT_EQ(oracles_named("model,shadow"), expected);
  EXPECT_EQ(oracles_named("all"), Oracles{});
  EXPECT_EQ(oracles_named("none"), none);
}

TEST(Oracles, AreUnknownByAnyOtherWord) {
  for (const char* words : {"", "shadows", "shadow,", ",model", "all,model", "shadow model"})
    EXPECT_EQ(oracles_named(words), std::nullopt) << words;
}

TEST(Oracles, AreTheSameAgainFromTheirOwnWords) {
  for (unsigned bits = 0; bits < 64; ++bits) {
    const Oracles oracles = {.shadow = (bits & 1U) != 0,
                             .invariants = (bits & 2U) != 0,
                             .local = (bits & 4U) != 0,
                             .model = (bits & 8U) != 0,
                             .poison = (bits & 16U) != 0,
                             .contract = (bits & 32U) != 0};
    EXPECT_EQ(oracles_named(to_string(oracles)), oracles) << to_string(oracles);
  }
}

}  // namespace
}  // namespace poolhammer

#include "allocator/domains/published.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>
#include <vector>

namespace pymalloc {
namespace {

/// So long that a copy that another thread changes meanwhile is all but certainly mixed.
using Long = std::array<int, 4096>;

[[nodiscard]] Long all(int value) {
  Long result;
  result.fill(value);
  return result;
}

TEST(Published, GivesTheValueThatWasSetLast) {
  Published<Long> published(all(1));
  EXPECT_EQ(published.get(), all(1));
  published.set(all(2));
  EXPECT_EQ(published.get(), all(2));
  published.set(all(1));
  EXPECT_EQ(published.get(), all(1));
}

TEST(Published, TakesAValueUpAgainInsteadOfKeepingItTwice) {
  Published<Long> published(all(1));
  const Long* const first = &published.get();
  published.set(all(2));
  published.set(all(1));
  EXPECT_EQ(&published.get(), first);
}

TEST(Published, LeavesTheValueThatAReaderHoldsAsItIs) {
  Published<Long> published(all(1));
  const Long& held = published.get();
  published.set(all(2));
  EXPECT_EQ(held, all(1));
}

TEST(Published, IsNeverReadInPiecesOfTwoValuesWhileThreadsSetIt) {
  Published<Long> published(all(1));
  std::atomic<bool> done{false};
  std::atomic<int> mixed{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      while (!done) {
        const Long seen = published.get();
        if (!std::all_of(seen.begin(), seen.end(), [&](int value) { return value == seen[0]; })) ++mixed;
      }
    });
  }
  for (int i = 0; i < 20'000; ++i) published.set(all(i % 2));
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(mixed, 0);
}

}  // namespace
}  // namespace pymalloc

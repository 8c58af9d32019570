#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <set>
#include <span>
#include <vector>

#include "allocator/digest.hpp"
#include "harness/oracles/pattern.hpp"
#include "properties/support/home.hpp"
#include "properties/support/layouts.hpp"
#include "properties/support/programs.hpp"
#include "properties/support/property.hpp"

namespace poolhammer {
namespace {

using pymalloc::Digest;
using pymalloc::Geometry;

template <class L>
class Requests : public testing::Test {};
TYPED_TEST_SUITE(Requests, Layouts, LayoutName);

/// malloc(from), then realloc to `to`.
struct Resize {
  LayoutId layout = LayoutId::tiny;
  std::size_t from = 1;
  std::size_t to = 1;

  [[nodiscard]] Trace program() const {
    return {layout, {{OperationKind::malloc, 0, 0, from}, {OperationKind::realloc, 0, 0, to}}};
  }
};

void showValue(const Resize& value, std::ostream& out) {
  out << fmt::format("realloc of a block of {} bytes to {}", value.from, value.to);
}

/// Any new size up to twice what pools serve, and the edges of the rule.
template <class L>
[[nodiscard]] rc::Gen<Resize> resizes() {
  return rc::gen::mapcat(small_sizes(layout_id<L>), [](std::size_t from) {
    const std::size_t block = Geometry<L>::block_size(Geometry<L>::class_of(from));
    const std::size_t edge = block * 3 / 4;
    return rc::gen::map(rc::gen::oneOf(rc::gen::inRange<std::size_t>(0, 2 * L::small_request_threshold),
                                       rc::gen::element<std::size_t>(edge - 1, edge, edge + 1, block,
                                                                     block + 1, std::size_t{0})),
                        [from](std::size_t to) {
                          return Resize{layout_id<L>, from, to};
                        });
  });
}

TYPED_TEST(Requests, ReallocStaysExactlyWhereAtMostAQuarterWouldBeWasted) {
  using L = TypeParam;
  holds(resizes<L>(),
        [](const Resize& value) -> Outcome {
          Home<L> home;
          void* const block = home.heap().malloc(value.from);
          const std::size_t size = home.heap().block_size_in_pool(block);
          const bool stays = value.to <= size && 4 * value.to > 3 * size;
          void* const resized = home.heap().realloc(block, value.to);
          if (resized == nullptr) return "refused";
          if ((resized == block) != stays) return fmt::format("{}, of {}", stays ? "moved" : "stayed", size);
          const bool in_pool = value.to - 1 < L::small_request_threshold;
          if (home.heap().owns(resized) != in_pool) return in_pool ? "not in a pool" : "in a pool";
          if (!in_pool || stays) return std::nullopt;
          const std::size_t owed = Geometry<L>::block_size(Geometry<L>::class_of(value.to));
          const std::size_t found = home.heap().block_size_in_pool(resized);
          if (found == owed) return std::nullopt;
          return fmt::format("expected a block of {} bytes, found {}", owed, found);
        },
        {.cases = 300});
}

TYPED_TEST(Requests, ARawBlockNeverBecomesAPoolBlockByRealloc) {
  using L = TypeParam;
  const auto sizes =
      rc::gen::pair(rc::gen::inRange<std::size_t>(1, 4096), rc::gen::inRange<std::size_t>(0, 2048));
  holds(sizes, [](const std::pair<std::size_t, std::size_t>& value) -> Outcome {
    Home<L> home;
    void* const block = home.heap().malloc(L::small_request_threshold + value.first);
    if (home.heap().owns(block)) return "in a pool from the start";
    void* const resized = home.heap().realloc(block, value.second);
    if (resized == nullptr) return "refused";
    if (home.heap().owns(resized)) return "in a pool after realloc";
    return std::nullopt;
  });
}

/// realloc of slot 0 to ascending sizes.
struct Growth {
  LayoutId layout = LayoutId::tiny;
  std::vector<std::size_t> sizes{};

  [[nodiscard]] Trace program() const {
    Trace trace{layout, {}};
    for (const std::size_t size : sizes) trace.operations.push_back({OperationKind::realloc, 0, 0, size});
    return trace;
  }
};

void showValue(const Growth& value, std::ostream& out) {
  out << fmt::format("realloc to {}", fmt::join(value.sizes, ", "));
}

template <class L>
[[nodiscard]] rc::Gen<Growth> growths() {
  return rc::gen::map(rc::gen::container<std::vector<std::size_t>>(
                          rc::gen::inRange<std::size_t>(1, 4 * L::small_request_threshold)),
                      [](std::vector<std::size_t>&& sizes) {
                        std::sort(sizes.begin(), sizes.end());
                        return Growth{layout_id<L>, std::move(sizes)};
                      });
}

TYPED_TEST(Requests, GrowingStepByStepKeepsWhatWasWritten) {
  using L = TypeParam;
  holds(growths<L>(), [](const Growth& value) -> Outcome {
    Home<L> home;
    std::byte* block = nullptr;
    std::size_t written = 0;
    for (const std::size_t size : value.sizes) {
      block = static_cast<std::byte*>(home.heap().realloc(block, size));
      if (block == nullptr) return fmt::format("refused {} bytes", size);
      if (const auto offset = find_damage({block, written}, 1)) {
        return fmt::format("byte {} changed on the way from {} to {} bytes", *offset, written, size);
      }
      write_pattern({block, size}, 1);
      written = size;
    }
    return std::nullopt;
  });
}

TYPED_TEST(Requests, CallocGivesZeroesInRecycledDirtyBlocks) {
  using L = TypeParam;
  holds(with(programs(layout_id<L>), small_sizes(layout_id<L>)),
        [](const ProgramWith<std::size_t>& value) -> Outcome {
          constexpr std::size_t blocks = 8;
          const std::size_t size = value.extra;
          Home<L> home;
          home.perform(value.trace);
          home.refuse_nothing();
          std::vector<void*> dirty;
          for (std::size_t i = 0; i < blocks; ++i) {
            dirty.push_back(home.heap().malloc(size));
            std::memset(dirty.back(), 0xFF, size);
          }
          for (void* const block : dirty) home.heap().free(block);
          for (std::size_t i = 0; i < blocks; ++i) {
            const auto* const block = static_cast<const std::byte*>(home.heap().calloc(size, 1));
            if (const auto offset = find_nonzero({block, size})) {
              return fmt::format("byte {} of block {} of {} bytes is not zero", *offset, i, size);
            }
          }
          return std::nullopt;
        });
}

TYPED_TEST(Requests, WhatNobodyCanGrantIsRefusedAndChangesNothing) {
  using L = TypeParam;
  const auto sizes = rc::gen::inRange(std::size_t{std::numeric_limits<std::ptrdiff_t>::max()} + 1,
                                      std::numeric_limits<std::size_t>::max());
  holds(with(programs(layout_id<L>), sizes), [](const ProgramWith<std::size_t>& value) -> Outcome {
    Home<L> home;
    home.perform(value.trace);
    const std::uint64_t before = Digest<L>::of(home.state());
    if (home.heap().malloc(value.extra) != nullptr) return "malloc gave a block";
    if (home.heap().calloc(value.extra, 1) != nullptr) return "calloc gave a block";
    if (home.heap().calloc(2, value.extra / 2 + 1) != nullptr) return "calloc gave a block for a product";
    // This product wraps around to a small one.
    const std::size_t element = 2 + value.extra % L::small_request_threshold;
    const std::size_t count = std::numeric_limits<std::size_t>::max() / element + 2;
    if (home.heap().calloc(count, element) != nullptr) return "calloc gave a block for a product that wraps";
    for (const auto& [slot, block] : home.blocks()) {
      if (home.heap().realloc(block.address, value.extra) != nullptr) return "realloc gave a block";
    }
    if (Digest<L>::of(home.state()) != before) return "the state changed";
    return std::nullopt;
  });
}

TYPED_TEST(Requests, AReallocThatTheRawAllocatorRefusesChangesNothing) {
  using L = TypeParam;
  holds(with(programs(layout_id<L>), small_sizes(layout_id<L>)),
        [](const ProgramWith<std::size_t>& value) -> Outcome {
          Home<L> home;
          home.perform(value.trace);
          home.refuse_nothing();
          auto* const block = static_cast<std::byte*>(home.heap().malloc(value.extra));
          write_pattern({block, value.extra}, 1);
          const std::uint64_t before = Digest<L>::of(home.state());
          home.perform({OperationKind::fail_raw, 0, 0, 1});
          if (home.heap().realloc(block, L::small_request_threshold + value.extra) != nullptr)
            return "not refused";
          if (Digest<L>::of(home.state()) != before) return "the state changed";
          if (const auto offset = find_damage({block, value.extra}, 1))
            return fmt::format("byte {} changed", *offset);
          return std::nullopt;
        });
}

TYPED_TEST(Requests, BlocksOfNoBytesAreDistinct) {
  using L = TypeParam;
  holds(with(programs(layout_id<L>), rc::gen::inRange<std::size_t>(2, 20)),
        [](const ProgramWith<std::size_t>& value) -> Outcome {
          Home<L> home;
          home.perform(value.trace);
          home.refuse_nothing();
          std::set<const void*> blocks = {nullptr};
          for (const auto& [slot, block] : home.blocks()) blocks.insert(block.address);
          for (std::size_t i = 0; i < value.extra; ++i) {
            const void* const block = i % 2 == 0 ? home.heap().malloc(0) : home.heap().calloc(i, 0);
            if (!blocks.insert(block).second) return fmt::format("block {} is null or not its own", i);
          }
          return std::nullopt;
        });
}

}  // namespace
}  // namespace poolhammer

#include "harness/trace/breadth.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>

#include <map>

#include "harness/trace/generate.hpp"
#include "harness/trace/mutate.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

constexpr std::uint64_t seeds = 300;

[[nodiscard]] Trace wide(std::uint64_t seed, const Breadth& breadth) {
  return generate(seed,
                  {.operations = 500, .layout = LayoutId::classic, .commands = false, .breadth = breadth});
}

TEST(Breadth, OfNothingLeavesAProgramAsItIs) {
  Trace trace = generate(1, {.operations = 100, .layout = LayoutId::classic});
  const Trace before = trace;
  Random random(1);
  broaden(trace, {}, random, 100);
  broaden_a_little(trace, {}, random, 100);
  EXPECT_EQ(trace, before);
}

TEST(Breadth, UsesNoFunctionNoThreadAndNoSizeThatTheAllocatorHasNot) {
  const Breadth breadth{{OperationKind::posix_memalign}, 2, std::uint64_t{1} << 20U};
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    for (const Operation& operation : wide(seed, breadth).operations) {
      const bool plain = operation.kind == OperationKind::malloc || operation.kind == OperationKind::calloc ||
                         operation.kind == OperationKind::realloc || operation.kind == OperationKind::free;
      if (is_function(operation.kind) && operation.kind != OperationKind::malloc_usable_size) {
        ASSERT_TRUE(plain || operation.kind == OperationKind::posix_memalign) << to_text(operation);
      }
      ASSERT_LT(operation.thread, 2U);
    }
  }
}

TEST(Breadth, AsksForWhatTheStandardsDefine) {
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    for (const Operation& operation : wide(seed, full_breadth()).operations) {
      if (!operation.has_alignment()) continue;
      ASSERT_TRUE(std::has_single_bit(operation.alignment) && operation.alignment >= sizeof(void*))
          << to_text(operation);
      const bool too_large = operation.size > (~std::uint64_t{0} >> 1U);
      if (operation.kind == OperationKind::aligned_alloc && !too_large) {
        ASSERT_EQ(operation.size % operation.alignment, 0U) << to_text(operation);
      }
    }
  }
}

TEST(Breadth, ResizesLargeAlignedBlocksOnOtherThreads) {
  constexpr std::uint64_t large = std::uint64_t{2} << 20U;
  std::uint64_t found = 0;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    std::map<std::uint32_t, Operation> aligned;
    for (const Operation& operation : wide(seed, full_breadth()).operations) {
      const auto known = aligned.find(operation.slot);
      if (resizes(operation.kind) && known != aligned.end() && operation.size >= large &&
          operation.thread != known->second.thread)
        ++found;
      if (!operation.has_slot()) continue;
      if (known != aligned.end()) aligned.erase(known);
      if (operation.has_alignment() && operation.size >= large) aligned[operation.slot] = operation;
    }
  }
  EXPECT_GT(found, 0U);
}

TEST(Breadth, LetsMutationsMakeABlockLargeForItsWholeLife) {
  constexpr std::uint64_t large = std::uint64_t{2} << 20U;
  Random random(1);
  std::uint64_t found = 0;
  for (int i = 0; i < 2000; ++i) {
    Trace trace =
        parse_text("poolhammer trace 2\nb0 = aligned_alloc(64, 640)\nthread 1: b0 = realloc(b0, 700)\n");
    mutate(trace, random, 8, full_breadth());
    if (trace.operations.size() == 2 && trace.operations[0].size >= large &&
        trace.operations[1].size >= large)
      ++found;
  }
  EXPECT_GT(found, 10U);
}

}  // namespace
}  // namespace poolhammer

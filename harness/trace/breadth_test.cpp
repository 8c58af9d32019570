#include "harness/trace/breadth.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>

#include <map>
#include <set>

#include "harness/trace/generate.hpp"
#include "harness/trace/mutate.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

constexpr std::uint64_t breadths = 300;

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
  for (std::uint64_t seed = 0; seed < breadths; ++seed) {
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
  for (std::uint64_t seed = 0; seed < breadths; ++seed) {
    for (const Operation& operation : wide(seed, full_breadth()).operations) {
      // What posix_memalign does with any alignment is defined.
      if (!operation.has_alignment() || operation.kind == OperationKind::posix_memalign) continue;
      ASSERT_TRUE(std::has_single_bit(operation.alignment)) << to_text(operation);
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
  for (std::uint64_t seed = 0; seed < 10 * breadths; ++seed) {
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

TEST(Breadth, AsksForGigabytesWhereTheyCostNothingAndKeepsFewOfThem) {
  constexpr std::uint64_t gibibyte = std::uint64_t{1} << 30U;
  Breadth breadth = full_breadth();
  std::uint64_t huge = 0;
  std::uint64_t wrapping = 0;
  for (const bool wanted : {false, true}) {
    breadth.huge = wanted ? largest_huge : 0;
    for (std::uint64_t seed = 0; seed < breadths; ++seed) {
      for (const Operation& operation : wide(seed, breadth).operations) {
        const auto bytes = operation.bytes();
        // Products that overflow, and sizes that nobody grants, are asked for anyway.
        if (!allocates(operation.kind) || !bytes || *bytes < gibibyte || *bytes > 2 * largest_huge) continue;
        ASSERT_TRUE(wanted) << to_text(operation);
        ASSERT_NE(operation.kind, OperationKind::calloc);
        ++huge;
        if (*bytes >= 4 * gibibyte && *bytes < 4 * gibibyte + 8192) ++wrapping;
      }
    }
  }
  EXPECT_GT(huge, breadths / 4);
  EXPECT_GT(wrapping, breadths / 30);
}

TEST(Breadth, AsksForWhatAStandardSaysMustBeRefused) {
  std::map<OperationKind, std::set<bool>> overflowing;  // by whether the count is the larger one
  std::uint64_t wrong_alignments = 0;
  for (std::uint64_t seed = 0; seed < breadths; ++seed) {
    for (const Operation& operation : wide(seed, full_breadth()).operations) {
      if (takes_count(operation.kind) && !operation.bytes())
        overflowing[operation.kind].insert(operation.count > operation.size);
      if (operation.kind == OperationKind::posix_memalign && !std::has_single_bit(operation.alignment))
        ++wrong_alignments;
      if (operation.kind == OperationKind::aligned_alloc) {
        ASSERT_TRUE(std::has_single_bit(operation.alignment));
      }
    }
  }
  const std::set<bool> either = {false, true};
  EXPECT_EQ(overflowing[OperationKind::calloc], either);
  EXPECT_EQ(overflowing[OperationKind::reallocarray], either);
  EXPECT_GT(wrong_alignments, 0U);
}

TEST(Breadth, AsksForSizesBesideTheEdgesThatAreKnown) {
  Breadth breadth = full_breadth();
  breadth.edges = {12'345};
  std::map<std::uint64_t, std::uint64_t> asked;
  for (std::uint64_t seed = 0; seed < breadths; ++seed) {
    for (const Operation& operation : wide(seed, breadth).operations) ++asked[operation.size];
  }
  for (const std::uint64_t size : {12'344U, 12'345U, 12'346U}) EXPECT_GT(asked[size], breadths / 10) << size;
}

TEST(Breadth, AsksForSizesThatSomebodyNamedBesideTheEdges) {
  for (const std::vector<std::uint64_t>& edges : {std::vector<std::uint64_t>{}, {12'345}}) {
    Breadth breadth;
    breadth.edges = edges;
    breadth.named = {77'777, 99'999};
    std::map<std::uint64_t, std::uint64_t> asked;
    for (std::uint64_t seed = 0; seed < breadths; ++seed) {
      for (const Operation& operation : wide(seed, breadth).operations) ++asked[operation.size];
    }
    for (const std::uint64_t size : {77'776U, 77'777U, 77'778U, 99'999U})
      EXPECT_GT(asked[size], breadths / 20);
    EXPECT_EQ(asked[12'345] > breadths / 20, !edges.empty());
  }
}

TEST(Breadth, AlignsToAsManyBytesAsAreAskedForOften) {
  std::uint64_t aligned = 0;
  std::uint64_t diagonal = 0;
  std::set<std::uint64_t> alignments;
  for (std::uint64_t seed = 0; seed < breadths; ++seed) {
    for (const Operation& operation : wide(seed, full_breadth()).operations) {
      if (!operation.has_alignment() || !allocates(operation.kind)) continue;
      ++aligned;
      if (operation.size == operation.alignment) ++diagonal;
      alignments.insert(operation.alignment);
    }
  }
  EXPECT_GT(diagonal * 30, aligned);
  for (std::uint64_t alignment = 1; alignment <= std::uint64_t{8} << 20U; alignment *= 2)
    EXPECT_TRUE(alignments.contains(alignment)) << alignment;
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

#include "allocator/debug/debug_layer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "allocator/debug/testing/debugged.hpp"
#include "allocator/raw_allocator.hpp"
#include "allocator/testing/test_heap.hpp"

namespace pymalloc {
namespace {

constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
constexpr std::size_t max_request = std::numeric_limits<std::ptrdiff_t>::max();

const std::vector<std::size_t> sizes_with_edges = [] {
  std::vector<std::size_t> sizes(65);
  std::iota(sizes.begin(), sizes.end(), std::size_t{0});
  for (const std::size_t edge :
       {255U, 256U, 257U, 488U, 496U, 504U, 511U, 512U, 513U, 4095U, 4096U, 4097U, 65536U, 65537U})
    sizes.push_back(edge);
  return sizes;
}();

// The bytes of a block.

TEST(DebugLayer, WritesSizeLetterAndPadsAroundABlock) {
  Debugged d(Domain::object, {.serials = false});
  const std::byte* const data = d.take(3);
  EXPECT_EQ(hex_of(data - 16, 16 + 3 + 8),
            "0000000000000003"
            "6f"
            "fdfdfdfdfdfdfd"
            "cdcdcd"
            "fdfdfdfdfdfdfdfd");
  EXPECT_EQ(d.base.size_of(data - 16), 16U + 3 + 8) << "no byte more is asked of the base";
}

TEST(DebugLayer, WritesTheSerialBehindTheTrailingPadWhereBlocksAreNumbered) {
  Debugged d(Domain::mem, {.serials = true});
  (void)d.take(1);
  const std::byte* const data = d.take(0x102);
  EXPECT_EQ(hex_of(data - 16, 16),
            "0000000000000102"
            "6d"
            "fdfdfdfdfdfdfd");
  EXPECT_EQ(hex_of(data + 0x102, 16),
            "fdfdfdfdfdfdfdfd"
            "0000000000000002");
  EXPECT_EQ(d.base.size_of(data - 16), 16U + 0x102 + 16);
}

TEST(DebugLayer, WritesTheLetterOfItsDomain) {
  for (const auto& [domain, letter] :
       {std::pair(Domain::raw, 'r'), {Domain::mem, 'm'}, {Domain::object, 'o'}}) {
    Debugged d(domain, {});
    EXPECT_EQ(d.take(5)[-8], static_cast<std::byte>(letter));
  }
}

TEST(DebugLayer, NumbersTheBlocksOfAllLayersThatShareACounter) {
  PlainBase base;
  SerialCounter counter;
  DebugLayer mem(functions_of(base), Domain::mem, counter, {.serials = true});
  DebugLayer object(functions_of(base), Domain::object, counter, {.serials = true});
  const auto serial = [](void* data) { return number_at(static_cast<std::byte*>(data), 1 + 8); };
  EXPECT_EQ(serial(mem.malloc(1)), 1U);
  void* const second = object.malloc(1);
  EXPECT_EQ(serial(second), 2U);
  EXPECT_EQ(serial(mem.calloc(1, 1)), 3U);
  EXPECT_EQ(serial(object.realloc(second, 1)), 4U) << "a resized block is a new one";
  EXPECT_EQ(counter.last(), 4U);
}

TEST(DebugLayer, GivesNoNumberToARequestThatIsRefused) {
  Debugged d(Domain::raw, {.serials = true});
  std::byte* const block = d.take(10);
  d.base.refuse_all(true);
  EXPECT_EQ(d.layer.malloc(10), nullptr);
  EXPECT_EQ(d.layer.realloc(block, 1000), nullptr);
  d.base.refuse_all(false);
  EXPECT_EQ(d.counter.last(), 1U);
}

TEST(DebugLayer, FillsFreshDataOfEverySizeAndGuardsIt) {
  for (const bool serials : {false, true}) {
    Debugged d(Domain::object, {.serials = serials});
    for (const std::size_t size : sizes_with_edges) {
      const std::byte* const data = d.take(size);
      ASSERT_NE(data, nullptr);
      EXPECT_TRUE(all_are(data, size, fresh_byte)) << size;
      EXPECT_EQ(number_at(data, -16), size);
      EXPECT_TRUE(all_are(data + size, 8, guard_byte)) << size;
    }
    EXPECT_EQ(d.layer.check(), 0U);
  }
}

TEST(DebugLayer, LeavesTheZeroesOfCalloc) {
  Debugged d(Domain::object, {});
  for (const std::size_t size : sizes_with_edges) {
    const auto* const data = static_cast<std::byte*>(d.layer.calloc(size, 1));
    ASSERT_NE(data, nullptr);
    EXPECT_TRUE(all_are(data, size, std::byte{0})) << size;
    EXPECT_TRUE(all_are(data + size, 8, guard_byte)) << size;
  }
}

TEST(DebugLayer, FillsTheDataAndPadsOfAFreedBlockWithDeadBytesAndItsLetterWithTheCapital) {
  Debugged d(Domain::mem, {});
  const std::byte* const data = d.take(3);
  d.layer.free(d.written(const_cast<std::byte*>(data), 3));
  EXPECT_EQ(hex_of(data - 16, 16 + 3 + 8),
            "0000000000000003"
            "4d"
            "dddddddddddddd"
            "dddddd"
            "dddddddddddddddd");
  EXPECT_EQ(d.base.live(), 0U);
}

TEST(DebugLayer, GivesDistinctBlocksForSizeZero) {
  Debugged d(Domain::raw, {});
  std::set<void*> blocks;
  for (int i = 0; i < 50; ++i) blocks.insert(d.layer.malloc(0));
  for (std::size_t i = 0; i < 50; ++i) blocks.insert(d.layer.calloc(0, i % 2));
  EXPECT_EQ(blocks.size(), 100U);
  EXPECT_EQ(blocks.count(nullptr), 0U);
  for (void* const block : blocks) d.layer.free(block);
  EXPECT_EQ(d.base.live(), 0U);
  EXPECT_EQ(d.reports(), "");
}

TEST(DebugLayer, RefusesSizesThatAreTooLargeWithTheirGuardsAndAsksNobody) {
  for (const bool serials : {false, true}) {
    Debugged d(Domain::raw, {.serials = serials});
    std::byte* const block = d.take(4);
    const std::size_t guards = serials ? 32 : 24;
    d.base.refuse_after(0);
    for (const std::size_t size :
         {max_request - guards + 1, max_request, max_request + 1, most - guards, most - 8, most}) {
      EXPECT_EQ(d.layer.malloc(size), nullptr) << size;
      EXPECT_EQ(d.layer.calloc(size, 1), nullptr) << size;
      EXPECT_EQ(d.layer.calloc(1, size), nullptr) << size;
      EXPECT_EQ(d.layer.realloc(block, size), nullptr) << size;
    }
    EXPECT_EQ(d.layer.calloc(std::size_t{1} << 32U, std::size_t{1} << 32U), nullptr);
    EXPECT_EQ(d.layer.calloc(std::size_t{1} << 33U, (std::size_t{1} << 31U) + 1), nullptr)
        << "the product wraps";
    EXPECT_TRUE(d.base.refusal_pending());
    EXPECT_EQ(d.layer.malloc(max_request - guards), nullptr) << "the largest of all is the base's to refuse";
    EXPECT_FALSE(d.base.refusal_pending());
    d.layer.free(block);
    EXPECT_EQ(d.reports(), "");
  }
}

TEST(DebugLayer, FreesNullAndResizesNullLikeMalloc) {
  Debugged d(Domain::raw, {});
  d.layer.free(nullptr);
  auto* const block = static_cast<std::byte*>(d.layer.realloc(nullptr, 5));
  EXPECT_TRUE(all_are(block, 5, fresh_byte));
  d.layer.free(block);
  EXPECT_EQ(d.reports(), "");
  EXPECT_EQ(d.base.live(), 0U);
}

TEST(DebugLayer, IsAnAllocatorWhoseContextIsTheLayer) {
  Debugged d(Domain::raw, {});
  const AllocatorFunctions f = d.layer.functions();
  EXPECT_EQ(f.context, &d.layer);
  auto* block = static_cast<std::byte*>(f.malloc(f.context, 5));
  EXPECT_TRUE(all_are(block, 5, fresh_byte));
  auto* const zeroes = static_cast<std::byte*>(f.calloc(f.context, 2, 3));
  EXPECT_TRUE(all_are(zeroes, 6, std::byte{0}));
  block = static_cast<std::byte*>(f.realloc(f.context, block, 9));
  EXPECT_EQ(number_at(block, -16), 9U);
  f.free(f.context, block);
  f.free(f.context, zeroes);
  EXPECT_EQ(d.base.live(), 0U);
}

template <class L>
class DebugLayerOverHeap : public ::testing::Test {};
/// Tiny aligns to 32, which 16 bytes before the data cannot keep.
using LayoutsOfCpython = ::testing::Types<Classic, Aligned16, Modern>;
TYPED_TEST_SUITE(DebugLayerOverHeap, LayoutsOfCpython, LayoutNames);

TYPED_TEST(DebugLayerOverHeap, GivesDataTheAlignmentOfTheBase) {
  TestHeap<TypeParam> t;
  {
    SerialCounter counter;
    Reports reports;
    DebugLayer layer(functions_of(t.heap), Domain::object, counter,
                     {.serials = true, .handler = reports.handler()});
    std::vector<void*> blocks;
    for (const std::size_t size : sizes_with_edges) {
      blocks.push_back(layer.malloc(size));
      EXPECT_EQ(address_of(blocks.back()) % TypeParam::alignment, 0U) << size;
      blocks.back() = layer.realloc(blocks.back(), size + 7);
      EXPECT_EQ(address_of(blocks.back()) % TypeParam::alignment, 0U) << size;
    }
    for (void* const block : blocks) layer.free(block);
    EXPECT_EQ(reports.text(), "");
  }
  EXPECT_EQ(t.violation(), "");
  EXPECT_EQ(t.state().totals.blocks, 0U) << "the registry gives its own back too";
}

TYPED_TEST(DebugLayerOverHeap, SeesASecondFreeInMemoryThatTheHeapHasTakenBack) {
  TestHeap<TypeParam> t;
  for (const bool registry : {false, true}) {
    SerialCounter counter;
    Reports reports;
    DebugLayer layer(functions_of(t.heap), Domain::object, counter,
                     {.registry = registry, .handler = reports.handler()});
    void* const keeps_the_pool = layer.malloc(40);
    void* const block = layer.malloc(40);
    layer.free(block);
    layer.free(block);
    ASSERT_EQ(reports.seen.size(), 1U);
    EXPECT_EQ(reports.seen[0].kind, DamageKind::double_free);
    layer.free(keeps_the_pool);
  }
  EXPECT_EQ(t.violation(), "") << "the heap never hears of the second free";
}

TEST(DebugLayer, GivesDataTheAlignmentOfTheCLibrary) {
  LibcRaw libc;
  SerialCounter counter;
  DebugLayer layer(functions_of(libc), Domain::raw, counter);
  for (const std::size_t size : sizes_with_edges) {
    void* const block = layer.malloc(size);
    EXPECT_EQ(address_of(block) % alignof(std::max_align_t), 0U) << size;
    layer.free(block);
  }
}

// realloc.

struct ReallocCase {
  std::string name;
  DebugOptions options;
  bool shrinks_in_place;
};

class DebugLayerRealloc : public ::testing::TestWithParam<ReallocCase> {
 protected:
  Debugged d{Domain::object, GetParam().options, FreedMemory::overwritten};
  void SetUp() override { d.base.shrinks_in_place = GetParam().shrinks_in_place; }
};
INSTANTIATE_TEST_SUITE_P(
    Ways, DebugLayerRealloc,
    ::testing::Values(ReallocCase{"Bytes", {.registry = false}, false},
                      ReallocCase{"BytesInPlace", {.serials = true, .registry = false}, true},
                      ReallocCase{"Registry", {.serials = true}, false},
                      ReallocCase{"RegistryInPlace", {}, true},
                      ReallocCase{"Quarantine", {.serials = true, .quarantine_bytes = 4096}, false}),
    [](const auto& way) { return way.param.name; });

const std::vector<std::size_t> few_sizes = {0, 1, 7, 8, 9, 15, 16, 17, 63, 64, 65, 500, 512, 513, 1000};

TEST_P(DebugLayerRealloc, KeepsTheDataAndFillsGrownBytesAsFresh) {
  for (const std::size_t from : few_sizes) {
    for (const std::size_t to : few_sizes) {
      std::byte* const block = d.written(d.take(from), from);
      auto* const resized = static_cast<std::byte*>(d.layer.realloc(block, to));
      ASSERT_NE(resized, nullptr);
      const std::size_t kept = std::min(from, to);
      EXPECT_TRUE(Debugged::still_written(resized, kept)) << from << " to " << to;
      EXPECT_TRUE(all_are(resized + kept, to - kept, fresh_byte)) << from << " to " << to;
      EXPECT_EQ(number_at(resized, -16), to);
      EXPECT_EQ(d.layer.check(), 0U);
      d.layer.free(resized);
    }
  }
  d.layer.flush();
  EXPECT_EQ(d.reports(), "");
}

TEST_P(DebugLayerRealloc, LosesNothingWhereTheBaseRefuses) {
  for (const std::size_t from : few_sizes) {
    for (const std::size_t to : few_sizes) {
      std::byte* const block = d.written(d.take(from), from);
      const std::string before = hex_of(block - 16, d.base.size_of(block - 16));
      d.base.refuse_all(true);
      EXPECT_EQ(d.layer.realloc(block, to), nullptr);
      d.base.refuse_all(false);
      EXPECT_EQ(hex_of(block - 16, d.base.size_of(block - 16)), before) << from << " to " << to;
      d.layer.free(block);
      EXPECT_EQ(d.reports(), "");
    }
  }
  d.layer.flush();
  EXPECT_EQ(d.base.live(), 0U);
}

TEST_P(DebugLayerRealloc, WritesNothingIntoMemoryThatTheBaseHasTakenBack) {
  for (const std::size_t from : few_sizes) {
    for (const std::size_t to : few_sizes) {
      void* const resized = d.layer.realloc(d.take(from), to);
      EXPECT_EQ(d.base.late_writes(), 0U) << from << " to " << to;
      d.layer.free(resized);
      EXPECT_EQ(d.base.late_writes(), 0U) << from << " to " << to;
    }
  }
}

TEST(DebugLayer, SaysThatABlockIsFreedOnceReallocHasMovedIt) {
  for (const bool registry : {false, true}) {
    Debugged d(Domain::object, {.registry = registry});
    std::byte* const block = d.take(10);
    void* const moved = d.layer.realloc(block, 20);
    ASSERT_NE(moved, block);
    d.layer.free(block);
    EXPECT_EQ(d.only().kind, DamageKind::double_free);
    d.layer.free(moved);
    EXPECT_EQ(d.base.wrong_frees(), 0U);
  }
}

TEST(DebugLayer, GivesTheBlockBackWhereTheRegistryCannotNoteIt) {
  for (const std::size_t quarantine : {std::size_t{0}, std::size_t{1000}}) {
    Debugged d(Domain::object, {.quarantine_bytes = quarantine});
    d.base.refuse_after(1);
    EXPECT_EQ(d.layer.malloc(10), nullptr);
    EXPECT_EQ(d.base.live(), 0U);
    void* const block = d.layer.malloc(10);
    EXPECT_NE(block, nullptr) << "the next request is served again";
    d.layer.free(block);
    EXPECT_EQ(d.reports(), "");
  }
}

// Quarantine.

TEST(DebugLayer, HoldsFreedBlocksBackUntilTheBudgetIsSpentOldestFirst) {
  Debugged d(Domain::object, {.quarantine_bytes = 3 * (16 + 8 + 8)});
  std::vector<std::byte*> blocks;
  for (int i = 0; i < 5; ++i) blocks.push_back(d.take(8));
  for (int i = 0; i < 3; ++i) d.layer.free(blocks[static_cast<std::size_t>(i)]);
  EXPECT_EQ(d.layer.held_bytes(), 96U);
  for (const std::byte* const block : blocks)
    EXPECT_NE(d.base.size_of(block - 16), 0U) << "all are the layer's still";
  d.layer.free(blocks[3]);
  EXPECT_EQ(d.base.size_of(blocks[0] - 16), 0U);
  EXPECT_NE(d.base.size_of(blocks[1] - 16), 0U);
  EXPECT_EQ(d.layer.held_bytes(), 96U);
  d.layer.free(blocks[4]);
  EXPECT_EQ(d.base.size_of(blocks[1] - 16), 0U);
  EXPECT_NE(d.base.size_of(blocks[2] - 16), 0U);
}

TEST(DebugLayer, ReleasesABlockThatIsLargerThanTheBudgetBehindAllOlderOnes) {
  Debugged d(Domain::object, {.quarantine_bytes = 100});
  std::byte* const small = d.take(8);
  std::byte* const large = d.take(1000);
  d.layer.free(small);
  d.layer.free(large);
  EXPECT_EQ(d.layer.held_bytes(), 0U);
  EXPECT_EQ(d.base.live(), 0U);
}

TEST(DebugLayer, GivesHeldBlocksBackBeforeARequestIsRefused) {
  Debugged d(Domain::object, {.quarantine_bytes = 1 << 20});
  d.layer.free(d.take(8));
  EXPECT_NE(d.layer.held_bytes(), 0U);
  d.base.refuse_after(0);
  void* const block = d.layer.malloc(8);
  EXPECT_NE(block, nullptr);
  EXPECT_EQ(d.layer.held_bytes(), 0U);
  d.layer.free(block);
}

TEST(DebugLayer, GivesEverythingItHoldsBackAtItsEnd) {
  PlainBase base;
  {
    SerialCounter counter;
    DebugLayer layer(functions_of(base), Domain::raw, counter, {.quarantine_bytes = 1000});
    for (int i = 0; i < 10; ++i) layer.free(layer.malloc(30));
    EXPECT_GT(base.live(), 0U);
  }
  EXPECT_EQ(base.live(), 0U);
  EXPECT_EQ(base.wrong_frees(), 0U);
}

}  // namespace
}  // namespace pymalloc

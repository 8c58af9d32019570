#include "allocator/invariants/block_check.hpp"

#include <gtest/gtest.h>

#include "allocator/arena_source.hpp"
#include "allocator/heap.hpp"
#include "allocator/layout.hpp"
#include "allocator/raw_allocator.hpp"

namespace pymalloc {
namespace {

const void* at(std::uintptr_t address) {
  return reinterpret_cast<const void*>(address);  // NOLINT(performance-no-int-to-ptr)
}

TEST(BlockCheck, NamesABlockThatBeginsBesideItsAlignment) {
  for (const std::size_t alignment : {std::size_t{8}, std::size_t{16}, std::size_t{32}}) {
    for (std::uintptr_t excess = 1; excess < alignment; ++excess) {
      const std::optional<Violation> violation = check_block(at(0x1000 + excess), alignment);
      ASSERT_TRUE(violation) << excess << " of " << alignment;
      EXPECT_EQ(violation->invariant, block_alignment);
      EXPECT_EQ(violation->where.address, 0x1000 + excess);
    }
  }
  EXPECT_EQ(to_string(*check_block(at(0x1008), 16)),
            "block.alignment: at 0x1008: expected a multiple of 16, found 8 bytes more");
}

TEST(BlockCheck, AccusesNoMultipleAndNotNull) {
  for (const std::uintptr_t address : {0U, 16U, 0x1000U, 0x1010U})
    EXPECT_FALSE(check_block(at(address), 16)) << address;
  EXPECT_FALSE(check_block(at(0x1008), 8));
}

TEST(BlockCheck, AccusesNoBlockOfASoundHeap) {
  OsArenaSource source;
  LibcRaw raw;
  Heap<Modern, OsArenaSource, LibcRaw> heap(source, raw);
  for (std::size_t size = 1; size <= 2 * Modern::small_request_threshold; ++size) {
    void* block = heap.malloc(size);
    EXPECT_FALSE(check_block(block, Modern::alignment)) << size;
    block = heap.realloc(block, size + 100);
    EXPECT_FALSE(check_block(block, Modern::alignment)) << size;
    heap.free(block);
  }
}

}  // namespace
}  // namespace pymalloc

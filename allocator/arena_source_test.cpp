#include "allocator/arena_source.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "allocator/heap.hpp"
#include "allocator/invariants/inspection.hpp"

namespace pymalloc {
namespace {

constexpr std::size_t arena_size = std::size_t{1} << 18U;

TEST(OsArenaSource, GivesZeroedMemoryAndTakesItBack) {
  void* const arena = OsArenaSource::allocate(arena_size);
  ASSERT_NE(arena, nullptr);
  EXPECT_EQ(address_of(arena) % 16, 0U);
  auto* const bytes = static_cast<char*>(arena);
  EXPECT_EQ(std::count(bytes, bytes + arena_size, 0), static_cast<std::ptrdiff_t>(arena_size));
  std::memset(arena, 1, arena_size);
  const Readable readable = readable_by_system();
  EXPECT_TRUE(readable(address_of(arena), arena_size));
  OsArenaSource::release(arena, arena_size);
  EXPECT_FALSE(readable(address_of(arena), 1));
}

TEST(OsArenaSource, GivesNullForMoreThanThereAreAddresses) {
  EXPECT_EQ(OsArenaSource::allocate(std::size_t{1} << 62U), nullptr);
}

TEST(LibcRaw, ServesAHeapThatIsAskedForUsableSizes) {
  OsArenaSource source;
  LibcRaw raw;
  Heap<Modern, OsArenaSource, LibcRaw> heap(source, raw);
  auto* const block = static_cast<char*>(heap.malloc(1000));
  ASSERT_NE(block, nullptr);
  EXPECT_FALSE(heap.owns(block));
  const std::size_t usable = heap.usable_size(block);
  EXPECT_GE(usable, 1000U);
  std::memset(block, 1, usable);
  heap.free(block);
}

}  // namespace
}  // namespace pymalloc

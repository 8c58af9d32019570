#include "allocator/poison.hpp"

#include <gtest/gtest.h>

#include <cstddef>

#include "allocator/testing/test_heap.hpp"

namespace pymalloc {
namespace {

#ifndef PYMALLOC_ADDRESS_SANITIZER

TEST(Poisoning, ForbidsClientsWhatIsNotTheirs) {
  GTEST_SKIP() << "not built with AddressSanitizer: nothing is poisoned";
}

#else

constexpr const char* death = "AddressSanitizer: use-after-poison";

/// What a client does to a byte: through volatile, so that the compiler leaves it in.
void read_byte(const void* block, std::ptrdiff_t offset) {
  (void)static_cast<const volatile char*>(block)[offset];
}
void write_byte(void* block, std::ptrdiff_t offset) {
  static_cast<volatile char*>(block)[offset] = 1;
}

/// The first of `size` bytes that a client may not touch; `size` where it may touch all.
std::size_t allowed(const void* start, std::size_t size) {
  const void* const bad = __asan_region_is_poisoned(const_cast<void*>(start), size);
  return bad == nullptr ? size : address_of(bad) - address_of(start);
}

/// Whether a client may touch no byte of [start, start + size).
bool all_forbidden(const std::byte* start, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    if (allowed(start + i, 1) != 0) return false;
  }
  return true;
}

template <class L>
class Poisoning : public ::testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "fast"); }

  TestHeap<L> subject;
};
TYPED_TEST_SUITE(Poisoning, AllLayouts, LayoutNames);

TYPED_TEST(Poisoning, ExactlyTheRequestedBytesAreAllowedWhateverTheSize) {
  auto& t = this->subject;
  for (std::size_t size = 1; size <= TypeParam::small_request_threshold; ++size) {
    const auto* const block = static_cast<const std::byte*>(t.heap.malloc(size));
    const std::size_t block_size = t.heap.block_size_in_pool(block);
    ASSERT_EQ(allowed(block, size), size) << size;
    ASSERT_TRUE(all_forbidden(block + size, block_size - size)) << size;
    ASSERT_TRUE(all_forbidden(block - 8, 8)) << size << ": the header or a neighbour";
    t.heap.free(const_cast<std::byte*>(block));
    ASSERT_TRUE(all_forbidden(block, block_size)) << size << ": freed";
  }
}

TYPED_TEST(Poisoning, CallocAllowsExactlyTheProduct) {
  auto& t = this->subject;
  const auto* const block = static_cast<const std::byte*>(t.heap.calloc(3, 7));
  EXPECT_EQ(allowed(block, 21), 21U);
  EXPECT_TRUE(all_forbidden(block + 21, t.heap.block_size_in_pool(block) - 21));
}

TYPED_TEST(Poisoning, ReallocInPlaceAllowsExactlyTheNewSize) {
  auto& t = this->subject;
  const std::size_t size = t.block_size(1);
  auto* const block = static_cast<std::byte*>(t.heap.malloc(size));
  for (const std::size_t now : {size - 3, size - 1, size - 2, size}) {
    ASSERT_EQ(t.heap.realloc(block, now), block);
    EXPECT_EQ(allowed(block, now), now);
    EXPECT_TRUE(all_forbidden(block + now, size - now)) << now;
  }
}

TYPED_TEST(Poisoning, ReallocThatMovesForbidsTheOldBlock) {
  auto& t = this->subject;
  const std::size_t size = t.block_size(0);
  for (const std::size_t now : {size + 1, TypeParam::small_request_threshold + 1}) {
    auto* const block = static_cast<std::byte*>(t.heap.malloc(size));
    void* const moved = t.heap.realloc(block, now);
    ASSERT_NE(moved, block);
    EXPECT_TRUE(all_forbidden(block, size));
    EXPECT_EQ(allowed(moved, now), now);
    t.heap.free(moved);
  }
}

TYPED_TEST(Poisoning, HeadersAndUncarvedSpaceAndUncarvedPoolsAreForbidden) {
  auto& t = this->subject;
  const std::byte* const block = t.take(0);
  const auto* const pool = reinterpret_cast<const std::byte*>(t.pool(block));
  EXPECT_TRUE(all_forbidden(pool, t.overhead));
  const std::byte* const behind = block + t.block_size(0);
  EXPECT_TRUE(all_forbidden(behind, TypeParam::arena_size - (address_of(behind) - t.arena(0).address)));
}

TYPED_TEST(Poisoning, TheEdgesOfAMisalignedArenaAreForbidden) {
  auto& t = this->subject;
  t.source.place(Placement::misaligned);
  const auto* const pool = reinterpret_cast<const std::byte*>(t.pool(t.take(0)));
  const auto* const arena = std::bit_cast<const std::byte*>(t.arena(0).address);
  EXPECT_TRUE(all_forbidden(arena, static_cast<std::size_t>(pool - arena)));
  const std::size_t tail = TypeParam::pool_size - static_cast<std::size_t>(pool - arena);
  EXPECT_TRUE(all_forbidden(arena + TypeParam::arena_size - tail, tail));
}

TYPED_TEST(Poisoning, AReleasedArenaIsForbiddenAndAllowedToItsNextOwner) {
  auto& t = this->subject;
  const auto filled = t.take_arena();
  (void)t.take_arena();
  const auto* const arena = std::bit_cast<const std::byte*>(t.arena(0).address);
  t.heap.free(t.take(0));  // a third arena, kept where the layout keeps one: it is the last of the list
  t.give(filled);
  ASSERT_EQ(t.arena(0).address, 0U);
  EXPECT_TRUE(all_forbidden(arena, TypeParam::arena_size));
  t.source.place(Placement::up);
  void* const next = t.source.allocate(TypeParam::arena_size);
  ASSERT_EQ(allowed(next, TypeParam::arena_size), TypeParam::arena_size);
  t.source.release(next, TypeParam::arena_size);
}

TYPED_TEST(Poisoning, UsableSizeMakesTheSlackTheOwners) {
  auto& t = this->subject;
  auto* const block = static_cast<char*>(t.heap.malloc(1));
  EXPECT_EQ(allowed(block, TypeParam::alignment), 1U);
  const std::size_t usable = t.heap.usable_size(block);
  EXPECT_EQ(allowed(block, usable), usable);
  EXPECT_TRUE(all_forbidden(reinterpret_cast<std::byte*>(block) + usable, 8));
  std::memset(block, 1, usable);
}

/// A death costs a report with its stack: one layout shows that each kind of touch is deadly, the one with
/// the smallest blocks. That the same bytes are forbidden in every layout is shown above.
using PoisonedHeap = Poisoning<Classic>;

TEST_F(PoisonedHeap, KillsAClientThatTouchesAFreedBlock) {
  auto& t = subject;
  std::byte* const block = t.take(1);
  t.heap.free(block);
  EXPECT_DEATH(read_byte(block, 0), death);
  EXPECT_DEATH(write_byte(block, t.block_size(1) - 1), death);
}

TEST_F(PoisonedHeap, KillsAClientThatTouchesTheSlackBehindItsSize) {
  auto& t = subject;
  void* const block = t.heap.malloc(13);
  read_byte(block, 12);
  EXPECT_DEATH(read_byte(block, 13), death);
  EXPECT_DEATH(write_byte(block, 15), death);
}

TEST_F(PoisonedHeap, KillsAClientThatTouchesUncarvedSpace) {
  auto& t = subject;
  std::byte* const block = t.take(1);
  EXPECT_DEATH(read_byte(block, 2 * t.block_size(1)), death);
  EXPECT_DEATH(write_byte(block, Classic::pool_size), death);
}

TEST_F(PoisonedHeap, KillsAClientThatTouchesTheHeaderOfAPool) {
  auto& t = subject;
  std::byte* const block = t.take(0);
  EXPECT_DEATH(read_byte(block, -1), death);
  EXPECT_DEATH(write_byte(t.pool(block), 0), death);
}

TEST_F(PoisonedHeap, KillsAClientThatTouchesTheStartOfAMisalignedArena) {
  auto& t = subject;
  t.source.place(Placement::misaligned);
  (void)t.take(0);
  auto* const arena = std::bit_cast<std::byte*>(t.arena(0).address);
  EXPECT_DEATH(read_byte(arena, 0), death);
  EXPECT_DEATH(write_byte(arena, 15), death);
}

TEST_F(PoisonedHeap, KillsAClientThatTouchesWhatReallocTookInPlace) {
  auto& t = subject;
  const auto size = static_cast<std::ptrdiff_t>(t.largest_size);
  std::byte* const block = t.take(t.largest_class);
  ASSERT_EQ(t.heap.realloc(block, static_cast<std::size_t>(size) - 4), block);
  read_byte(block, size - 5);
  EXPECT_DEATH(read_byte(block, size - 4), death);
  EXPECT_DEATH(write_byte(block, size - 1), death);
}

TEST_F(PoisonedHeap, KillsAClientThatTouchesAFreedOrOverrunBlockOfTheRawAllocator) {
  auto& t = subject;
  const auto size = static_cast<std::ptrdiff_t>(Classic::small_request_threshold + 5);
  (void)t.heap.malloc(static_cast<std::size_t>(size));
  void* const block = t.heap.malloc(static_cast<std::size_t>(size));
  EXPECT_DEATH(read_byte(block, size), death);
  EXPECT_DEATH(read_byte(block, -1), death) << "the gap behind the block before";
  t.heap.free(block);
  EXPECT_DEATH(write_byte(block, 0), death);
}

#endif

}  // namespace
}  // namespace pymalloc

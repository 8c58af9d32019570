#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <limits>

#include "allocator/testing/test_heap.hpp"

namespace pymalloc {
namespace {

const void* pointer(std::uintptr_t address) {
  return std::bit_cast<const void*>(address);
}

template <class L>
class HeapOwnership : public ::testing::Test {};
TYPED_TEST_SUITE(HeapOwnership, AllLayouts, LayoutNames);

TYPED_TEST(HeapOwnership, EveryByteOfEveryPoolBlockIsOwned) {
  for (const Placement placement : all_placements) {
    TestHeap<TypeParam> t;
    t.source.place(placement);
    for (const std::byte* const block : t.take_arena()) {
      ASSERT_TRUE(t.heap.owns(block)) << word(placement);
      ASSERT_TRUE(t.heap.owns(block + t.largest_size - 1)) << word(placement);
    }
  }
}

TYPED_TEST(HeapOwnership, BlocksOfTheRawAllocatorAndOfNobodyAreNotOwned) {
  TestHeap<TypeParam> t;
  (void)t.take(0);
  void* const raw = t.heap.malloc(TypeParam::small_request_threshold + 1);
  EXPECT_FALSE(t.heap.owns(raw));
  const int on_the_stack = 0;
  EXPECT_FALSE(t.heap.owns(&on_the_stack));
  t.heap.free(raw);
}

TYPED_TEST(HeapOwnership, AReleasedArenaIsNoLongerOwned) {
  TestHeap<TypeParam> t;
  const auto a = t.take_arena();
  const auto b = t.take_arena();
  t.give(b);
  t.give(a);  // the kept arena is b's where the layout keeps one
  ASSERT_LE(t.source.live(), 1U);
  EXPECT_FALSE(t.heap.owns(a[0]));
}

/// A page at the lowest addresses that an arena object without an address could be taken to hold.
class LowPage {
 public:
  LowPage() {
    void* const wanted = std::bit_cast<void*>(std::uintptr_t{0x20000});
    void* const got =
        mmap(wanted, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (got == wanted) page_ = got;
    if (got != wanted && got != MAP_FAILED) munmap(got, size);
  }
  LowPage(const LowPage&) = delete;
  LowPage& operator=(const LowPage&) = delete;
  ~LowPage() {
    if (page_ != nullptr) munmap(page_, size);
  }
  [[nodiscard]] void* get() const { return page_; }

 private:
  static constexpr std::size_t size = 4096;
  void* page_ = nullptr;
};

TYPED_TEST(HeapOwnership, AnUnusedArenaObjectDoesNotOwnTheLowestAddresses) {
  TestHeap<TypeParam> t;
  (void)t.take(0);
  ASSERT_EQ(t.arena(1).address, 0U);
  const LowPage low;
  if (low.get() == nullptr) GTEST_SKIP() << "the system gives no page below 256 KiB";
  ASSERT_LT(address_of(low.get()), Classic::arena_size);
  static_cast<PoolHeader*>(low.get())->arenaindex = 1;
  EXPECT_FALSE(t.heap.owns(static_cast<std::byte*>(low.get()) + 64));
}

template <class L>
class TableOwnership : public ::testing::Test {};
TYPED_TEST_SUITE(TableOwnership, TableLayouts, LayoutNames);

TYPED_TEST(TableOwnership, AForeignHeaderThatNamesAnArenaDoesNotMakeItOwned) {
  TestHeap<TypeParam> t;
  (void)t.take(0);
  alignas(TypeParam::pool_size) std::array<std::byte, TypeParam::pool_size> foreign{};
  auto* const header = reinterpret_cast<PoolHeader*>(foreign.data());
  for (const std::uint32_t index : {0U, 1U, 15U, 16U, 17U, std::numeric_limits<std::uint32_t>::max()}) {
    header->arenaindex = index;
    EXPECT_FALSE(t.heap.owns(foreign.data() + 64)) << index;
  }
}

template <class L>
class RadixOwnership : public ::testing::Test {};
TYPED_TEST_SUITE(RadixOwnership, RadixLayouts, LayoutNames);

TYPED_TEST(RadixOwnership, IsTrueExactlyInsideLiveArenasWhereverTheyLie) {
  TestHeap<TypeParam> t;
  for (const Placement placement : all_placements) {
    t.source.place(placement);
    for (int i = 0; i < 3; ++i) (void)t.take_arena();
  }
  for (std::uint32_t i = 0; i < t.state().maxarenas; ++i) {
    const std::uintptr_t begin = t.arena(i).address;
    if (begin == 0) continue;
    const std::uintptr_t end = begin + TypeParam::arena_size;
    for (const std::uintptr_t inside : {begin, begin + 1, begin + TypeParam::arena_size / 2, end - 1}) {
      EXPECT_TRUE(t.heap.owns(pointer(inside))) << hex(inside);
    }
    // Arenas may touch: then what lies beside one lies in another.
    for (const std::uintptr_t beside : {begin - 1, end}) {
      EXPECT_EQ(t.heap.owns(pointer(beside)), t.source.holds(beside, 1)) << hex(beside);
    }
  }
}

TYPED_TEST(RadixOwnership, NeverLooksAtWhatTheAddressPointsTo) {
  TestHeap<TypeParam> t;
  (void)t.take(0);
  const auto size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  void* const forbidden = mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(forbidden, MAP_FAILED);
  EXPECT_FALSE(t.heap.owns(forbidden));
  EXPECT_FALSE(t.heap.owns(static_cast<std::byte*>(forbidden) + size - 1));
  munmap(forbidden, size);
  EXPECT_FALSE(t.heap.owns(forbidden));
  EXPECT_FALSE(t.heap.owns(nullptr));
  for (unsigned bit = 0; bit < 64; ++bit) EXPECT_FALSE(t.heap.owns(pointer(std::uintptr_t{1} << bit))) << bit;
  EXPECT_FALSE(t.heap.owns(pointer(~std::uintptr_t{0})));
}

TYPED_TEST(RadixOwnership, OfAnAddressThatDiffersFromABlocksInOneHighBitIsFalse) {
  TestHeap<TypeParam> t;
  const std::uintptr_t block = address_of(t.take(0));
  for (unsigned bit = t.arena_bits; bit < 64; ++bit) {
    EXPECT_FALSE(t.heap.owns(pointer(block ^ (std::uintptr_t{1} << bit)))) << "bit " << bit;
  }
}

}  // namespace
}  // namespace pymalloc

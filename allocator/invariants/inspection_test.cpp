#include "allocator/invariants/inspection.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "allocator/testing/test_heap.hpp"

namespace pymalloc {
namespace {

/// Three pages of which the middle one has other rights.
class Pages {
 public:
  explicit Pages(int middle_rights) {
    void* const got = mmap(nullptr, 3 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (got == MAP_FAILED) throw std::bad_alloc();
    start_ = address_of(got);
    mprotect(std::bit_cast<void*>(start_ + size), size, middle_rights);
  }
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;
  ~Pages() { munmap(std::bit_cast<void*>(start_), 3 * size); }

  [[nodiscard]] std::uintptr_t start() const { return start_; }

  const std::size_t size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));

 private:
  std::uintptr_t start_ = 0;
};

TEST(ReadableBySystem, SaysYesToMemoryThatMayBeRead) {
  const Pages pages(PROT_READ);
  const Readable readable = readable_by_system();
  EXPECT_TRUE(readable(pages.start(), 3 * pages.size));
  EXPECT_TRUE(readable(pages.start() + 1, 1));
}

TEST(ReadableBySystem, SaysNoToAPageThatIsMappedButMayNotBeRead) {
  const Pages pages(PROT_NONE);
  const Readable readable = readable_by_system();
  EXPECT_FALSE(readable(pages.start(), 3 * pages.size));
  EXPECT_FALSE(readable(pages.start() + pages.size - 1, 2));
  EXPECT_FALSE(readable(pages.start() + 2 * pages.size - 1, 1));
  EXPECT_TRUE(readable(pages.start() + pages.size - 1, 1));
  EXPECT_TRUE(readable(pages.start() + 2 * pages.size, pages.size));
}

TEST(ReadableBySystem, SaysNoToWhatIsNoAddressOrWrapsAround) {
  const Readable readable = readable_by_system();
  EXPECT_FALSE(readable(8, 8));
  EXPECT_FALSE(readable(std::uintptr_t{1} << 60U, 4096));
  EXPECT_FALSE(readable(~std::uintptr_t{0} - 100, 4096));
}

TEST(ReadableBySystem, LeavesErrnoAloneWhateverItsAnswer) {
  const int local = 0;
  errno = ERANGE;
  EXPECT_FALSE(readable_by_system()(8, 8));
  EXPECT_EQ(errno, ERANGE);
  EXPECT_TRUE(readable_by_system()(address_of(&local), sizeof(local)));
  EXPECT_EQ(errno, ERANGE);
}

TEST(ReadableBySystem, ChangesNoSignalMask) {
  sigset_t before;
  sigset_t after;
  const auto blocks_alarm = [](const sigset_t& set) { return sigismember(&set, SIGALRM); };
  ASSERT_EQ(pthread_sigmask(SIG_SETMASK, nullptr, &before), 0);
  sigset_t ours;
  sigfillset(&ours);
  EXPECT_TRUE(readable_by_system()(address_of(&ours), sizeof(ours)));
  ASSERT_EQ(pthread_sigmask(SIG_SETMASK, nullptr, &after), 0);
  EXPECT_EQ(blocks_alarm(before), blocks_alarm(after));
}

template <class L>
class InspectionOf : public ::testing::Test {};
TYPED_TEST_SUITE(InspectionOf, AllLayouts, LayoutNames);

TYPED_TEST(InspectionOf, NamesArenaPoolClassAndBlockOfABlock) {
  TestHeap<TypeParam> t;
  (void)t.take(0);
  const std::byte* const block = t.take(1, 2).back();
  const Inspection<TypeParam> in(t.state(), readable_by_system());
  EXPECT_EQ(in.where(block),
            (Location{.arena = 0, .pool = 1, .block = 1, .size_class = 1, .address = address_of(block)}));
  EXPECT_EQ(in.where(block + 5).block, 1U) << "an address inside a block belongs to it";
}

TYPED_TEST(InspectionOf, NamesNoBlockForAHeaderAndNoPoolForWhatIsNotCarved) {
  TestHeap<TypeParam> t;
  const std::byte* const block = t.take(0);
  const Inspection<TypeParam> in(t.state(), readable_by_system());
  const PoolHeader* const pool = t.pool(block);
  EXPECT_EQ(in.where(pool),
            (Location{.arena = 0, .pool = 0, .block = {}, .size_class = 0, .address = address_of(pool)}));
  const auto* const uncarved = reinterpret_cast<const std::byte*>(pool) + TypeParam::pool_size;
  EXPECT_EQ(
      in.where(uncarved),
      (Location{.arena = 0, .pool = 1, .block = {}, .size_class = {}, .address = address_of(uncarved)}));
}

TYPED_TEST(InspectionOf, NamesNoPoolBeforeTheFirstOfAMisalignedArena) {
  TestHeap<TypeParam> t;
  t.source.place(Placement::misaligned);
  (void)t.take(0);
  const std::uintptr_t start = t.arena(0).address;
  ASSERT_NE(start % TypeParam::pool_size, 0U);
  const Inspection<TypeParam> in(t.state(), readable_by_system());
  EXPECT_EQ(in.where(std::bit_cast<const void*>(start)),
            (Location{.arena = 0, .pool = {}, .block = {}, .size_class = {}, .address = start}));
}

TYPED_TEST(InspectionOf, NamesNothingButTheAddressOutsideAllArenas) {
  TestHeap<TypeParam> t;
  (void)t.take(0);
  const Inspection<TypeParam> in(t.state(), readable_by_system());
  const std::uintptr_t arena = t.arena(0).address;
  for (const std::uintptr_t outside : {arena - 1, arena + TypeParam::arena_size, std::uintptr_t{64}}) {
    EXPECT_EQ(in.where(std::bit_cast<const void*>(outside)),
              (Location{.arena = {}, .pool = {}, .block = {}, .size_class = {}, .address = outside}));
  }
}

TEST(Violation, ReadsAsNameAndPlaceAndExpectedAndFound) {
  const Violation violation{"pool.ref-count",
                            {.arena = 1, .pool = 2, .block = 3, .size_class = 4, .address = 0x2000},
                            "ref.count = 5",
                            "6"};
  EXPECT_EQ(to_string(violation),
            "pool.ref-count: arena 1, pool 2, class 4, block 3, at 0x2000: expected ref.count = 5, found 6");
}

}  // namespace
}  // namespace pymalloc

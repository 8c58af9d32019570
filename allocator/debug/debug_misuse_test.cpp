// Each kind of misuse by itself, with the exact byte, block and domain that the debug layer must name.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <string>
#include <vector>

#include "allocator/debug/debug_layer.hpp"
#include "allocator/debug/testing/debugged.hpp"
#include "allocator/debug/testing/expect_damage.hpp"
#include "allocator/heap_state.hpp"

namespace pymalloc {
namespace {

/// With a registry, and as CPython knows blocks: by their bytes.
class DebugLayerMisuse : public ::testing::TestWithParam<bool> {
 protected:
  [[nodiscard]] static DebugOptions options() { return {.registry = GetParam()}; }
};
INSTANTIATE_TEST_SUITE_P(KnownBy, DebugLayerMisuse, ::testing::Bool(),
                         [](const auto& p) { return p.param ? "Registry" : "Bytes"; });

TEST_P(DebugLayerMisuse, ReportsEachByteOfThePadBehindTheBlock) {
  for (std::size_t size = 0; size <= 64; ++size) {
    Debugged d(Domain::object, options());
    std::byte* const block = d.take(size);
    for (std::size_t i = size; i < size + 8; ++i) {
      const Changed change(block + i, wrong);
      d.layer.free(block);
      expect_damage(d.only(), {.kind = DamageKind::overflow,
                               .noticed_by = NoticedBy::free,
                               .layer = Domain::object,
                               .owner = Domain::object,
                               .address = address_of(block),
                               .offset = static_cast<std::ptrdiff_t>(i),
                               .size = size,
                               .expected = guard_byte});
    }
    d.layer.free(block);
    EXPECT_EQ(d.reports(), "");
  }
}

TEST(DebugLayerMisuses, AreKnownByTheBytesWhereTheRegistryHasForgottenTheBlock) {
  Debugged d(Domain::object, {.registry = true});
  std::byte* const block = d.take(8);
  d.layer.free(block);
  // Of another size, so that none of them takes the block's place.
  for (std::size_t i = 0; i <= BlockRegistry::blocks_remembered; ++i) d.layer.free(d.take(100));
  d.layer.free(block);
  expect_damage(d.only(), {.kind = DamageKind::double_free,
                           .noticed_by = NoticedBy::free,
                           .layer = Domain::object,
                           .owner = Domain::object,
                           .address = address_of(block),
                           .freed = true});
}

TEST_P(DebugLayerMisuse, ReportsEachByteOfThePadAndTheLetterBeforeTheBlock) {
  for (const std::size_t size : {0U, 1U, 16U, 100U, 5000U}) {
    Debugged d(Domain::mem, options());
    std::byte* const block = d.take(size);
    for (std::ptrdiff_t offset = -8; offset < 0; ++offset) {
      const Changed change(block + offset, wrong);
      EXPECT_EQ(d.layer.realloc(block, 10), nullptr);
      expect_damage(d.only(), {.kind = DamageKind::underflow,
                               .noticed_by = NoticedBy::realloc,
                               .layer = Domain::mem,
                               .owner = Domain::mem,
                               .address = address_of(block),
                               .offset = offset,
                               .size = size,
                               .expected = offset == -8 ? std::byte{'m'} : guard_byte});
    }
    d.layer.free(block);
    EXPECT_EQ(d.reports(), "");
  }
}

TEST_P(DebugLayerMisuse, NamesTheByteNearestToTheDataWhereManyWereChanged) {
  Debugged d(Domain::raw, options());
  std::byte* const block = d.take(20);
  std::fill(block + 22, block + 28, wrong);
  d.layer.free(block);
  EXPECT_EQ(d.only().offset, 22);
  std::fill(block + 20, block + 28, guard_byte);
  std::fill(block - 8, block - 3, wrong);
  d.layer.free(block);
  const BlockDamage seen = d.only();
  EXPECT_EQ(seen.kind, DamageKind::underflow);
  EXPECT_EQ(seen.offset, -4);
}

TEST_P(DebugLayerMisuse, LeavesADamagedBlockAloneWhereTheHandlerReturns) {
  Debugged d(Domain::raw, options());
  std::byte* const block = d.written(d.take(20), 20);
  {
    const Changed change(block + 20, wrong);
    const std::string before = hex_of(block - 16, 44);
    d.layer.free(block);
    EXPECT_EQ(d.layer.realloc(block, 40), nullptr);
    EXPECT_EQ(hex_of(block - 16, 44), before);
    EXPECT_EQ(d.kept.seen.size(), 2U);
    EXPECT_NE(d.base.size_of(block - 16), 0U);
  }
  d.layer.free(block);
  EXPECT_EQ(d.kept.seen.size(), 2U);
}

TEST_P(DebugLayerMisuse, ReportsASecondFree) {
  Debugged d(Domain::object, options());
  std::byte* const block = d.take(20);
  d.layer.free(block);
  d.layer.free(block);
  expect_damage(d.only(), {.kind = DamageKind::double_free,
                           .noticed_by = NoticedBy::free,
                           .layer = Domain::object,
                           .owner = Domain::object,
                           .address = address_of(block),
                           .size = GetParam() ? std::optional<std::size_t>(20) : std::nullopt,
                           .freed = true});
  EXPECT_EQ(d.layer.realloc(block, 3), nullptr);
  EXPECT_EQ(d.only().noticed_by, NoticedBy::realloc);
  EXPECT_EQ(d.base.wrong_frees(), 0U) << "the base never hears of it";
}

TEST_P(DebugLayerMisuse, ReportsABlockOfAnotherDomain) {
  PlainBase base;
  SerialCounter counter;
  Reports reports;
  DebugOptions with = options();
  with.handler = reports.handler();
  DebugLayer mem(functions_of(base), Domain::mem, counter, with);
  DebugLayer object(functions_of(base), Domain::object, counter, with);
  void* const block = mem.malloc(20);
  object.free(block);
  ASSERT_EQ(reports.seen.size(), 1U);
  expect_damage(reports.seen[0], {.kind = DamageKind::wrong_domain,
                                  .noticed_by = NoticedBy::free,
                                  .layer = Domain::object,
                                  .owner = Domain::mem,
                                  .address = address_of(block),
                                  .size = 20});
  mem.free(block);
  EXPECT_EQ(reports.seen.size(), 1U) << "the block is as it was";
}

TEST_P(DebugLayerMisuse, ReportsAPointerThatIsToNoBlock) {
  Debugged d(Domain::raw, options());
  alignas(16) std::byte on_the_stack[64] = {};
  for (const std::uintptr_t bad :
       {address_of(on_the_stack + 32), address_of(on_the_stack + 35), address_of(d.base.never_given() + 32),
        std::uintptr_t{1}, std::uintptr_t{8}, std::uintptr_t{16}, std::uintptr_t{24}, std::uintptr_t{4096},
        std::uintptr_t{1} << 60U, ~std::uintptr_t{0} - 15, ~std::uintptr_t{0}}) {
    d.layer.free(std::bit_cast<void*>(bad));
    expect_damage(d.only(), {.kind = DamageKind::foreign_pointer,
                             .noticed_by = NoticedBy::free,
                             .layer = Domain::raw,
                             .address = bad});
    EXPECT_EQ(d.layer.realloc(std::bit_cast<void*>(bad), 5), nullptr);
    EXPECT_EQ(d.only().kind, DamageKind::foreign_pointer);
  }
}

/// Two pages of which the second must not be read.
class GuardedPage {
 public:
  GuardedPage() {
    void* const got = mmap(nullptr, 2 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (got == MAP_FAILED) throw std::bad_alloc();
    start_ = static_cast<std::byte*>(got);
    mprotect(start_ + size, size, PROT_NONE);
  }
  GuardedPage(const GuardedPage&) = delete;
  GuardedPage& operator=(const GuardedPage&) = delete;
  ~GuardedPage() { munmap(start_, 2 * size); }

  [[nodiscard]] std::byte* end() const { return start_ + size; }

  static constexpr std::size_t size = 65536;  ///< a multiple of every page size

 private:
  std::byte* start_;
};

TEST_P(DebugLayerMisuse, ReadsNothingThatMayNotBeReadAroundABadPointer) {
  Debugged d(Domain::raw, options());
  const GuardedPage page;
  for (const std::ptrdiff_t offset : {-24, -16, -8, 0, 8, 16, 100}) {
    d.layer.free(page.end() + offset);
    const BlockDamage seen = d.only();
    EXPECT_EQ(seen.kind, DamageKind::foreign_pointer) << offset;
    EXPECT_EQ(seen.surroundings.bytes[Surroundings::reach].has_value(), offset < 0) << offset;
  }
}

TEST(DebugLayer, TakesASizeThatLeadsIntoUnreadableMemoryForDamageWithoutReadingThere) {
  Debugged d(Domain::raw, {.registry = false});
  const GuardedPage page;
  std::byte* const data = page.end() - 8;
  const BlockShape shape{.size = 0, .domain = Domain::raw};
  write_guards(data, shape);
  data[-9] = std::byte{200};
  d.layer.free(data);
  const BlockDamage seen = d.only();
  EXPECT_EQ(seen.kind, DamageKind::underflow);
  EXPECT_EQ(seen.size, std::nullopt) << "a size that cannot be is not told";
}

// What only a registry can tell.

TEST(DebugLayerRegistry, ReportsEachByteOfTheSizeBeforeTheBlock) {
  Debugged d(Domain::object, {});
  std::byte* const block = d.take(20);
  for (std::ptrdiff_t offset = -16; offset < -8; ++offset) {
    const Changed change(block + offset, wrong);
    d.layer.free(block);
    expect_damage(d.only(), {.kind = DamageKind::underflow,
                             .noticed_by = NoticedBy::free,
                             .layer = Domain::object,
                             .owner = Domain::object,
                             .address = address_of(block),
                             .offset = offset,
                             .size = 20,
                             .expected = offset == -9 ? std::byte{20} : std::byte{0}});
  }
}

TEST(DebugLayerRegistry, ReportsEachByteOfTheSerialBehindTheBlock) {
  Debugged d(Domain::object, {.serials = true});
  std::byte* const block = d.take(20);
  for (std::ptrdiff_t offset = 28; offset < 36; ++offset) {
    const Changed change(block + offset, wrong);
    EXPECT_EQ(d.layer.check(), 1U);
    expect_damage(d.only(), {.kind = DamageKind::overflow,
                             .noticed_by = NoticedBy::check,
                             .layer = Domain::object,
                             .owner = Domain::object,
                             .address = address_of(block),
                             .offset = offset,
                             .size = 20,
                             .serial = 1,
                             .expected = offset == 35 ? std::byte{1} : std::byte{0}});
  }
  EXPECT_EQ(d.layer.check(), 0U);
}

TEST(DebugLayerRegistry, ReportsALetterThatWasChangedToAnotherDomainsAsAnUnderflow) {
  Debugged d(Domain::object, {});
  std::byte* const block = d.take(20);
  for (const char letter : {'m', 'r', 'O', 'M'}) {
    const Changed change(block - 8, static_cast<std::byte>(letter));
    d.layer.free(block);
    const BlockDamage seen = d.only();
    EXPECT_EQ(seen.kind, DamageKind::underflow);
    EXPECT_EQ(seen.offset, -8);
  }
}

TEST(DebugLayerRegistry, ReportsEveryPointerIntoABlockWithItsPlaceInIt) {
  for (const std::size_t size : {0U, 1U, 8U, 20U, 100U}) {
    Debugged d(Domain::mem, {.serials = true});
    (void)d.take(size);
    std::byte* const block = d.written(d.take(size), size);
    (void)d.take(size);
    for (std::ptrdiff_t offset = -16; offset < static_cast<std::ptrdiff_t>(size) + 16; ++offset) {
      if (offset == 0) continue;
      d.layer.free(block + offset);
      expect_damage(d.only(), {.kind = DamageKind::interior_pointer,
                               .noticed_by = NoticedBy::free,
                               .layer = Domain::mem,
                               .owner = Domain::mem,
                               .address = address_of(block),
                               .offset = offset,
                               .size = size,
                               .serial = 2});
    }
  }
}

TEST(DebugLayerRegistry, RemembersTheLastBlocksThatWentBackWhateverBecameOfTheirBytes) {
  Debugged d(Domain::mem, {.serials = true}, FreedMemory::overwritten);
  std::vector<std::byte*> blocks;
  for (std::size_t i = 0; i <= BlockRegistry::blocks_remembered; ++i) blocks.push_back(d.take(20));
  for (std::byte* const block : blocks) d.layer.free(block);
  for (std::size_t i = 1; i < blocks.size(); ++i) {
    d.layer.free(blocks[i]);
    expect_damage(d.only(), {.kind = DamageKind::double_free,
                             .noticed_by = NoticedBy::free,
                             .layer = Domain::mem,
                             .owner = Domain::mem,
                             .address = address_of(blocks[i]),
                             .size = 20,
                             .serial = i + 1,
                             .freed = true});
  }
  d.layer.free(blocks[0]);
  EXPECT_EQ(d.only().kind, DamageKind::foreign_pointer) << "one too many to be remembered";
}

TEST(DebugLayerRegistry, TakesABlockThatAnotherDomainHasByNowForThatDomains) {
  PlainBase base;
  SerialCounter counter;
  Reports reports;
  DebugLayer mem(functions_of(base), Domain::mem, counter, {.handler = reports.handler()});
  DebugLayer object(functions_of(base), Domain::object, counter, {.handler = reports.handler()});
  void* const block = mem.malloc(200);
  mem.free(block);
  ASSERT_EQ(object.malloc(200), block);
  mem.free(block);
  ASSERT_EQ(reports.seen.size(), 1U);
  EXPECT_EQ(reports.seen[0].kind, DamageKind::wrong_domain);
}

TEST(DebugLayerRegistry, TakesABlockOfAnotherLayerOfItsDomainForForeign) {
  PlainBase base;
  SerialCounter counter;
  Reports reports;
  DebugLayer one(functions_of(base), Domain::mem, counter);
  DebugLayer other(functions_of(base), Domain::mem, counter, {.handler = reports.handler()});
  void* const block = one.malloc(5);
  other.free(block);
  ASSERT_EQ(reports.seen.size(), 1U);
  EXPECT_EQ(reports.seen[0].kind, DamageKind::foreign_pointer);
  one.free(block);
}

TEST(DebugLayerRegistry, TakesAPointerWithoutARegistryIntoABlockForForeign) {
  Debugged d(Domain::mem, {.registry = false});
  std::byte* const block = d.written(d.take(40), 40);
  for (std::ptrdiff_t offset = 1; offset < 48; ++offset) {
    d.layer.free(block + offset);
    EXPECT_EQ(d.only().kind, DamageKind::foreign_pointer) << offset;
  }
  d.layer.free(block);
  EXPECT_EQ(d.reports(), "");
}

}  // namespace
}  // namespace pymalloc

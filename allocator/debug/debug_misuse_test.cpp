// Each kind of misuse by itself, with the exact byte, block and domain that the debug layer must name.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <string>
#include <vector>

#include "allocator/debug/debug_layer.hpp"
#include "allocator/debug/testing/debugged.hpp"
#include "allocator/heap_state.hpp"

namespace pymalloc {
namespace {

const std::byte wrong{0x41};

/// What the layer must say, apart from the surroundings.
void expect_damage(const BlockDamage& seen, const BlockDamage& wanted) {
  EXPECT_EQ(to_string(seen.kind), to_string(wanted.kind));
  EXPECT_EQ(to_string(seen.noticed_by), to_string(wanted.noticed_by));
  EXPECT_EQ(seen.layer, wanted.layer);
  EXPECT_EQ(seen.owner, wanted.owner);
  EXPECT_EQ(seen.address, wanted.address);
  EXPECT_EQ(seen.offset, wanted.offset);
  EXPECT_EQ(seen.size, wanted.size);
  EXPECT_EQ(seen.serial, wanted.serial);
  EXPECT_EQ(seen.freed, wanted.freed);
  EXPECT_EQ(seen.expected, wanted.expected);
}

/// Changes one byte, and puts it back at its end.
class Changed {
 public:
  Changed(std::byte* place, std::byte value) : place_(place), old_(*place) { *place = value; }
  Changed(const Changed&) = delete;
  Changed& operator=(const Changed&) = delete;
  ~Changed() { *place_ = old_; }

 private:
  std::byte* place_;
  std::byte old_;
};

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

// Quarantine.

TEST(DebugLayerQuarantine, ReportsEachChangedByteOfAFreedBlock) {
  Debugged d(Domain::object, {.serials = true, .quarantine_bytes = 10000});
  std::byte* const block = d.take(20);
  d.layer.free(block);
  EXPECT_EQ(d.layer.check(), 0U);
  for (std::ptrdiff_t offset = -16; offset < 36; ++offset) {
    const Changed change(block + offset, wrong);
    EXPECT_EQ(d.layer.check(), 1U);
    const BlockDamage seen = d.only();
    expect_damage(seen, {.kind = DamageKind::use_after_free,
                         .noticed_by = NoticedBy::check,
                         .layer = Domain::object,
                         .owner = Domain::object,
                         .address = address_of(block),
                         .offset = offset,
                         .size = 20,
                         .serial = 1,
                         .freed = true,
                         .expected = seen.expected});
    if (offset >= 0 && offset < 28) {
      EXPECT_EQ(seen.expected, dead_byte);
    }
  }
}

TEST(DebugLayerQuarantine, ReportsAUseAfterFreeWhenTheBlockLeaves) {
  Debugged d(Domain::object, {.quarantine_bytes = 50});
  std::byte* const block = d.take(20);
  d.layer.free(block);
  block[7] = wrong;
  d.layer.free(d.take(20));
  const BlockDamage seen = d.only();
  EXPECT_EQ(seen.kind, DamageKind::use_after_free);
  EXPECT_EQ(seen.noticed_by, NoticedBy::release);
  EXPECT_EQ(seen.offset, 7);
  EXPECT_EQ(d.base.size_of(block - 16), 0U) << "it leaves all the same";
}

TEST(DebugLayerQuarantine, ReportsAUseAfterFreeThroughAPointerThatReallocMadeStale) {
  Debugged d(Domain::object, {.quarantine_bytes = 1000});
  std::byte* const block = d.take(20);
  EXPECT_NE(d.layer.realloc(block, 5), nullptr);
  block[19] = wrong;
  d.layer.flush();
  const BlockDamage seen = d.only();
  EXPECT_EQ(seen.kind, DamageKind::use_after_free);
  EXPECT_EQ(seen.offset, 19);
}

TEST(DebugLayerQuarantine, ReportsASecondFreeWithSizeAndSerialWhateverWasWrittenSince) {
  Debugged d(Domain::object, {.serials = true, .quarantine_bytes = 1000});
  std::byte* const block = d.take(20);
  d.layer.free(block);
  std::fill(block - 16, block + 36, wrong);
  d.layer.free(block);
  expect_damage(d.only(), {.kind = DamageKind::double_free,
                           .noticed_by = NoticedBy::free,
                           .layer = Domain::object,
                           .owner = Domain::object,
                           .address = address_of(block),
                           .size = 20,
                           .serial = 1,
                           .freed = true});
}

TEST(DebugLayerQuarantine, ReportsAPointerIntoAFreedBlockAsSuch) {
  Debugged d(Domain::object, {.quarantine_bytes = 1000});
  std::byte* const block = d.take(20);
  d.layer.free(block);
  d.layer.free(block + 8);
  expect_damage(d.only(), {.kind = DamageKind::interior_pointer,
                           .noticed_by = NoticedBy::free,
                           .layer = Domain::object,
                           .owner = Domain::object,
                           .address = address_of(block),
                           .offset = 8,
                           .size = 20,
                           .freed = true});
}

// Reports.

TEST(BlockDamage, ReadsAsAHeadlineAndTheBytesAround) {
  BlockDamage damage{.kind = DamageKind::overflow,
                     .noticed_by = NoticedBy::free,
                     .layer = Domain::object,
                     .owner = Domain::object,
                     .address = 0x1230,
                     .offset = 20,
                     .size = 20,
                     .serial = 7,
                     .expected = guard_byte};
  damage.surroundings.first = 4;
  damage.surroundings.bytes.fill(std::byte{0x61});
  damage.surroundings.bytes[16] = wrong;
  damage.surroundings.bytes[32] = std::nullopt;
  EXPECT_EQ(headline(damage),
            "overflow: byte +20 of the 20-byte object block at 0x1230, serial 7 holds 41 instead of fd; "
            "noticed by free");
  EXPECT_EQ(to_string(damage), headline(damage) +
                                   "\n"
                                   "  bytes around, by their offset from 0x1230:\n"
                                   "      +4:  61   61   61   61 \n"
                                   "      +8:  61   61   61   61   61   61   61   61 \n"
                                   "     +16:  61   61   61   61  [41]  61   61   61 \n"
                                   "     +24:  61   61   61   61   61   61   61   61 \n"
                                   "     +32:  61   61   61   61   -- \n");
}

TEST(BlockDamage, HasAHeadlineForEveryKind) {
  const auto line = [](DamageKind kind) {
    BlockDamage damage{.kind = kind,
                       .noticed_by = NoticedBy::realloc,
                       .layer = Domain::mem,
                       .owner = Domain::raw,
                       .address = 0x1230,
                       .offset = -3,
                       .size = 20,
                       .freed = kind == DamageKind::use_after_free};
    damage.surroundings.bytes.fill(wrong);
    return headline(damage);
  };
  EXPECT_EQ(line(DamageKind::underflow),
            "underflow: byte -3 of the 20-byte raw block at 0x1230 holds 41; noticed by realloc");
  EXPECT_EQ(line(DamageKind::use_after_free),
            "use after free: byte -3 of the freed 20-byte raw block at 0x1230 holds 41; noticed by realloc");
  EXPECT_EQ(line(DamageKind::double_free),
            "double free: the 20-byte raw block at 0x1230 was freed before; noticed by realloc");
  EXPECT_EQ(line(DamageKind::foreign_pointer),
            "foreign pointer: 0x1230 is no block of the mem domain; noticed by realloc");
  EXPECT_EQ(line(DamageKind::interior_pointer),
            "interior pointer: the pointer leads to byte -3 of the 20-byte raw block at 0x1230; noticed by "
            "realloc");
  EXPECT_EQ(line(DamageKind::wrong_domain),
            "wrong domain: the 20-byte raw block at 0x1230 was given to the mem domain; noticed by realloc");
}

TEST(DebugLayerDeathTest, PrintsTheReportAndAbortsWhereNoHandlerIsGiven) {
  PlainBase base;
  SerialCounter counter;
  DebugLayer layer(functions_of(base), Domain::object, counter);
  auto* const block = static_cast<std::byte*>(layer.malloc(20));
  block[20] = wrong;
  EXPECT_DEATH(layer.free(block),
               "overflow: byte \\+20 of the 20-byte object block .* holds 41 instead of fd");
  block[20] = guard_byte;
}

}  // namespace
}  // namespace pymalloc

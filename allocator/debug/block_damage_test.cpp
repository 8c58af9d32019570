#include "allocator/debug/block_damage.hpp"

#include <gtest/gtest.h>

#include "allocator/debug/debug_layer.hpp"
#include "allocator/debug/testing/expect_damage.hpp"
#include "allocator/debug/testing/plain_base.hpp"

namespace pymalloc {
namespace {

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

TEST(BlockDamage, SaysWhatIsKnownOfABlockAndNoMore) {
  BlockDamage damage{.kind = DamageKind::double_free,
                     .noticed_by = NoticedBy::release,
                     .layer = Domain::mem,
                     .address = 0x1230};
  EXPECT_EQ(headline(damage),
            "double free: the block at 0x1230 was freed before; noticed by the release of a block held back");
  damage.kind = DamageKind::interior_pointer;
  damage.noticed_by = NoticedBy::check;
  damage.freed = true;
  damage.size = 20;
  damage.offset = 4;
  EXPECT_EQ(headline(damage),
            "interior pointer: the pointer leads to byte +4 of the freed 20-byte block at 0x1230; noticed by "
            "a check of all blocks");
  damage.kind = DamageKind::use_after_free;
  EXPECT_EQ(headline(damage),
            "use after free: byte +4 of the freed 20-byte block at 0x1230 holds what cannot be read; noticed "
            "by a check of all blocks");
}

TEST(BlockDamage, CallsWhatIsInNoListUnknown) {
  constexpr std::uint8_t no_such = 99;
  const BlockDamage damage{.kind = static_cast<DamageKind>(no_such),
                           .noticed_by = static_cast<NoticedBy>(no_such),
                           .layer = static_cast<Domain>(no_such)};
  EXPECT_EQ(headline(damage), "unknown: unknown; noticed by unknown");
  EXPECT_EQ(to_string(damage.layer), "unknown");
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

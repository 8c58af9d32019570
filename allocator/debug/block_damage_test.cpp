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

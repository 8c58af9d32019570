#include "harness/subjects/debug_model.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <string>

namespace poolhammer {
namespace {

using namespace pymalloc;
using testing::HasSubstr;
using testing::StartsWith;

/// Blocks of 24 bytes in memory of the test, marked by hand: 16 bytes before, 16 behind.
class Marked : public testing::Test {
 protected:
  static constexpr std::size_t size = 24;
  static constexpr std::size_t stride = 64;

  [[nodiscard]] DebugBlock block(std::size_t number) {
    return {memory_.data() + number * stride + DebugModel::front, size, Domain::mem, {}};
  }

  /// As the layer marks it; of `serial` the lowest byte.
  void mark(std::size_t number, unsigned char serial, bool dead = false) {
    const auto fill = [](std::byte* begin, std::size_t count, int value) {
      std::memset(begin, value, count);
    };
    std::byte* const start = block(number).data - DebugModel::front;
    fill(start, 8, 0);
    start[7] = std::byte{size};
    start[8] = static_cast<std::byte>(dead ? 'M' : 'm');
    fill(start + 9, 7, dead ? 0xDD : 0xFD);
    fill(start + 16, size, dead ? 0xDD : 0xCD);
    fill(start + 16 + size, 8, dead ? 0xDD : 0xFD);
    fill(start + 24 + size, 8, 0);
    start[31 + size] = static_cast<std::byte>(serial);
  }

  [[nodiscard]] std::string allocated(std::size_t number, unsigned char serial) {
    mark(number, serial);
    return said(model_.allocated(block(number), false, 0, below_));
  }
  [[nodiscard]] std::string freed(std::size_t number, unsigned char serial, std::size_t held_bytes) {
    mark(number, serial, true);
    BelowCall below = below_;
    below.held_bytes = held_bytes;
    return said(model_.freed(block(number).data, 0, below));
  }
  [[nodiscard]] static std::string said(const DebugModel::Outcome& outcome) {
    return outcome ? to_string(*outcome) : "";
  }

  alignas(16) std::array<std::byte, 8 * stride> memory_{};
  DebugModel model_{DebugSettings{.serials = true, .quarantine = 3 * 56}};
  BelowCall below_{.in_pools = [](const void*, std::size_t) { return false; }};
};

TEST_F(Marked, AreSoundWhereEveryByteIsWhatItMustBe) {
  EXPECT_EQ(allocated(0, 1), "");
  EXPECT_EQ(allocated(1, 2), "");
  EXPECT_EQ(freed(0, 1, 56), "");
}

TEST_F(Marked, HaveNoSizeWhereTheirBytesAloneTellAndItIsImpossible) {
  const DebugModel by_bytes({.registry = false});
  const BlockDamage lost = by_bytes.of_impossible_size(block(0), -16);
  EXPECT_EQ(lost.kind, DamageKind::underflow);
  EXPECT_EQ(lost.offset, -9);
  EXPECT_FALSE(lost.size);
  EXPECT_EQ(lost.owner, Domain::mem);
  const BlockDamage known = model_.of_impossible_size(block(0), -16);
  EXPECT_EQ(known.offset, -16);
  EXPECT_EQ(known.size, size);
  EXPECT_EQ(known.expected, std::byte{0});
}

TEST_F(Marked, AreAccusedForEachGuard) {
  ASSERT_EQ(allocated(0, 1), "");
  const DebugBlock live = *model_.live(block(0).data);
  constexpr auto end = static_cast<std::ptrdiff_t>(size);
  for (std::ptrdiff_t offset = -16; offset < end + 16; ++offset) {
    live.data[offset] ^= std::byte{1};
    const bool of_data = offset >= 0 && offset < end;
    EXPECT_THAT(said(model_.guards_hold(live)), StartsWith(of_data ? "" : "debug.guards")) << offset;
    live.data[offset] ^= std::byte{1};
  }
  EXPECT_EQ(said(model_.guards_hold(live)), "");
}

TEST_F(Marked, MustCarryTheNextNumber) {
  EXPECT_EQ(allocated(0, 1), "");
  EXPECT_THAT(allocated(1, 3), HasSubstr("serial 2 behind"));
  EXPECT_THAT(allocated(2, 1), HasSubstr("serial 2 behind"));
}

TEST_F(Marked, MayMissANumberAfterARefusal) {
  EXPECT_EQ(allocated(0, 1), "");
  BelowCall refusing = below_;
  refusing.refusals = 1;
  EXPECT_EQ(said(model_.refused(Domain::mem, size, refusing)), "");
  EXPECT_EQ(allocated(1, 3), "");
  EXPECT_THAT(allocated(2, 5), HasSubstr("serial 4 behind"));
}

TEST_F(Marked, MustBeFreshWhenTheyAreNew) {
  mark(0, 1);
  block(0).data[5] = std::byte{0};
  EXPECT_THAT(said(model_.allocated(block(0), false, 0, below_)), StartsWith("debug.fresh-bytes"));
}

TEST_F(Marked, AreHeldBackTheOldestLeavingFirst) {
  for (unsigned char i = 0; i < 4; ++i) EXPECT_EQ(allocated(i, static_cast<unsigned char>(i + 1)), "");
  for (unsigned char i = 0; i < 3; ++i)
    EXPECT_EQ(freed(i, static_cast<unsigned char>(i + 1), (i + 1U) * 56), "");
  // The budget of three is used up: the first leaves.
  const JournalEntry wrong{Call::raw_free, reinterpret_cast<std::uintptr_t>(block(2).data - 16), 0, 0};
  below_.journal = std::span(&wrong, 1);
  EXPECT_THAT(freed(3, 4, 3 * 56), HasSubstr("to be held back"));
}

TEST_F(Marked, AreNobodyElsesWhileTheyAreHeldBack) {
  EXPECT_EQ(allocated(0, 1), "");
  EXPECT_EQ(freed(0, 1, 56), "");
  below_.held_bytes = 56;
  EXPECT_THAT(allocated(0, 2), StartsWith("debug.quarantine"));
}

TEST_F(Marked, AreCountedWithTheirGuards) {
  EXPECT_EQ(allocated(0, 1), "");
  EXPECT_THAT(freed(0, 1, size), HasSubstr("56 bytes held back"));
}

TEST_F(Marked, HaveADiagnosisForEveryPointer) {
  ASSERT_EQ(allocated(0, 1), "");
  ASSERT_EQ(allocated(1, 2), "");
  ASSERT_EQ(freed(1, 2, 56), "");
  std::byte* const live = block(0).data;
  EXPECT_FALSE(model_.of_pointer(Domain::mem, live));
  EXPECT_EQ(model_.of_pointer(Domain::mem, live + 39)->kind, DamageKind::interior_pointer);
  EXPECT_EQ(model_.of_pointer(Domain::mem, live + 40)->kind, DamageKind::foreign_pointer);
  EXPECT_EQ(model_.of_pointer(Domain::raw, live)->kind, DamageKind::wrong_domain);
  const auto twice = model_.of_pointer(Domain::mem, block(1).data);
  EXPECT_EQ(twice->kind, DamageKind::double_free);
  EXPECT_EQ(twice->serial, 2U);
  const auto elsewhere = model_.of_pointer(Domain::raw, block(1).data);
  EXPECT_EQ(elsewhere->kind, DamageKind::double_free);
  EXPECT_EQ(elsewhere->owner, Domain::mem);
  EXPECT_FALSE(elsewhere->serial) << "that domain has it";
}

TEST(ReportText, IsWhatTheLayerSaysInItsOwnWords) {
  for (std::size_t kind = 0; kind < damage_kinds; ++kind) {
    for (const bool freed : {false, true}) {
      BlockDamage damage{.kind = static_cast<DamageKind>(kind),
                         .noticed_by = static_cast<NoticedBy>(kind % 4),
                         .layer = Domain::object,
                         .owner = Domain::mem,
                         .address = 0x1230,
                         .offset = -3,
                         .size = 20,
                         .serial = 7,
                         .freed = freed,
                         .expected = std::byte{0xFD}};
      damage.surroundings.first = -19;
      damage.surroundings.bytes.at(16) = std::byte{0x41};
      damage.allocated_by = "    #0 0x1\n";
      EXPECT_EQ(report_text(damage), to_string(damage));
      damage.owner.reset();
      damage.size.reset();
      damage.serial.reset();
      damage.expected.reset();
      EXPECT_EQ(report_text(damage), to_string(damage));
    }
  }
}

}  // namespace
}  // namespace poolhammer

#pragma once

#include <gtest/gtest.h>

#include <cstddef>

#include "allocator/debug/block_damage.hpp"

namespace pymalloc {

/// What tests overwrite with.
inline constexpr std::byte wrong{0x41};

/// What the layer must say, apart from the surroundings.
inline void expect_damage(const BlockDamage& seen, const BlockDamage& wanted) {
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

}  // namespace pymalloc

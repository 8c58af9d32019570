#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "harness/oracles/complaint.hpp"

namespace poolhammer {

/// The oracle's id, which is that of a clause, too.
inline constexpr std::string_view capacity_oracle = "contract.capacity.kept";

/// How many blocks alike an allocator had room for when it held nothing else. When it is empty again, as many
/// fit again, where blocks of other sizes did not come between: an allocator may cut its memory to pieces for
/// those and never join them. One that has room for none then takes nothing back by design (an arena that is
/// reset as a whole): of such a one nothing is said.
///
/// Of an allocator that has been seen to join its pieces more is asked: whatever came between, the room does
/// not get less again and again. What it keeps for itself of some sizes once is not held against it.
class CapacityBook {
 public:
  /// What fitted need not fit again, as something else came between.
  void forget() { *this = {}; }
  /// A block of so many bytes was given.
  void given(std::size_t bytes, std::size_t alignment);
  /// An empty allocator gave so many such blocks before it refused one.
  [[nodiscard]] std::optional<Complaint> filled(std::size_t bytes, std::size_t alignment,
                                                std::uint64_t blocks);

 private:
  /// Fills of one kind of block, with smaller kinds between them.
  struct Fills {
    std::size_t bytes = 0;
    std::size_t alignment = 0;
    std::uint64_t first = 0;  ///< blocks that fitted
    std::uint64_t last = 0;   ///< the last time
    unsigned smaller = 0;     ///< fills of smaller kinds since the first
    unsigned declines = 0;    ///< in a row: it was less than the time before
    bool restored = false;    ///< the first came again after the memory had been cut to smaller pieces
  };

  void note(std::size_t bytes, std::size_t alignment, std::uint64_t blocks);

  std::size_t bytes_ = 0;
  std::size_t alignment_ = 0;
  std::uint64_t most_ = 0;  ///< that fitted; 0: unknown
  Fills fills_;
};

}  // namespace poolhammer

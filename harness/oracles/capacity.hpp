#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <tuple>

#include "harness/oracles/complaint.hpp"
#include "harness/trace/function.hpp"

namespace poolhammer {

// The oracles' ids, which are those of clauses, too.
inline constexpr std::string_view capacity_oracle = "contract.capacity.kept";
inline constexpr std::string_view largest_oracle = "contract.capacity.largest";

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

/// What an allocator had room for when it held nothing, where it is said to coalesce: it joins what is freed,
/// so that, once every block is, it is as it was when it was new. Then all that ever fitted fits again,
/// whatever came between: the largest block, and as many blocks of each kind. Nothing is presumed of kinds
/// that were not asked for, nor of an allocator that nobody says this of.
class CoalescedRoom {
 public:
  struct Kind {
    Function function = Function::malloc;
    std::size_t bytes = 0;
    std::size_t alignment = 0;  ///< 0: none was asked for

    friend bool operator<(const Kind& a, const Kind& b) {
      return std::tie(a.function, a.bytes, a.alignment) < std::tie(b.function, b.bytes, b.alignment);
    }
  };

  /// What fitted need not fit again.
  void forget() { most_.clear(); }
  /// An empty allocator gave so many blocks. `refused`: it had no room for one more; else no more were asked
  /// for.
  [[nodiscard]] std::optional<Complaint> filled(const Kind& kind, std::uint64_t blocks, bool refused);

 private:
  std::map<Kind, std::uint64_t> most_;
};

}  // namespace poolhammer

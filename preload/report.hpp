#pragma once

#include <cstdint>

#include "allocator/heap_state.hpp"
#include "allocator/invariants/violation.hpp"
#include "preload/settings.hpp"

namespace poolhammer::preload {

/// What was asked of the library since the process began or was forked.
struct Counts {
  std::uint64_t small_allocations = 0;  ///< requests for a new block that pools serve if they can
  std::uint64_t large_allocations = 0;  ///< those for the C library: large, aligned to more than 16, or of 0
  std::uint64_t reallocations = 0;      ///< of a block to a size, neither null
  std::uint64_t frees = 0;              ///< of a block, not null
  std::uint64_t checks = 0;             ///< walks over the whole heap
  std::uint64_t checks_given_up = 0;    ///< those that found no memory for their own books

  [[nodiscard]] std::uint64_t operations() const {
    return small_allocations + large_allocations + reallocations + frees;
  }
};

/// A line about the violation for stderr and the file of the statistics, if there is one.
void report(const Settings& settings, const Counts& counts, const pymalloc::Violation& violation) noexcept;

/// The statistics, one figure a line, to where the settings want them.
void report(const Settings& settings, const Counts& counts, const pymalloc::Totals& totals,
            const pymalloc::ArenaEvents& arenas) noexcept;

}  // namespace poolhammer::preload

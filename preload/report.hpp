#pragma once

#include <cstdint>

#include "allocator/heap_state.hpp"
#include "allocator/invariants/inspection.hpp"
#include "allocator/layout.hpp"
#include "preload/settings.hpp"

namespace poolhammer::preload {

using Layout = pymalloc::Modern;

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

/// A line about the violation on stderr, and an object in the file of the statistics, if there is one.
/// Allocates; where there is no memory, at least the invariant's name is said.
void report_damage(const Settings& settings, const Counts& counts,
                   const pymalloc::Violation& violation) noexcept;

/// The statistics: as text on stderr, as one line with a JSON object in the file, to whichever the settings
/// name. A heap that is damaged is not counted; instead, the first violation is said.
void report_statistics(const Settings& settings, const Counts& counts,
                       const pymalloc::HeapState<Layout>& heap) noexcept;

}  // namespace poolhammer::preload

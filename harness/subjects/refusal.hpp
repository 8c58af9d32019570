#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "allocator/journal.hpp"

namespace poolhammer {

/// Whether the calls that a request for `size` bytes made end with a refusal of just that: the raw allocator
/// serves what no pool can, and only where it refuses is NULL due. A refused arena, table or radix node is no
/// reason. Where no call was noted, nobody is accused.
[[nodiscard]] inline bool last_refusal_is_of(std::span<const pymalloc::JournalEntry> calls,
                                             std::size_t size) {
  using pymalloc::Call;
  if (calls.empty()) return true;
  const pymalloc::JournalEntry& last = calls.back();
  const bool serves =
      last.call == Call::raw_malloc || last.call == Call::raw_calloc || last.call == Call::raw_realloc;
  return serves && last.answer == 0 && last.size == std::max<std::size_t>(size, 1);
}

}  // namespace poolhammer

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "allocator/invariants/violation.hpp"
#include "allocator/statistics/statistics.hpp"

namespace poolhammer {

/// What the arenas of a system hold, counted from their bytes alone: the layout modern as it is written
/// down, and nothing of the allocator's own code.
struct CountedArenas {
  struct Class {
    std::uint64_t pools = 0;
    std::uint64_t blocks_in_use = 0;
    std::uint64_t blocks_free = 0;
  };
  struct Arena {
    std::uint64_t pools_in_use = 0;
    std::uint64_t pools_empty = 0;
    std::uint64_t pools_fresh = 0;
    std::uint64_t bytes_in_use = 0;
  };
  std::vector<Class> classes;
  std::map<std::uintptr_t, Arena> arenas;
  std::map<std::uintptr_t, std::uint64_t> blocks_in_pool;  ///< in use, by the pool's address
  pymalloc::ByteStatistics bytes;
};

/// Makes an arena one that can be counted, before a system has it: it may be of any contents, and what its
/// pools have in use, and whether they were carved, must say nothing then.
void begin_counting(std::uintptr_t arena, std::size_t size);

/// Of arenas by their addresses, which begin_counting was told of.
[[nodiscard]] CountedArenas count_arenas(const std::map<std::uintptr_t, std::size_t>& arenas);

/// Whether the statistics say what was counted; of arenas that came and went, what `events` has.
struct ArenaAccount {
  std::uint64_t requested = 0;
  std::uint64_t refused = 0;
  std::uint64_t released = 0;
  std::uint64_t most = 0;
  bool exact = true;  ///< nothing but the arena source refused
};
[[nodiscard]] std::optional<pymalloc::Violation> figures_hold(const pymalloc::Statistics& figures,
                                                              const CountedArenas& counted,
                                                              const ArenaAccount& account);

/// Whether the text and the JSON say the same as the figures, also where somebody says what was asked for.
[[nodiscard]] std::optional<pymalloc::Violation> texts_hold(const pymalloc::Statistics& figures);

}  // namespace poolhammer

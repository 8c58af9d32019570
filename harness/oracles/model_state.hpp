#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory_resource>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "harness/subjects/heap_view.hpp"
#include "harness/subjects/model_layout.hpp"

namespace poolhammer {

/// A pool by its arena's index and its number inside the arena, from the arena's first pool.
struct ModelPoolId {
  std::uint32_t arena = 0;
  std::uint32_t number = 0;

  friend bool operator==(const ModelPoolId&, const ModelPoolId&) = default;
};

/// A carved pool. Blocks are numbered from the first behind the header.
struct ModelPool {
  std::optional<std::uint32_t> size_class;  ///< none: never initialised
  std::uint32_t carved = 0;                 ///< blocks 0 .. carved-1 were given out or are free
  std::uint32_t live = 0;
  std::vector<std::uint32_t> free;      ///< numbers of the free blocks; the last is given next
  std::optional<std::uint64_t> listed;  ///< its turn in the used list of its class
};

/// An arena object. One without an address is unused.
struct ModelArena {
  std::uintptr_t address = 0;
  std::uint32_t total = 0;                ///< pools that fit
  std::vector<ModelPool> pools;           ///< those carved, by number
  std::vector<std::uint32_t> free_pools;  ///< numbers of those that became empty; the last is taken next
  std::uint64_t turn = 0;                 ///< when it got its place among the usable arenas

  /// Pools that it can still give.
  [[nodiscard]] std::uint32_t available() const {
    return static_cast<std::uint32_t>(total - pools.size() + free_pools.size());
  }
};

/// A heap as the policy sees it: values only, no addresses but those of arenas. Lists in which the newest
/// comes first are ordered by turns, which count up.
struct ModelState {
  /// First the number of free pools, then the newest: an arena that moves becomes the first of its equals.
  using UsableKey = std::pair<std::uint32_t, std::uint64_t>;

  /// Lists take their memory from `memory`, which must outlive this; a copy's come from the default resource.
  explicit ModelState(std::pmr::memory_resource& memory) : usable(&memory), used(&memory), pool_at(&memory) {}

  std::vector<ModelArena> arenas;     ///< the table of arena objects
  std::vector<std::uint32_t> unused;  ///< indices of the unused ones; the last is used next
  using Usable = std::pmr::map<UsableKey, std::uint32_t>;
  Usable usable;  ///< arenas with a free pool, in their order
  std::pmr::vector<std::pmr::map<std::uint64_t, ModelPoolId>>
      used;  ///< by class; the highest turn is the first pool
  std::pmr::unordered_map<std::uintptr_t, ModelPoolId> pool_at;  ///< carved pools by their base
  std::set<std::pair<std::size_t, std::uintptr_t>>
      nodes;                             ///< radix nodes: level, and the address bits above it
  std::vector<std::uintptr_t> released;  ///< addresses of arenas that were given back, each once
  std::uint64_t turns = 0;

  std::uint64_t live_blocks = 0;
  std::uint64_t live_bytes = 0;  ///< by block sizes
  std::uint64_t live_pools = 0;
  std::uint64_t live_arenas = 0;
  ArenaCounts arena_counts;

  [[nodiscard]] ModelPool& pool(ModelPoolId id) { return arenas[id.arena].pools[id.number]; }
  [[nodiscard]] const ModelPool& pool(ModelPoolId id) const { return arenas[id.arena].pools[id.number]; }

  void note_released(std::uintptr_t arena) {
    if (std::ranges::find(released, arena) == released.end()) released.push_back(arena);
  }

  /// A later turn has a smaller key.
  [[nodiscard]] static UsableKey key_of(const ModelArena& arena) { return {arena.available(), ~arena.turn}; }
};

}  // namespace poolhammer

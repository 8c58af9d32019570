#pragma once

#include <cstddef>
#include <cstdint>

#include "allocator/pool.hpp"

namespace pymalloc {

/// One entry of the heap's table of arena objects. It is
/// - unused: address = 0, in the unused list (singly linked by nextarena);
/// - usable: it has a free pool, and is in the list of usable arenas, which ascends by nfreepools;
/// - exhausted: no free pool, in no list (its links are stale).
struct ArenaObject {
  std::uintptr_t address;     ///< what the source returned, not rounded; 0 while unused
  std::byte* pool_address;    ///< the next pool never carved
  std::uint32_t nfreepools;   ///< pools in freepools and pools not yet carved
  std::uint32_t ntotalpools;  ///< pools that fit, one less where `address` is not on a pool boundary
  PoolHeader* freepools;      ///< empty pools, linked by nextpool, the last emptied first
  ArenaObject* nextarena;
  ArenaObject* prevarena;
};

/// The first pool boundary at or behind the arena's address.
template <Layout L>
[[nodiscard]] inline std::uintptr_t first_pool_of(std::uintptr_t arena_address) {
  return (arena_address + L::pool_size - 1) & ~(std::uintptr_t{L::pool_size} - 1);
}

/// Makes an arena object describe new memory at `address`, no pool carved yet. Touches no link.
template <Layout L>
inline void set_arena(ArenaObject& arena, std::uintptr_t address) {
  const std::uintptr_t first = first_pool_of<L>(address);
  arena.address = address;
  arena.pool_address = std::bit_cast<std::byte*>(first);
  arena.freepools = nullptr;
  arena.ntotalpools = Geometry<L>::pools_per_arena - (first == address ? 0 : 1);
  arena.nfreepools = arena.ntotalpools;
}

}  // namespace pymalloc

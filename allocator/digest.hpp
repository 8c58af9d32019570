#pragma once

#include <bit>
#include <cstdint>

#include "allocator/heap_state.hpp"

namespace pymalloc {

/// A 64-bit digest of all that decides a heap's further behaviour: arenas, pools, free lists and the order of
/// every list. Equal states have equal digests; counters of past events are not part of it. Needs a sound
/// heap.
template <Layout L>
class Digest {
 public:
  [[nodiscard]] static std::uint64_t of(const HeapState<L>& state) {
    Digest digest;
    digest.add(state.maxarenas);
    for (std::uint32_t i = 0; i < state.maxarenas; ++i) digest.add_arena(state.arenas[i]);
    for (const ArenaObject* a = state.unused_arena_objects; a != nullptr; a = a->nextarena)
      digest.add_index(state, a);
    for (const ArenaObject* a = state.usable_arenas; a != nullptr; a = a->nextarena)
      digest.add_index(state, a);
    for (const PoolHeader& head : state.usedpools) {
      for (const PoolHeader* pool = head.nextpool; pool != &head; pool = peek(pool->nextpool)) {
        digest.add(address_of(pool));
      }
      digest.add(end_of_list);
    }
    return digest.value_;
  }

 private:
  static constexpr std::uint64_t end_of_list = 1;

  void add(std::uint64_t number) {
    value_ = std::rotl((value_ ^ number) * 0x9E3779B97F4A7C15U, 29) * 0xBF58476D1CE4E5B9U;
  }
  void add_index(const HeapState<L>& state, const ArenaObject* arena) {
    add(static_cast<std::uint64_t>(arena - state.arenas) + 2);
  }

  void add_arena(const ArenaObject& arena) {
    add(arena.address);
    if (arena.address == 0) return;
    add(address_of(arena.pool_address));
    for (const PoolHeader* pool = arena.freepools; pool != nullptr; pool = peek(pool->nextpool))
      add(address_of(pool));
    add(end_of_list);
    for (std::uintptr_t pool = first_pool_of<L>(arena.address); pool < address_of(arena.pool_address);
         pool += L::pool_size) {
      add_pool(std::bit_cast<const PoolHeader*>(pool));
    }
  }

  void add_pool(const PoolHeader* pool) {
    add(peek(pool->ref_count));
    add(peek(pool->szidx));
    add(peek(pool->nextoffset));
    for (const std::byte* block = peek(pool->freeblock); block != nullptr; block = link_of(block)) {
      add(address_of(block));
    }
  }

  std::uint64_t value_ = 0;
};

}  // namespace pymalloc

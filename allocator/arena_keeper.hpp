#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "allocator/arena_list.hpp"
#include "allocator/arena_source.hpp"
#include "allocator/heap_state.hpp"
#include "allocator/poison.hpp"
#include "allocator/raw_allocator.hpp"

namespace pymalloc {

/// The part of a heap that deals in whole pools: it requests arenas and releases them, and keeps the table of
/// arena objects and the address map. Off the hot path.
template <Layout L, ArenaSource Source, RawAllocator Raw>
class ArenaKeeper {
 public:
  // An arena that becomes wholly free had a free pool before, so that it is in the list: also a misaligned
  // one.
  static_assert(Geometry<L>::pools_per_arena > 2);
  static_assert(Geometry<L>::capacity(Geometry<L>::classes - 1) >= 2, "a new pool carves two blocks at once");

  ArenaKeeper(HeapState<L>& state, Source& source, Raw& raw) : state_(state), source_(source), raw_(raw) {}

  /// An empty pool of the first usable arena, or its next fresh one, or the first of a new arena; null where
  /// no arena can be had. A fresh pool has szidx = no_size_class.
  [[nodiscard]] PoolHeader* take_pool() {
    if (state_.usable_arenas == nullptr) {
      ArenaObject* const arena = new_arena();
      if (arena == nullptr) {
        ++state_.arena_events.refused;
        return nullptr;
      }
      list().insert_only(*arena);
    }
    ArenaObject& arena = *state_.usable_arenas;
    PoolHeader* pool = arena.freepools;
    if (pool != nullptr) {
      arena.freepools = peek(pool->nextpool);
    } else {
      pool = carve_pool(arena);
    }
    list().first_lost_a_pool();
    return pool;
  }

  /// Takes a pool back whose last block was freed, and releases its arena when that leaves it wholly free and
  /// the layout does not keep it.
  void give_pool(PoolHeader* pool) {
    ArenaObject& arena = state_.arena_of(pool);
    poke(pool->nextpool, arena.freepools);
    arena.freepools = pool;
    const bool wholly_free = arena.nfreepools + 1 == arena.ntotalpools;
    if (!wholly_free) {
      list().gained_a_pool(arena);
    } else if (L::keeps_last_arena && arena.nextarena == nullptr) {
      ++state_.arena_events.kept;
      list().gained_a_pool(arena);
    } else {
      list().remove(arena);
      release(arena);
    }
  }

  /// Gives back all arenas, the map and the table. The heap is dead afterwards.
  void release_everything() {
    for (std::uint32_t i = 0; i < state_.maxarenas; ++i) {
      if (state_.arenas[i].address != 0) release(state_.arenas[i]);
    }
    if constexpr (HeapState<L>::has_radix_map) state_.map.clear(raw_);
    if (state_.arenas != nullptr) raw_.free(state_.arenas);
  }

 private:
  [[nodiscard]] ArenaList<L> list() { return ArenaList<L>(state_); }

  [[nodiscard]] PoolHeader* carve_pool(ArenaObject& arena) {
    auto* const pool = reinterpret_cast<PoolHeader*>(arena.pool_address);
    poke(pool->arenaindex, static_cast<std::uint32_t>(&arena - state_.arenas));
    poke(pool->szidx, no_size_class);
    arena.pool_address += L::pool_size;
    return pool;
  }

  /// An arena object with fresh memory, in the map and in no list; null where the source or the raw allocator
  /// refuse.
  [[nodiscard]] ArenaObject* new_arena() {
    ++state_.arena_events.requested;
    if (state_.unused_arena_objects == nullptr && !grow_table()) return nullptr;
    // The object stays on the unused list until all is had: a refusal has nothing to undo.
    ArenaObject& arena = *state_.unused_arena_objects;
    void* const memory = source_.allocate(L::arena_size);
    if (memory == nullptr) return nullptr;
    if constexpr (HeapState<L>::has_radix_map) {
      if (!state_.map.mark(address_of(memory), raw_)) {
        source_.release(memory, L::arena_size);
        return nullptr;
      }
    }
    state_.unused_arena_objects = arena.nextarena;
    set_arena<L>(arena, address_of(memory));
    poison(memory, L::arena_size);
    ++state_.totals.arenas;
    state_.arena_events.most = std::max<std::uint64_t>(state_.arena_events.most, state_.totals.arenas);
    return &arena;
  }

  /// Gives an unlisted arena back to the source.
  void release(ArenaObject& arena) {
    auto* const memory = std::bit_cast<void*>(arena.address);
    if constexpr (HeapState<L>::has_radix_map) state_.map.unmark(arena.address);
    arena.address = 0;
    arena.nextarena = state_.unused_arena_objects;
    state_.unused_arena_objects = &arena;
    unpoison(memory, L::arena_size);
    source_.release(memory, L::arena_size);
    --state_.totals.arenas;
    ++state_.arena_events.released;
  }

  /// Doubles the table of arena objects. Only called when no object is unused and no arena is usable: nothing
  /// points into the table then, so it may move.
  [[nodiscard]] bool grow_table() {
    const std::uint32_t old_length = state_.maxarenas;
    const std::uint32_t length = old_length == 0 ? L::initial_arena_objects : old_length * 2;
    if (length <= old_length) return false;  // the doubling overflowed
    if (length > std::numeric_limits<std::size_t>::max() / sizeof(ArenaObject)) return false;
    void* const table = raw_.realloc(state_.arenas, length * sizeof(ArenaObject));
    if (table == nullptr) return false;
    state_.arenas = static_cast<ArenaObject*>(table);
    state_.maxarenas = length;
    for (std::uint32_t i = old_length; i < length; ++i) {
      ArenaObject* const next = i + 1 < length ? &state_.arenas[i + 1] : nullptr;
      state_.arenas[i] = ArenaObject{.address = 0,
                                     .pool_address = nullptr,
                                     .nfreepools = 0,
                                     .ntotalpools = 0,
                                     .freepools = nullptr,
                                     .nextarena = next,
                                     .prevarena = nullptr};
    }
    state_.unused_arena_objects = &state_.arenas[old_length];
    ++state_.arena_events.table_grown;
    return true;
  }

  HeapState<L>& state_;
  Source& source_;
  Raw& raw_;
};

}  // namespace pymalloc

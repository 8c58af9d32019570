#pragma once

#include <cstdint>

#include "allocator/heap_state.hpp"

namespace pymalloc {

/// The usable arenas of a heap: a doubly linked list that ascends by nfreepools, so that the fullest arena
/// serves first and the emptiest has a chance to become wholly free. Every function keeps the order and
/// nfp2lasta exact.
template <Layout L>
class ArenaList {
 public:
  explicit ArenaList(HeapState<L>& state) : state_(state) {}

  /// Puts in an arena with a free pool when it is the only one.
  void insert_only(ArenaObject& arena) {
    state_.usable_arenas = &arena;
    arena.nextarena = arena.prevarena = nullptr;
    set_last(arena.nfreepools, &arena);
  }

  /// Counts one free pool less in the first arena; unlists it when that was its last.
  void first_lost_a_pool() {
    ArenaObject& first = *state_.usable_arenas;
    // No other arena has fewer free pools than the first, so it alone will have its new number.
    if (last(first.nfreepools) == &first) set_last(first.nfreepools, nullptr);
    --first.nfreepools;
    if (first.nfreepools > 0) {
      set_last(first.nfreepools, &first);
      return;
    }
    ++state_.arena_events.exhausted;
    state_.usable_arenas = first.nextarena;
    if (state_.usable_arenas != nullptr) state_.usable_arenas->prevarena = nullptr;
  }

  /// Counts one free pool more in an arena, and moves it to where it then belongs: first among its equals.
  void gained_a_pool(ArenaObject& arena) {
    const std::uint32_t before = arena.nfreepools++;
    if (before == 0) {
      relist(arena);
      return;
    }
    ArenaObject* const last_equal = find_last(arena, before);
    if (last_equal == &arena) forget_last(arena, before);
    if (last(arena.nfreepools) == nullptr) set_last(arena.nfreepools, &arena);
    if (last_equal == &arena) return;
    ++state_.arena_events.moved;
    unlink(arena);
    insert_behind(*last_equal, arena);
  }

  /// Takes out an arena that is listed.
  void remove(ArenaObject& arena) {
    if (last(arena.nfreepools) == &arena) forget_last(arena, arena.nfreepools);
    unlink(arena);
  }

 private:
  [[nodiscard]] ArenaObject* last(std::uint32_t nfreepools) const { return state_.nfp2lasta[nfreepools]; }

  void set_last(std::uint32_t nfreepools, ArenaObject* arena) {
    if constexpr (HeapState<L>::has_nfp2lasta) state_.nfp2lasta[nfreepools] = arena;
  }

  /// `arena`, the last with that number of free pools, is about to have another number: its neighbour may be
  /// the last now.
  void forget_last(const ArenaObject& arena, std::uint32_t nfreepools) {
    ArenaObject* const previous = arena.prevarena;
    set_last(nfreepools, previous != nullptr && previous->nfreepools == nfreepools ? previous : nullptr);
  }

  /// The last arena from `arena` on that had `nfreepools` when `arena` had; `arena` itself if no other.
  [[nodiscard]] ArenaObject* find_last(ArenaObject& arena, std::uint32_t nfreepools) const {
    if constexpr (HeapState<L>::has_nfp2lasta) {
      return last(nfreepools);
    } else {
      ArenaObject* found = &arena;
      while (found->nextarena != nullptr && found->nextarena->nfreepools == nfreepools)
        found = found->nextarena;
      return found;
    }
  }

  /// One free pool is the least that a usable arena has: the front is its place.
  void relist(ArenaObject& arena) {
    ++state_.arena_events.relisted;
    arena.prevarena = nullptr;
    arena.nextarena = state_.usable_arenas;
    if (arena.nextarena != nullptr) arena.nextarena->prevarena = &arena;
    state_.usable_arenas = &arena;
    if (last(1) == nullptr) set_last(1, &arena);
  }

  void unlink(ArenaObject& arena) {
    if (arena.prevarena == nullptr) {
      state_.usable_arenas = arena.nextarena;
    } else {
      arena.prevarena->nextarena = arena.nextarena;
    }
    if (arena.nextarena != nullptr) arena.nextarena->prevarena = arena.prevarena;
  }

  void insert_behind(ArenaObject& previous, ArenaObject& arena) {
    arena.prevarena = &previous;
    arena.nextarena = previous.nextarena;
    if (arena.nextarena != nullptr) arena.nextarena->prevarena = &arena;
    previous.nextarena = &arena;
  }

  HeapState<L>& state_;
};

}  // namespace pymalloc

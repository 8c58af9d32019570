#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <vector>

#include "allocator/heap_state.hpp"
#include "allocator/invariants/inspection.hpp"
#include "harness/subjects/heap_view.hpp"
#include "harness/subjects/late_counts.hpp"

namespace poolhammer {

/// The inside of a home heap.
template <pymalloc::Layout L>
class HomeView final : public HeapView {
 public:
  /// `state` may be set again when the heap is made anew. [begin, end) is where it may come to have memory:
  /// where its answer depends on memory, the heap is asked of no foreign address elsewhere.
  /// `counts`: what the heap's totals began with.
  void show(const pymalloc::HeapState<L>& state, std::uintptr_t begin = 0, std::uintptr_t end = 0,
            const pymalloc::Totals& counts = {}) {
    state_ = &state;
    counts_ = counts;
    begin_ = begin;
    end_ = end;
  }

  [[nodiscard]] ModelLayout layout() const override { return model_layout<L>(); }

  /// A header is poisoned: it is read here, unchecked, member by member. A copy of the whole may become a
  /// call of memcpy, which is checked.
  [[nodiscard]] PYMALLOC_UNCHECKED PoolView pool(std::uintptr_t address) const override {
    const auto* const header = std::bit_cast<const pymalloc::PoolHeader*>(address);
    return {.ref_count = header->ref_count,
            .size_class = header->szidx,
            .next_offset = header->nextoffset,
            .max_next_offset = header->maxnextoffset,
            .arena_index = header->arenaindex,
            .freeblock = pymalloc::address_of(header->freeblock),
            .nextpool = pool_or_head(header->nextpool),
            .prevpool = pool_or_head(header->prevpool)};
  }
  [[nodiscard]] std::uintptr_t link(std::uintptr_t block) const override {
    return pymalloc::address_of(pymalloc::link_of(std::bit_cast<const std::byte*>(block)));
  }

  [[nodiscard]] bool shows_arenas() const override { return true; }
  [[nodiscard]] std::uint32_t arena_objects() const override { return state_->maxarenas; }
  [[nodiscard]] ArenaView arena(std::uint32_t index) const override {
    const pymalloc::ArenaObject& arena = state_->arenas[index];
    return {.address = arena.address,
            .pool_address = pymalloc::address_of(arena.pool_address),
            .nfreepools = arena.nfreepools,
            .ntotalpools = arena.ntotalpools,
            .freepools = pymalloc::address_of(arena.freepools),
            .nextarena = index_of(arena.nextarena),
            .prevarena = index_of(arena.prevarena)};
  }
  [[nodiscard]] std::uint32_t first_usable_arena() const override { return index_of(state_->usable_arenas); }
  [[nodiscard]] std::uint32_t first_unused_arena() const override {
    return index_of(state_->unused_arena_objects);
  }
  [[nodiscard]] std::uint32_t last_arena_with(std::uint32_t nfreepools) const override {
    return index_of(state_->nfp2lasta[nfreepools]);
  }
  [[nodiscard]] std::uintptr_t first_used_pool(std::uint32_t size_class) const override {
    return pool_or_head(state_->usedpools[size_class].nextpool);
  }
  [[nodiscard]] std::uintptr_t last_used_pool(std::uint32_t size_class) const override {
    return pool_or_head(state_->usedpools[size_class].prevpool);
  }
  [[nodiscard]] pymalloc::Totals totals() const override { return since(counts_, state_->totals); }
  [[nodiscard]] std::optional<ArenaCounts> arena_counts() const override {
    const pymalloc::ArenaEvents& events = state_->arena_events;
    return ArenaCounts{events.requested, events.refused, events.released,
                       events.kept,      events.most,    events.table_grown};
  }

  [[nodiscard]] bool may_ask_of(std::uintptr_t address) const override {
    if constexpr (pymalloc::HeapState<L>::has_radix_map) return true;
    const auto header = pymalloc::address_of(pymalloc::pool_of<L>(std::bit_cast<const void*>(address)));
    return address >= begin_ && address < end_ &&
           pymalloc::readable_by_system()(header, sizeof(pymalloc::PoolHeader));
  }
  [[nodiscard]] std::optional<bool> owns(std::uintptr_t address) const override {
    return state_->owns(std::bit_cast<const void*>(address));
  }
  [[nodiscard]] std::vector<std::uintptr_t> edges() const override {
    return begin_ == end_ ? std::vector<std::uintptr_t>{} : std::vector{begin_, end_ - 1};
  }
  [[nodiscard]] bool poisons() const override { return true; }

 private:
  [[nodiscard]] std::uintptr_t pool_or_head(const pymalloc::PoolHeader* pool) const {
    const auto heads = pymalloc::address_of(state_->usedpools.data());
    return pymalloc::address_of(pool) - heads < sizeof(state_->usedpools) ? 0 : pymalloc::address_of(pool);
  }
  [[nodiscard]] std::uint32_t index_of(const pymalloc::ArenaObject* arena) const {
    if (arena == nullptr) return no_arena;
    const std::uintptr_t offset = pymalloc::address_of(arena) - pymalloc::address_of(state_->arenas);
    const std::uintptr_t index = offset / sizeof(pymalloc::ArenaObject);
    if (offset % sizeof(pymalloc::ArenaObject) != 0 || index >= state_->maxarenas) return foreign_arena;
    return static_cast<std::uint32_t>(index);
  }

  const pymalloc::HeapState<L>* state_ = nullptr;
  std::uintptr_t begin_ = 0;
  std::uintptr_t end_ = 0;
  pymalloc::Totals counts_;
};

}  // namespace poolhammer

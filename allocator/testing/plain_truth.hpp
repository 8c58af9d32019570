#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <set>
#include <string_view>
#include <vector>

#include "allocator/heap_state.hpp"
#include "allocator/invariants/catalogue.hpp"
#include "allocator/invariants/inspection.hpp"

namespace pymalloc {

/// The invariants a second time, as docs/invariants.md states them and in no other words than sets and lists:
/// what check() is compared with. It may be slow, and shares nothing with the checks but the catalogue's
/// names.
template <Layout L>
class PlainTruth {
 public:
  using Geo = Geometry<L>;
  using Name = std::string_view;  ///< of an invariant; empty: it holds

  PlainTruth(const HeapState<L>& state, Readable readable) : state_(state), readable_(readable) {
    for (std::uint32_t i = 0; i < state.maxarenas; ++i) {
      table_.insert(&state.arenas[i]);
      if (state.arenas[i].address != 0) arenas_.insert({state.arenas[i].address, i});
    }
  }

  /// The first invariant of the catalogue that does not hold.
  [[nodiscard]] Name first_broken() {
    for (const auto step :
         {&PlainTruth::readable, &PlainTruth::disjoint, &PlainTruth::total_pools, &PlainTruth::pool_address,
          &PlainTruth::free_pools, &PlainTruth::free_pool_count, &PlainTruth::unused_objects,
          &PlainTruth::usable_links, &PlainTruth::usable_arenas, &PlainTruth::nfp2lasta, &PlainTruth::kept,
          &PlainTruth::map_at_edges, &PlainTruth::map_cells, &PlainTruth::pools, &PlainTruth::accounted,
          &PlainTruth::used_lists, &PlainTruth::used_complete, &PlainTruth::totals}) {
      if (const Name broken = (this->*step)(); !broken.empty()) return broken;
    }
    return {};
  }

 private:
  using Arenas = std::multimap<std::uintptr_t, std::uint32_t>;  // addresses may coincide while unproven

  [[nodiscard]] const ArenaObject& object(std::uint32_t index) const { return state_.arenas[index]; }
  [[nodiscard]] static const PoolHeader& header(std::uintptr_t pool) {
    return *std::bit_cast<const PoolHeader*>(pool);
  }
  template <class Holds>
  [[nodiscard]] Name each(Name name, const Holds& holds) const {
    for (const auto& [address, index] : arenas_) {
      if (!holds(address, object(index))) return name;
    }
    return {};
  }

  /// The pools that fit into [address, address + arena size).
  [[nodiscard]] static std::vector<std::uintptr_t> fitting(std::uintptr_t address) {
    std::vector<std::uintptr_t> pools;
    for (std::uintptr_t byte = address; byte + L::pool_size <= address + L::arena_size; ++byte) {
      if (byte % L::pool_size != 0) continue;
      pools.push_back(byte);
      byte += L::pool_size - 1;
    }
    return pools;
  }

  [[nodiscard]] Name readable() {
    return each(invariant::arena_readable, [&](std::uintptr_t address, const ArenaObject&) {
      return readable_(address, L::arena_size);
    });
  }
  [[nodiscard]] Name disjoint() {
    for (auto arena = arenas_.begin(); arena != arenas_.end(); ++arena) {
      for (auto other = std::next(arena); other != arenas_.end(); ++other) {
        if (other->first < arena->first + L::arena_size) return invariant::arenas_disjoint;
      }
    }
    return {};
  }
  [[nodiscard]] Name total_pools() {
    return each(invariant::arena_total_pools, [&](std::uintptr_t address, const ArenaObject& arena) {
      return arena.ntotalpools == fitting(address).size();
    });
  }
  /// Carves: every pool in front of pool_address.
  [[nodiscard]] Name pool_address() {
    return each(invariant::arena_pool_address, [&](std::uintptr_t address, const ArenaObject& arena) {
      std::set<std::uintptr_t>& carved = carved_[address];
      const std::vector<std::uintptr_t> pools = fitting(address);
      const std::uintptr_t next = address_of(arena.pool_address);
      for (const std::uintptr_t pool : pools) {
        if (pool < next) carved.insert(pool);
      }
      return next == pools.back() + L::pool_size || std::ranges::count(pools, next) == 1;
    });
  }
  [[nodiscard]] Name free_pools() {
    return each(invariant::arena_free_pools, [&](std::uintptr_t address, const ArenaObject& arena) {
      std::set<std::uintptr_t>& free = free_[address];
      for (const PoolHeader* pool = arena.freepools; pool != nullptr; pool = peek(pool->nextpool)) {
        if (!carved_[address].contains(address_of(pool))) return false;
        if (!free.insert(address_of(pool)).second) return false;
      }
      return true;
    });
  }
  [[nodiscard]] Name free_pool_count() {
    return each(invariant::arena_free_pool_count, [&](std::uintptr_t address, const ArenaObject& arena) {
      return arena.nfreepools + carved_[address].size() == free_[address].size() + arena.ntotalpools;
    });
  }
  [[nodiscard]] Name unused_objects() {
    std::set<const ArenaObject*> listed;
    for (const ArenaObject* it = state_.unused_arena_objects; it != nullptr; it = it->nextarena) {
      if (!table_.contains(it) || !listed.insert(it).second) return invariant::unused_arenas_exact;
    }
    std::set<const ArenaObject*> unused;
    std::ranges::copy_if(table_, std::inserter(unused, unused.end()),
                         [](const ArenaObject* it) { return it->address == 0; });
    return listed == unused ? Name() : invariant::unused_arenas_exact;
  }
  [[nodiscard]] Name usable_links() {
    const ArenaObject* before = nullptr;
    for (const ArenaObject* it = state_.usable_arenas; it != nullptr; before = it, it = it->nextarena) {
      if (!table_.contains(it) || it->address == 0 || it->prevarena != before ||
          std::ranges::count(usable_, it) != 0)
        return invariant::usable_arenas_links;
      usable_.push_back(it);
    }
    return {};
  }
  [[nodiscard]] Name usable_arenas() {
    if (std::ranges::any_of(usable_, [](const ArenaObject* it) { return it->nfreepools == 0; }))
      return invariant::usable_arenas_free_pool;
    for (const auto& [address, index] : arenas_) {
      if (object(index).nfreepools != 0 && std::ranges::count(usable_, &object(index)) == 0)
        return invariant::usable_arenas_complete;
    }
    return std::ranges::is_sorted(usable_, {}, &ArenaObject::nfreepools) ? Name()
                                                                         : invariant::usable_arenas_sorted;
  }
  [[nodiscard]] Name nfp2lasta() {
    if (!HeapState<L>::has_nfp2lasta) return {};
    std::map<std::size_t, const ArenaObject*> last;
    for (const ArenaObject* it : usable_) last[it->nfreepools] = it;
    for (std::size_t n = 0; n < state_.nfp2lasta.size(); ++n) {
      if (state_.nfp2lasta[n] != last[n]) return invariant::nfp2lasta_exact;
    }
    return {};
  }
  [[nodiscard]] Name kept() {
    for (const ArenaObject* it : usable_) {
      const bool may_stay = L::keeps_last_arena && it == usable_.back();
      if (it->nfreepools == it->ntotalpools && !may_stay) return invariant::arenas_kept;
    }
    return {};
  }

  [[nodiscard]] bool in_arena(std::uintptr_t address) const {
    return std::ranges::any_of(arenas_, [&](const auto& arena) {
      return address >= arena.first && address < arena.first + L::arena_size;
    });
  }
  [[nodiscard]] Name map_at_edges() {
    if constexpr (HeapState<L>::has_radix_map) {
      for (const auto& [begin, index] : arenas_) {
        const std::uintptr_t end = begin + L::arena_size;
        for (const std::uintptr_t address : {begin, end - 1, begin - 1, end}) {
          if (state_.map.contains(address) == in_arena(address)) continue;
          return in_arena(address) ? invariant::map_holds_arenas : invariant::map_only_arenas;
        }
      }
    }
    return {};
  }
  [[nodiscard]] Name map_cells() {
    if constexpr (HeapState<L>::has_radix_map) {
      bool explained = true;
      state_.map.visit_cells([&](std::uintptr_t number, const typename RadixMap<L>::Cell& cell) {
        const std::uintptr_t start = number * L::arena_size;
        const std::uintptr_t end = start + L::arena_size;
        if (cell.tail != 0 && !arenas_.contains(end - cell.tail)) explained = false;
        if (cell.head != 0 && !arenas_.contains(start + cell.head - L::arena_size)) explained = false;
        return true;
      });
      if (!explained) return invariant::map_only_arenas;
    }
    return {};
  }

  [[nodiscard]] Name pools() {
    for (const auto& [address, index] : arenas_) {
      for (const std::uintptr_t pool : carved_[address]) {
        if (peek(header(pool).arenaindex) != index) return invariant::pool_arena_index;
        if (const Name broken = pool_alone(pool); !broken.empty()) return broken;
      }
    }
    return {};
  }
  [[nodiscard]] static Name pool_alone(std::uintptr_t pool) {
    const PoolHeader& it = header(pool);
    const std::uint32_t size_class = peek(it.szidx);
    if (size_class >= Geo::classes) return invariant::pool_size_class;
    const std::uintptr_t size = (size_class + 1) * L::alignment;
    if (peek(it.maxnextoffset) != L::pool_size - size) return invariant::pool_max_next_offset;
    std::vector<std::uintptr_t> blocks;  // all that fit
    for (std::uintptr_t block = pool + Geo::overhead; block + size <= pool + L::pool_size; block += size)
      blocks.push_back(block);
    const std::uintptr_t next = pool + peek(it.nextoffset);
    const auto carved = static_cast<std::size_t>(std::ranges::lower_bound(blocks, next) - blocks.begin());
    const bool at_block = next == (carved < blocks.size() ? blocks[carved] : blocks.back() + size);
    if (!at_block || carved < 2) return invariant::pool_next_offset;
    std::set<std::uintptr_t> free;
    for (const std::byte* link = peek(it.freeblock); link != nullptr; link = link_of(link)) {
      const std::uintptr_t block = address_of(link);
      if (block < blocks.front() || block >= pool + L::pool_size) return invariant::free_list_inside_pool;
      if ((block - blocks.front()) % size != 0) return invariant::free_list_block_boundary;
      if (block >= next) return invariant::free_list_carved;
      if (!free.insert(block).second) return invariant::free_list_no_block_twice;
    }
    if (peek(it.ref_count) != carved - free.size()) return invariant::pool_ref_count;
    return free.empty() && carved < blocks.size() ? invariant::pool_full_or_ready : Name();
  }
  [[nodiscard]] Name accounted() {
    for (const auto& [address, index] : arenas_) {
      for (const std::uintptr_t pool : free_[address]) {
        if (peek(header(pool).ref_count) != 0) return invariant::pool_state;
      }
      for (const std::uintptr_t pool : carved_[address]) {
        if (peek(header(pool).ref_count) == 0 && !free_[address].contains(pool))
          return invariant::arena_pools_accounted;
      }
    }
    return {};
  }

  [[nodiscard]] bool is_carved(std::uintptr_t pool) const {
    return std::ranges::any_of(carved_, [&](const auto& arena) { return arena.second.contains(pool); });
  }
  [[nodiscard]] static std::uint32_t capacity(const PoolHeader& pool) {
    return static_cast<std::uint32_t>((L::pool_size - Geo::overhead) /
                                      ((peek(pool.szidx) + 1) * L::alignment));
  }
  [[nodiscard]] Name used_lists() {
    for (std::uint32_t size_class = 0; size_class < Geo::classes; ++size_class) {
      const PoolHeader* const head = &state_.usedpools[size_class];
      const PoolHeader* before = head;
      for (const PoolHeader* pool = head->nextpool; pool != head;
           before = pool, pool = peek(pool->nextpool)) {
        if (!is_carved(address_of(pool))) return invariant::used_lists_circular;
        if (peek(pool->prevpool) != before) return invariant::used_lists_back_links;
        if (peek(pool->szidx) != size_class) return invariant::used_lists_one_class;
        if (peek(pool->ref_count) == capacity(*pool)) return invariant::used_lists_no_full_pool;
        if (peek(pool->ref_count) == 0) return invariant::used_lists_no_empty_pool;
        used_.insert(address_of(pool));
      }
      if (head->prevpool != before) return invariant::used_lists_back_links;
    }
    return {};
  }
  [[nodiscard]] Name used_complete() {
    for (const auto& [address, carved] : carved_) {
      for (const std::uintptr_t pool : carved) {
        const std::uint32_t count = peek(header(pool).ref_count);
        if (count != 0 && count != capacity(header(pool)) && !used_.contains(pool))
          return invariant::used_lists_complete;
      }
    }
    return {};
  }
  [[nodiscard]] Name totals() {
    Totals due;
    due.arenas = arenas_.size();
    for (const auto& [address, carved] : carved_) {
      for (const std::uintptr_t pool : carved) {
        const std::uint64_t count = peek(header(pool).ref_count);
        due.blocks += count;
        due.bytes += count * (peek(header(pool).szidx) + 1) * L::alignment;
        if (count != 0) ++due.pools;
      }
    }
    if (due.blocks != state_.totals.blocks) return invariant::totals_blocks;
    if (due.bytes != state_.totals.bytes) return invariant::totals_bytes;
    if (due.pools != state_.totals.pools) return invariant::totals_pools;
    return due.arenas == state_.totals.arenas ? Name() : invariant::totals_arenas;
  }

  const HeapState<L>& state_;
  Readable readable_;
  std::set<const ArenaObject*> table_;
  Arenas arenas_;
  std::map<std::uintptr_t, std::set<std::uintptr_t>> carved_, free_;  ///< pools by their arena's address
  std::vector<const ArenaObject*> usable_;
  std::set<std::uintptr_t> used_;  ///< pools in used lists
};

}  // namespace pymalloc

#include "harness/oracles/model_comparison.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace poolhammer {
namespace {

using Found = std::optional<Complaint>;

[[nodiscard]] std::string arena_name(std::uint32_t index) {
  if (index == no_arena) return "none";
  if (index == foreign_arena) return "a pointer out of the table of arenas";
  return fmt::format("arena {}", index);
}

[[nodiscard]] std::string in_hex(std::uintptr_t address) {
  return address == 0 ? "none" : fmt::format("{:#x}", address);
}

[[nodiscard]] Found numbers_differ(std::string_view oracle, const std::string& where, std::string_view name,
                                   std::uint64_t due, std::uint64_t found) {
  return Complaint{std::string(oracle), where, fmt::format("{} = {}", name, due), fmt::format("{}", found)};
}

}  // namespace

Found ModelComparison::touched() const {
  for (const ModelPoolId id : model_.touched_.pools) {
    if (Found difference = pool(id)) return difference;
  }
  if (!view_.shows_arenas()) return std::nullopt;
  for (const std::uint32_t size_class : model_.touched_.classes) {
    if (Found difference = used_list_ends(size_class)) return difference;
  }
  for (const std::uint32_t index : model_.touched_.arenas) {
    if (Found difference = arena(index)) return difference;
  }
  for (const std::uint32_t number : model_.touched_.numbers) {
    if (Found difference = last_arena(number)) return difference;
  }
  if (model_.touched_.table || !model_.touched_.arenas.empty()) {
    if (Found difference = table()) return difference;
  }
  return totals();
}

Found ModelComparison::everything() const {
  for (std::uint32_t index = 0; index < state_.arenas.size(); ++index) {
    for (std::uint32_t number = 0; number < state_.arenas[index].pools.size(); ++number) {
      if (Found difference = pool({index, number})) return difference;
      if (Found difference = free_list({index, number})) return difference;
    }
  }
  for (std::uint32_t size_class = 0; size_class < state_.used.size(); ++size_class) {
    if (Found difference = used_list_ends(size_class)) return difference;
  }
  if (!view_.shows_arenas()) return std::nullopt;
  if (Found difference = table()) return difference;
  for (std::uint32_t index = 0; index < state_.arenas.size(); ++index) {
    if (Found difference = arena(index)) return difference;
    if (Found difference = free_pools(index)) return difference;
  }
  if (Found difference = unused_list()) return difference;
  for (std::uint32_t number = 0; number <= layout_.pools_per_arena(); ++number) {
    if (Found difference = last_arena(number)) return difference;
  }
  if (Found difference = totals()) return difference;
  return ownership();
}

Found ModelComparison::pool(ModelPoolId id) const {
  const ModelPool& pool = state_.pool(id);
  const PoolView view = view_.pool(model_.base(id));
  if (Found difference = pool_numbers(id, pool, view)) return difference;
  return pool_links(id, pool, view);
}

Found ModelComparison::pool_numbers(ModelPoolId id, const ModelPool& pool, const PoolView& view) const {
  const auto block = static_cast<std::uint32_t>(layout_.block_size(*pool.size_class));
  const auto next_offset = static_cast<std::uint32_t>(layout_.overhead() + std::size_t{pool.carved} * block);
  const auto last_offset = static_cast<std::uint32_t>(layout_.pool_size - block);
  const auto differ = [&](std::string_view name, std::uint32_t due, std::uint32_t found) {
    return numbers_differ("model.pool", where(id), name, due, found);
  };
  if (view.ref_count != pool.live) return differ("ref.count", pool.live, view.ref_count);
  if (view.size_class != *pool.size_class) return differ("szidx", *pool.size_class, view.size_class);
  if (view.next_offset != next_offset) return differ("nextoffset", next_offset, view.next_offset);
  if (view.max_next_offset != last_offset) return differ("maxnextoffset", last_offset, view.max_next_offset);
  if (view.arena_index != id.arena) return differ("arenaindex", id.arena, view.arena_index);
  return std::nullopt;
}

/// The head of the free list and the block behind it, and the pool's place in its list.
Found ModelComparison::pool_links(ModelPoolId id, const ModelPool& pool, const PoolView& view) const {
  const auto differ = [&](std::string_view oracle, std::string_view name, std::uintptr_t due,
                          std::uintptr_t found) -> Found {
    return Complaint{std::string(oracle), where(id), fmt::format("{}: {}", name, model_.place(due)),
                     model_.place(found)};
  };
  const std::uintptr_t head = free_block(id, pool, 0);
  if (view.freeblock != head) return differ("model.pool", "first free block", head, view.freeblock);
  const std::uintptr_t second = free_block(id, pool, 1);
  if (head != 0 && view_.link(head) != second)
    return differ("model.pool", "second free block", second, view_.link(head));
  if (!pool.listed) return pool.live == 0 ? next_empty(id, view) : std::nullopt;  // a full one's are stale
  const auto& list = state_.used[*pool.size_class];
  const auto here = list.find(*pool.listed);
  const std::uintptr_t next = here == list.begin() ? 0 : model_.base(std::prev(here)->second);
  const std::uintptr_t previous = std::next(here) == list.end() ? 0 : model_.base(std::next(here)->second);
  if (view.nextpool != next) return lists_differ(id, "next", next, view.nextpool);
  if (view.prevpool != previous) return lists_differ(id, "previous", previous, view.prevpool);
  return std::nullopt;
}

/// Of a pool that is the first of its arena's freepools.
Found ModelComparison::next_empty(ModelPoolId id, const PoolView& view) const {
  const std::vector<std::uint32_t>& pools = state_.arenas[id.arena].free_pools;
  if (pools.back() != id.number) return std::nullopt;
  const std::uintptr_t next = pools.size() < 2 ? 0 : model_.base({id.arena, pools[pools.size() - 2]});
  return view.nextpool == next ? std::nullopt : lists_differ(id, "next", next, view.nextpool);
}

Found ModelComparison::lists_differ(ModelPoolId id, std::string_view side, std::uintptr_t due,
                                    std::uintptr_t found) const {
  const auto name = [&](std::uintptr_t pool) {
    return pool == 0 ? std::string("the head of the list") : model_.place(pool);
  };
  return Complaint{"model.lists", where(id), fmt::format("the {} pool of its list: {}", side, name(due)),
                   name(found)};
}

Found ModelComparison::free_list(ModelPoolId id) const {
  const ModelPool& pool = state_.pool(id);
  for (std::size_t i = 0; i < pool.free.size(); ++i) {
    const std::uintptr_t due = free_block(id, pool, i + 1);
    const std::uintptr_t found = view_.link(free_block(id, pool, i));
    if (found == due) continue;
    return Complaint{
        "model.pool", where(id),
        fmt::format("behind free block {}: {}", pool.free[pool.free.size() - 1 - i], model_.place(due)),
        model_.place(found)};
  }
  return std::nullopt;
}

/// Both ends of a class's used list; what is between is each pool's own.
Found ModelComparison::used_list_ends(std::uint32_t size_class) const {
  if (!view_.shows_arenas()) return std::nullopt;
  const auto& list = state_.used[size_class];
  const std::uintptr_t first = list.empty() ? 0 : model_.base(list.rbegin()->second);
  const std::uintptr_t last = list.empty() ? 0 : model_.base(list.begin()->second);
  const auto differ = [&](std::string_view end, std::uintptr_t due, std::uintptr_t found) -> Found {
    const auto name = [&](std::uintptr_t pool) { return pool == 0 ? "none" : model_.place(pool); };
    return Complaint{"model.lists", fmt::format("class {}", size_class),
                     fmt::format("the {} pool of the used list: {}", end, name(due)), name(found)};
  };
  if (const auto found = view_.first_used_pool(size_class); found != first)
    return differ("first", first, found);
  if (const auto found = view_.last_used_pool(size_class); found != last) return differ("last", last, found);
  // The neighbours of both ends lead back: that a pool which left did not stay in somebody's link.
  if (first != 0 && view_.pool(first).prevpool != 0)
    return differ("previous to the first", 0, view_.pool(first).prevpool);
  if (last != 0 && view_.pool(last).nextpool != 0)
    return differ("next to the last", 0, view_.pool(last).nextpool);
  return std::nullopt;
}

Found ModelComparison::arena(std::uint32_t index) const {
  const ModelArena& arena = state_.arenas[index];
  const ArenaView view = view_.arena(index);
  const std::string name = arena_name(index);
  if (view.address != arena.address) {
    return Complaint{"model.arena", name, "address: " + in_hex(arena.address), in_hex(view.address)};
  }
  if (arena.address == 0) return std::nullopt;
  const std::uintptr_t next_pool = model_.first_pool(index) + arena.pools.size() * layout_.pool_size;
  if (view.pool_address != next_pool) {
    return Complaint{"model.arena", name, "the next pool to carve: " + in_hex(next_pool),
                     in_hex(view.pool_address)};
  }
  if (view.ntotalpools != arena.total)
    return numbers_differ("model.arena", name, "ntotalpools", arena.total, view.ntotalpools);
  if (view.nfreepools != arena.available())
    return numbers_differ("model.arena", name, "nfreepools", arena.available(), view.nfreepools);
  const std::uintptr_t first_free =
      arena.free_pools.empty() ? 0 : model_.base({index, arena.free_pools.back()});
  if (view.freepools != first_free) {
    return Complaint{"model.lists", name, "the first of freepools: " + in_hex(first_free),
                     in_hex(view.freepools)};
  }
  return arena.available() > 0 ? usable_arena(index, view) : std::nullopt;
}

Found ModelComparison::usable_arena(std::uint32_t index, const ArenaView& view) const {
  const auto here = state_.usable.find(ModelState::key_of(state_.arenas[index]));
  const std::uint32_t next = std::next(here) == state_.usable.end() ? no_arena : std::next(here)->second;
  const std::uint32_t previous = here == state_.usable.begin() ? no_arena : std::prev(here)->second;
  const auto differ = [&](std::string_view side, std::uint32_t due, std::uint32_t found) -> Found {
    return Complaint{"model.lists", arena_name(index),
                     fmt::format("the {} usable arena: {}", side, arena_name(due)), arena_name(found)};
  };
  if (view.nextarena != next) return differ("next", next, view.nextarena);
  if (view.prevarena != previous) return differ("previous", previous, view.prevarena);
  return std::nullopt;
}

Found ModelComparison::free_pools(std::uint32_t index) const {
  const ModelArena& arena = state_.arenas[index];
  for (std::size_t i = 0; i < arena.free_pools.size(); ++i) {
    const ModelPoolId id{index, arena.free_pools[i]};
    const std::uintptr_t due = i == 0 ? 0 : model_.base({index, arena.free_pools[i - 1]});
    const std::uintptr_t found = view_.pool(model_.base(id)).nextpool;
    if (found == due) continue;
    return Complaint{"model.lists", where(id), "the next of freepools: " + in_hex(due), in_hex(found)};
  }
  return std::nullopt;
}

/// The heads of the arenas' lists, and the table's length.
Found ModelComparison::table() const {
  if (view_.arena_objects() != state_.arenas.size())
    return numbers_differ("model.arena", "", "maxarenas", state_.arenas.size(), view_.arena_objects());
  const auto differ = [](std::string_view list, std::uint32_t due, std::uint32_t found) -> Found {
    return Complaint{"model.lists", "", fmt::format("the first {} arena: {}", list, arena_name(due)),
                     arena_name(found)};
  };
  const std::uint32_t usable = state_.usable.empty() ? no_arena : state_.usable.begin()->second;
  if (const auto found = view_.first_usable_arena(); found != usable) return differ("usable", usable, found);
  const std::uint32_t unused = state_.unused.empty() ? no_arena : state_.unused.back();
  if (const auto found = view_.first_unused_arena(); found != unused) return differ("unused", unused, found);
  return std::nullopt;
}

Found ModelComparison::unused_list() const {
  for (std::size_t i = 0; i < state_.unused.size(); ++i) {
    const std::uint32_t due = i == 0 ? no_arena : state_.unused[i - 1];
    const std::uint32_t found = view_.arena(state_.unused[i]).nextarena;
    if (found == due) continue;
    return Complaint{"model.lists", arena_name(state_.unused[i]),
                     "the next unused arena object: " + arena_name(due), arena_name(found)};
  }
  return std::nullopt;
}

Found ModelComparison::last_arena(std::uint32_t nfreepools) const {
  if (!layout_.has_nfp2lasta) return std::nullopt;
  // Of the keys with this number or a smaller one, the last is the one sought, if it has the number.
  const auto behind = state_.usable.upper_bound({nfreepools, ~std::uint64_t{0}});
  std::uint32_t due = no_arena;
  if (behind != state_.usable.begin() && std::prev(behind)->first.first == nfreepools)
    due = std::prev(behind)->second;
  const std::uint32_t found = view_.last_arena_with(nfreepools);
  if (found == due) return std::nullopt;
  return Complaint{"model.lists", "", fmt::format("nfp2lasta[{}]: {}", nfreepools, arena_name(due)),
                   arena_name(found)};
}

Found ModelComparison::totals() const {
  const pymalloc::Totals found = view_.totals();
  const auto differ = [](std::string_view name, std::uint64_t due, std::uint64_t count) {
    return numbers_differ("model.totals", "", name, due, count);
  };
  if (found.blocks != state_.live_blocks) return differ("blocks in use", state_.live_blocks, found.blocks);
  if (found.bytes != state_.live_bytes) return differ("bytes in use", state_.live_bytes, found.bytes);
  if (found.pools != state_.live_pools) return differ("pools in use", state_.live_pools, found.pools);
  if (found.arenas != state_.live_arenas) return differ("arenas", state_.live_arenas, found.arenas);
  const std::optional<ArenaCounts> counts = view_.arena_counts();
  if (!counts) return std::nullopt;
  const ArenaCounts& due = state_.arena_counts;
  if (counts->requested != due.requested) return differ("arenas requested", due.requested, counts->requested);
  if (counts->refused != due.refused) return differ("arenas refused", due.refused, counts->refused);
  if (counts->released != due.released) return differ("arenas released", due.released, counts->released);
  if (counts->kept != due.kept) return differ("arenas kept", due.kept, counts->kept);
  if (counts->most != due.most) return differ("arenas at most", due.most, counts->most);
  if (counts->table_grown != due.table_grown)
    return differ("growths of the table", due.table_grown, counts->table_grown);
  return std::nullopt;
}

/// At both ends of every arena that is there or was, and where it reaches into the next cell of a radix tree.
Found ModelComparison::ownership() const {
  for (std::uint32_t index = 0; index < state_.arenas.size(); ++index) {
    if (state_.arenas[index].address == 0) continue;
    if (Found difference = ownership_of_arena(state_.arenas[index].address)) return difference;
    for (std::uint32_t number = 0; number < state_.arenas[index].pools.size(); ++number) {
      const std::uintptr_t pool = model_.base({index, number});
      if (Found difference = owns(pool)) return difference;
      if (Found difference = owns(pool + layout_.pool_size - 1)) return difference;
    }
  }
  for (const std::uintptr_t arena : state_.released) {
    if (Found difference = ownership_of_arena(arena)) return difference;
  }
  for (const std::uintptr_t address : view_.edges()) {
    if (Found difference = owns(address)) return difference;
  }
  return std::nullopt;
}

Found ModelComparison::ownership_of_arena(std::uintptr_t arena) const {
  const std::uintptr_t end = arena + layout_.arena_size;
  const std::uintptr_t cell = end / layout_.arena_size * layout_.arena_size;
  for (const std::uintptr_t address : {arena - 1, arena, cell - 1, cell, end - 1, end}) {
    if (Found difference = owns(address)) return difference;
  }
  return std::nullopt;
}

Found ModelComparison::owns(std::uintptr_t address) const {
  const bool in_pool = model_.pool_of(address).has_value();
  const bool due = in_pool || std::ranges::any_of(state_.arenas, [&](const ModelArena& arena) {
                     return arena.address != 0 && address - arena.address < layout_.arena_size;
                   });
  // Without a radix tree a pool's header answers, and what was never carved has none.
  if (due && !in_pool && layout_.radix_bits.empty()) return std::nullopt;
  if (!due && !view_.may_ask_of(address)) return std::nullopt;
  const std::optional<bool> found = view_.owns(address);
  if (!found || *found == due) return std::nullopt;
  const auto words = [](bool owned) { return owned ? "an address of the heap" : "no address of the heap"; };
  return Complaint{"model.ownership", model_.place(address), fmt::format("{:#x}: {}", address, words(due)),
                   words(*found)};
}

/// The free block so many places behind the head of the free list; 0 behind its end.
std::uintptr_t ModelComparison::free_block(ModelPoolId id, const ModelPool& pool, std::size_t place) const {
  return place < pool.free.size() ? model_.address(id, pool.free[pool.free.size() - 1 - place]) : 0;
}

std::string ModelComparison::where(ModelPoolId id) const {
  return fmt::format("arena {}, pool {}, at {:#x}", id.arena, id.number, model_.base(id));
}

std::optional<Complaint> ExactModel::compare_touched(const HeapView& view) const {
  return ModelComparison(*this, view).touched();
}

std::optional<Complaint> ExactModel::compare_all(const HeapView& view) const {
  return ModelComparison(*this, view).everything();
}

std::optional<Complaint> ExactModel::compare_ownership(const HeapView& view, std::uintptr_t address) const {
  return ModelComparison(*this, view).owns(address);
}

}  // namespace poolhammer

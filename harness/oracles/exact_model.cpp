#include "harness/oracles/exact_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "harness/base/address.hpp"

namespace poolhammer {
namespace {

constexpr std::size_t largest_request = std::numeric_limits<std::ptrdiff_t>::max();

}  // namespace

ExactModel::ExactModel(const ModelLayout& layout, std::pmr::memory_resource& memory)
    : layout_(layout), state_(memory) {
  state_.used.resize(layout_.classes());
}

std::optional<Complaint> ExactModel::malloc(std::size_t size, const void* answer, Calls calls) {
  touched_.clear();
  ModelCalls world(calls);
  return judge(give(size, false, world), answer, world);
}

std::optional<Complaint> ExactModel::calloc(std::size_t count, std::size_t size, const void* answer,
                                            Calls calls) {
  touched_.clear();
  ModelCalls world(calls);
  const bool too_large = size != 0 && count > largest_request / size;
  return judge(too_large ? 0 : give(count * size, true, world), answer, world);
}

std::optional<Complaint> ExactModel::realloc(const void* block, std::size_t size, const void* answer,
                                             Calls calls) {
  if (block == nullptr) return malloc(size, answer, calls);
  touched_.clear();
  ModelCalls world(calls);
  if (size > largest_request) return judge(0, answer, world);
  const auto pool = pool_of(address_of(block));
  if (!pool) {
    // Once the raw allocator's, always the raw allocator's.
    return judge(world.raw_realloc(address_of(block), std::max<std::size_t>(size, 1)), answer, world);
  }
  const std::size_t had = layout_.block_size(*state_.pool(*pool).size_class);
  if (size <= had && 4 * size > 3 * had) return judge(address_of(block), answer, world);
  const std::uintptr_t moved = give(size, false, world);
  if (moved != 0) take_back(*pool, address_of(block), world);
  return judge(moved, answer, world);
}

std::optional<Complaint> ExactModel::free(const void* block, Calls calls) {
  touched_.clear();
  ModelCalls world(calls);
  if (block == nullptr) return world.difference();
  if (const auto pool = pool_of(address_of(block))) {
    take_back(*pool, address_of(block), world);
  } else {
    world.raw_free(address_of(block));
  }
  return world.difference();
}

/// A block for a request: from a pool where the size is a pool's and an arena can be had, else from the raw
/// allocator, which never gets a size of 0.
std::uintptr_t ExactModel::give(std::size_t size, bool zeroed, ModelCalls& calls) {
  if (size > largest_request) return 0;
  if (size >= 1 && size <= layout_.small_request_threshold) {
    const auto size_class = static_cast<std::uint32_t>((size - 1) / layout_.alignment);
    if (const std::uintptr_t block = give_from_pool(size_class, calls); block != 0) return block;
  }
  const std::size_t bytes = std::max<std::size_t>(size, 1);
  return zeroed ? calls.raw_calloc(bytes) : calls.raw_malloc(bytes);
}

std::uintptr_t ExactModel::give_from_pool(std::uint32_t size_class, ModelCalls& calls) {
  auto& used = state_.used[size_class];
  if (used.empty()) {
    const auto taken = take_pool(calls);
    if (!taken) return 0;
    ModelPool& pool = state_.pool(*taken);
    if (pool.size_class != size_class) {
      // A new class carves two blocks at once; the first is about to be given.
      pool.size_class = size_class;
      pool.carved = 2;
      pool.free.reserve(layout_.capacity(size_class));
      pool.free = {1, 0};
    }
    ++state_.live_pools;
    list_first(*taken);
  }
  const ModelPoolId id = used.rbegin()->second;
  ModelPool& pool = state_.pool(id);
  const std::uint32_t block = pool.free.back();
  pool.free.pop_back();
  ++pool.live;
  ++state_.live_blocks;
  state_.live_bytes += layout_.block_size(size_class);
  // A pool that was just opened keeps its second block: only here, where one was in use, may it run out.
  if (pool.free.empty()) {
    if (pool.carved < layout_.capacity(size_class)) {
      pool.free.push_back(pool.carved++);
    } else {
      unlist(id);
    }
  }
  touched_.pools.push_back(id);
  return address(id, block);
}

void ExactModel::take_back(ModelPoolId id, std::uintptr_t block, ModelCalls& calls) {
  ModelPool& pool = state_.pool(id);
  const std::size_t size = layout_.block_size(*pool.size_class);
  const bool was_full = pool.free.empty();
  pool.free.push_back(static_cast<std::uint32_t>((block - base(id) - layout_.overhead()) / size));
  --pool.live;
  --state_.live_blocks;
  state_.live_bytes -= size;
  touched_.pools.push_back(id);
  if (was_full) {
    list_first(id);
  } else if (pool.live == 0) {
    unlist(id);
    --state_.live_pools;
    give_pool_back(id, calls);
  }
}

/// The pool that the first usable arena gives: the one that became empty last, else the next uncarved.
std::optional<ModelPoolId> ExactModel::take_pool(ModelCalls& calls) {
  if (state_.usable.empty() && !new_arena(calls)) {
    ++state_.arena_counts.refused;
    return std::nullopt;
  }
  const std::uint32_t index = state_.usable.begin()->second;
  ModelArena& arena = state_.arenas[index];
  touch(index);
  unlist_arena(state_.usable.begin()->first);
  ModelPoolId id{index, static_cast<std::uint32_t>(arena.pools.size())};
  if (arena.free_pools.empty()) {
    arena.pools.emplace_back();
    state_.pool_at.emplace(base(id), id);
  } else {
    id.number = arena.free_pools.back();
    arena.free_pools.pop_back();
  }
  if (arena.available() > 0) state_.usable.emplace(ModelState::key_of(arena), index);
  touch(index);
  return id;
}

/// An arena that thereby becomes wholly free is released, unless the layout keeps the last of the list.
void ExactModel::give_pool_back(ModelPoolId id, ModelCalls& calls) {
  ModelArena& arena = state_.arenas[id.arena];
  touch(id.arena);
  const bool listed = arena.available() > 0;
  const bool is_last = listed && state_.usable.rbegin()->second == id.arena;
  const ModelState::UsableKey old_key = ModelState::key_of(arena);
  arena.free_pools.push_back(id.number);
  touch(id.arena);
  if (arena.available() == arena.total && !(layout_.keeps_last_arena && is_last)) {
    unlist_arena(old_key);
    release(id.arena, calls);
    return;
  }
  if (arena.available() == arena.total) ++state_.arena_counts.kept;
  // The one among its equals that comes last need not move: it is before those with more already.
  if (listed) unlist_arena(old_key);
  arena.turn = ++state_.turns;
  const auto here = state_.usable.emplace(ModelState::key_of(arena), id.arena).first;
  touch_neighbours(here);
  touch_neighbours(std::next(here));
}

void ExactModel::unlist_arena(ModelState::UsableKey key) {
  touch_neighbours(state_.usable.erase(state_.usable.find(key)));
}

/// The arenas on both sides of a place among the usable ones.
void ExactModel::touch_neighbours(ModelState::Usable::const_iterator behind) {
  if (behind != state_.usable.end()) touched_.arenas.push_back(behind->second);
  if (behind != state_.usable.begin()) touched_.arenas.push_back(std::prev(behind)->second);
}

void ExactModel::list_first(ModelPoolId id) {
  ModelPool& pool = state_.pool(id);
  auto& list = state_.used[*pool.size_class];
  touched_.classes.push_back(*pool.size_class);
  if (!list.empty()) touched_.pools.push_back(list.rbegin()->second);
  pool.listed = ++state_.turns;
  list.emplace(*pool.listed, id);
}

void ExactModel::unlist(ModelPoolId id) {
  ModelPool& pool = state_.pool(id);
  auto& list = state_.used[*pool.size_class];
  touched_.classes.push_back(*pool.size_class);
  const auto behind = list.erase(list.find(*pool.listed));
  if (behind != list.end()) touched_.pools.push_back(behind->second);
  if (behind != list.begin()) touched_.pools.push_back(std::prev(behind)->second);
  pool.listed.reset();
}

/// A new arena as the only usable one. What a refusal leaves behind: a longer table, radix nodes; never an
/// arena object taken.
bool ExactModel::new_arena(ModelCalls& calls) {
  ++state_.arena_counts.requested;
  touched_.table = true;
  if (state_.unused.empty()) {
    if (!calls.grow_table()) return false;
    const auto had = static_cast<std::uint32_t>(state_.arenas.size());
    const std::uint32_t has = had == 0 ? layout_.initial_arena_objects : 2 * had;
    state_.arenas.resize(has);
    ++state_.arena_counts.table_grown;
    for (std::uint32_t i = has; i > had; --i) state_.unused.push_back(i - 1);
  }
  const std::uintptr_t address = calls.request_arena(layout_.arena_size);
  if (address == 0) return false;
  if (!map_arena(address, calls)) {
    calls.release_arena(address, layout_.arena_size);
    state_.note_released(address);
    return false;
  }
  const std::uint32_t index = state_.unused.back();
  state_.unused.pop_back();
  ModelArena& arena = state_.arenas[index];
  arena = ModelArena{};
  arena.address = address;
  arena.total =
      static_cast<std::uint32_t>(layout_.pools_per_arena() - (address % layout_.pool_size == 0 ? 0 : 1));
  arena.turn = ++state_.turns;
  ++state_.live_arenas;
  state_.arena_counts.most = std::max(state_.arena_counts.most, state_.live_arenas);
  state_.usable.emplace(ModelState::key_of(arena), index);
  touch(index);
  return true;
}

/// An arena that is not aligned to its size covers two cells of the radix tree.
bool ExactModel::map_arena(std::uintptr_t address, ModelCalls& calls) {
  if (layout_.radix_bits.empty()) return true;
  const std::uintptr_t cell = address / layout_.arena_size;
  if (!map_cell(cell, calls)) return false;
  return address % layout_.arena_size == 0 || map_cell(cell + 1, calls);
}

/// Every node from the root to the cell's leaf is there, or is made.
bool ExactModel::map_cell(std::uintptr_t cell, ModelCalls& calls) {
  std::size_t below = layout_.radix_bits.size();
  unsigned shift = 0;
  for (const unsigned bits : layout_.radix_bits) shift += bits;
  for (std::size_t level = 0; level < below; ++level) {
    const std::uintptr_t above = shift >= 64 ? 0 : cell >> shift;
    if (!state_.nodes.contains({level, above})) {
      if (!calls.give_node()) return false;
      state_.nodes.emplace(level, above);
    }
    shift -= layout_.radix_bits[level];
  }
  return true;
}

void ExactModel::release(std::uint32_t index, ModelCalls& calls) {
  ModelArena& arena = state_.arenas[index];
  calls.release_arena(arena.address, layout_.arena_size);
  state_.note_released(arena.address);
  for (std::uint32_t i = 0; i < arena.pools.size(); ++i) state_.pool_at.erase(base({index, i}));
  // The pool that was freed last is gone with it.
  std::erase_if(touched_.pools, [index](ModelPoolId id) { return id.arena == index; });
  arena = ModelArena{};
  state_.unused.push_back(index);
  --state_.live_arenas;
  ++state_.arena_counts.released;
  touched_.table = true;
}

std::uintptr_t ExactModel::first_pool(std::uint32_t arena) const {
  const std::uintptr_t size = layout_.pool_size;
  return (state_.arenas[arena].address + size - 1) / size * size;
}

std::uintptr_t ExactModel::base(ModelPoolId id) const {
  return first_pool(id.arena) + id.number * layout_.pool_size;
}

std::uintptr_t ExactModel::address(ModelPoolId id, std::uint32_t block) const {
  return base(id) + layout_.overhead() + block * layout_.block_size(*state_.pool(id).size_class);
}

std::optional<ModelPoolId> ExactModel::pool_of(std::uintptr_t block) const {
  const auto found = state_.pool_at.find(block / layout_.pool_size * layout_.pool_size);
  if (found == state_.pool_at.end()) return std::nullopt;
  return found->second;
}

void ExactModel::touch(std::uint32_t arena) {
  touched_.arenas.push_back(arena);
  touched_.numbers.push_back(state_.arenas[arena].available());
}

std::optional<Complaint> ExactModel::judge(std::uintptr_t due, const void* answer, ModelCalls& calls) const {
  if (auto difference = calls.difference()) return difference;
  if (due == address_of(answer)) return std::nullopt;
  return Complaint{"model.answer", "", place(due), place(address_of(answer))};
}

std::string ExactModel::place(std::uintptr_t address) const {
  if (address == 0) return "NULL";
  const auto pool = pool_of(address);
  if (!pool) return fmt::format("no pool's block, at {:#x}", address);
  const std::uintptr_t offset = address - base(*pool);
  const auto size_class = state_.pool(*pool).size_class;
  std::string text = fmt::format("arena {}, pool {}", pool->arena, pool->number);
  if (!size_class || offset < layout_.overhead()) return fmt::format("{}, at {:#x}", text, address);
  return fmt::format("{}, block {}, at {:#x}", text,
                     (offset - layout_.overhead()) / layout_.block_size(*size_class), address);
}

}  // namespace poolhammer

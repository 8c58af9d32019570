#include "harness/picture/snapshot.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <set>

namespace poolhammer {

std::string_view word(PoolState state) {
  constexpr std::array<std::string_view, 4> words = {"used", "full", "empty", "virgin"};
  return words[static_cast<std::size_t>(state)];
}

PoolPlaces::PoolPlaces(const Subject& subject, const HeapView& view)
    : subject_(subject),
      view_(view),
      pool_size_(view.layout().pool_size),
      arena_size_(view.layout().arena_size) {
  renew();
}

void PoolPlaces::renew() {
  arenas_.clear();
  by_address_.clear();
  for (std::uint32_t index = 0; index < view_.arena_objects(); ++index) {
    const ArenaView object = view_.arena(index);
    // An arena that was given back may still be in a damaged table, but its memory is not ours to read.
    if (object.address == 0 || !subject_.holds(std::bit_cast<const void*>(object.address), arena_size_))
      continue;
    Arena arena{.index = index,
                .object = object,
                .first_pool = (object.address + pool_size_ - 1) / pool_size_ * pool_size_};
    arena.pools = static_cast<std::uint32_t>((object.address + arena_size_ - arena.first_pool) / pool_size_);
    const std::uintptr_t carved =
        object.pool_address < arena.first_pool ? 0 : (object.pool_address - arena.first_pool) / pool_size_;
    arena.carved = static_cast<std::uint32_t>(std::min<std::uintptr_t>(carved, arena.pools));
    by_address_[object.address] = arenas_.size();
    arenas_.push_back(arena);
  }
}

const PoolPlaces::Arena* PoolPlaces::arena_at(std::uintptr_t address, std::uint32_t& pool) const {
  const auto after = by_address_.upper_bound(address);
  if (after == by_address_.begin()) return nullptr;
  const Arena& arena = arenas_[std::prev(after)->second];
  if (address < arena.first_pool) return nullptr;
  const std::uintptr_t number = (address - arena.first_pool) / pool_size_;
  if (number >= arena.pools) return nullptr;
  pool = static_cast<std::uint32_t>(number);
  return &arena;
}

bool PoolPlaces::pool_at(std::uintptr_t address, PoolName& name) const {
  std::uint32_t number = 0;
  const Arena* const arena = arena_at(address, number);
  if (arena == nullptr || number >= arena->carved || address % pool_size_ != 0) return false;
  name = {arena->index, number};
  return true;
}

bool PoolPlaces::has_arena(std::uint32_t index) const {
  return std::any_of(arenas_.begin(), arenas_.end(),
                     [&](const Arena& arena) { return arena.index == index; });
}

namespace {

/// Where `address` is the start of a block of the pool: its number.
[[nodiscard]] bool block_at(const ModelLayout& layout, const PoolSnapshot& pool, std::uintptr_t address,
                            std::uint32_t& block) {
  const std::uintptr_t first = pool.address + layout.overhead();
  if (pool.block_size == 0 || address < first || (address - first) % pool.block_size != 0) return false;
  block = static_cast<std::uint32_t>((address - first) / pool.block_size);
  return block < pool.capacity;
}

[[nodiscard]] PoolState state_of(const PoolSnapshot& pool) {
  if (pool.header.ref_count == 0) return PoolState::empty;
  return pool.header.ref_count >= pool.capacity ? PoolState::full : PoolState::used;
}

class Look {
 public:
  Look(const Subject& subject, const HeldBlocks& held)
      : view_(*subject.view()), places_(subject, view_), held_(held) {
    snapshot_.layout = view_.layout();
  }

  [[nodiscard]] Snapshot taken() && {
    for (const PoolPlaces::Arena& arena : places_.arenas()) add(arena);
    for (std::uint32_t size_class = 0; size_class < snapshot_.layout.classes(); ++size_class)
      add_used_list(size_class);
    add_usable_arenas();
    add_outside();
    return std::move(snapshot_);
  }

 private:
  void add(const PoolPlaces::Arena& arena) {
    ArenaSnapshot shown{arena.index, arena.object, {}};
    for (std::uint32_t number = 0; number < arena.pools; ++number) {
      PoolSnapshot pool;
      pool.name = {arena.index, number};
      pool.address = arena.first_pool + number * snapshot_.layout.pool_size;
      if (number < arena.carved) {
        read_pool(view_, snapshot_.layout, pool);
        const auto end = held_.lower_bound(pool.address + snapshot_.layout.pool_size);
        for (auto block = held_.lower_bound(pool.address); block != end; ++block) {
          std::uint32_t which = 0;
          if (block_at(snapshot_.layout, pool, block->first, which))
            pool.held.emplace_back(which, block->second);
        }
      }
      shown.pools.push_back(std::move(pool));
    }
    snapshot_.arenas.push_back(std::move(shown));
  }

  void add_used_list(std::uint32_t size_class) {
    UsedListSnapshot list{size_class, {}, ListEnd::proper};
    std::set<PoolName> seen;
    PoolName name;
    for (std::uintptr_t pool = view_.first_used_pool(size_class); pool != 0;
         pool = view_.pool(pool).nextpool) {
      if (!places_.pool_at(pool, name)) {
        list.end = ListEnd::outside;
        break;
      }
      if (!seen.insert(name).second) {
        list.end = ListEnd::around;
        break;
      }
      list.pools.push_back(name);
    }
    if (!list.pools.empty() || list.end != ListEnd::proper) snapshot_.used_lists.push_back(std::move(list));
  }

  void add_usable_arenas() {
    std::set<std::uint32_t> seen;
    for (std::uint32_t arena = view_.first_usable_arena(); arena != no_arena;
         arena = view_.arena(arena).nextarena) {
      if (arena == foreign_arena || arena >= view_.arena_objects() || !places_.has_arena(arena)) {
        snapshot_.usable_arenas_end = ListEnd::outside;
        return;
      }
      if (!seen.insert(arena).second) {
        snapshot_.usable_arenas_end = ListEnd::around;
        return;
      }
      snapshot_.usable_arenas.push_back(arena);
    }
  }

  void add_outside() {
    std::uint32_t ignored = 0;
    for (const auto& [address, block] : held_) {
      if (places_.arena_at(address, ignored) == nullptr) snapshot_.outside.emplace_back(address, block);
    }
  }

  const HeapView& view_;
  PoolPlaces places_;
  const HeldBlocks& held_;
  Snapshot snapshot_;
};

}  // namespace

void read_pool(const HeapView& view, const ModelLayout& layout, PoolSnapshot& pool) {
  pool.header = view.pool(pool.address);
  if (pool.header.size_class < layout.classes()) {
    pool.block_size = static_cast<std::uint32_t>(layout.block_size(pool.header.size_class));
    pool.capacity = static_cast<std::uint32_t>(layout.capacity(pool.header.size_class));
    const std::size_t behind =
        std::max<std::size_t>(pool.header.next_offset, layout.overhead()) - layout.overhead();
    pool.carved = static_cast<std::uint32_t>(std::min<std::size_t>(behind / pool.block_size, pool.capacity));
  }
  pool.state = state_of(pool);
  pool.free_list.clear();
  pool.free_list_end = ListEnd::proper;
  std::uint32_t block = 0;
  for (std::uintptr_t at = pool.header.freeblock; at != 0; at = view.link(at)) {
    if (!block_at(layout, pool, at, block)) {
      pool.free_list_end = ListEnd::outside;
      return;
    }
    // Longer than all blocks of the pool: it leads in a circle.
    if (pool.free_list.size() == pool.capacity) {
      pool.free_list_end = ListEnd::around;
      return;
    }
    pool.free_list.push_back(block);
  }
}

Snapshot take_snapshot(const Subject& subject, const HeldBlocks& held) {
  return Look(subject, held).taken();
}

}  // namespace poolhammer

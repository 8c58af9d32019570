#include "harness/picture/heap_record.hpp"

#include <algorithm>

namespace poolhammer {
namespace {

constexpr std::uint64_t nothing = 0;
constexpr std::uint64_t astray = 1;
constexpr std::uint64_t first_number = 2;

[[nodiscard]] bool same(const PoolView& a, const PoolView& b) {
  return a.ref_count == b.ref_count && a.size_class == b.size_class && a.next_offset == b.next_offset &&
         a.max_next_offset == b.max_next_offset && a.arena_index == b.arena_index &&
         a.freeblock == b.freeblock && a.nextpool == b.nextpool && a.prevpool == b.prevpool;
}

}  // namespace

HeapRecord::HeapRecord(const Subject& subject)
    : view_(*subject.view()),
      layout_(view_.layout()),
      origin_(subject.origin()),
      pools_per_arena_(layout_.pools_per_arena()),
      most_blocks_(static_cast<std::uint32_t>(layout_.capacity(0))),
      places_(subject, view_),
      list_ends_(2 * layout_.classes()) {}

void HeapRecord::put(std::string& bytes, std::uint64_t number) const {
  for (; number >= 0x80; number >>= 7U) bytes += static_cast<char>(number | 0x80U);
  bytes += static_cast<char>(number);
}

void HeapRecord::put(const Part& part) {
  put(bytes_, part.count);
  bytes_ += part.bytes;
}

std::uint64_t HeapRecord::arena_number(std::uint32_t index) {
  if (index == no_arena) return nothing;
  return index == foreign_arena ? astray : first_number + index;
}

std::uint64_t HeapRecord::pool_number(std::uintptr_t address) const {
  if (address == 0) return nothing;
  PoolName name;
  return places_.pool_at(address, name) ? first_number + name.arena * pools_per_arena_ + name.pool : astray;
}

std::uint64_t HeapRecord::place(std::uintptr_t address) const {
  if (address == 0) return nothing;
  std::uint32_t number = 0;
  const PoolPlaces::Arena* const arena = places_.arena_at(address, number);
  if (arena == nullptr || number >= arena->carved) return astray;
  PoolSnapshot pool;
  pool.address = arena->first_pool + number * layout_.pool_size;
  pool.header.size_class = view_.pool(pool.address).size_class;
  if (pool.header.size_class >= layout_.classes()) return astray;
  const std::uintptr_t offset = address - pool.address - layout_.overhead();
  const std::size_t size = layout_.block_size(pool.header.size_class);
  if (offset % size != 0 || offset / size >= layout_.capacity(pool.header.size_class)) return astray;
  return first_number + (arena->index * pools_per_arena_ + number) * most_blocks_ + offset / size;
}

void HeapRecord::add(const StepResult& step, const HeldBlocks& held, bool thorough) {
  places_.renew();
  const auto before = held_.find(step.before);
  put(bytes_, static_cast<std::uint64_t>(step.end));
  put(bytes_, step.before == 0 ? nothing : before == held_.end() ? astray : before->second.place);
  put(bytes_, place(step.after));
  // First the block that went, then the one that came: they may be the same.
  if (step.before != 0) change_held(step.before, held);
  if (step.after != 0 && step.after != step.before) change_held(step.after, held);
  add_rest(thorough);
}

void HeapRecord::add_all(const HeldBlocks& held) {
  places_.renew();
  for (int i = 0; i < 3; ++i) put(bytes_, 0);
  std::vector<std::uintptr_t> addresses;
  for (const auto& [address, block] : held_) addresses.push_back(address);
  for (const auto& [address, block] : held) addresses.push_back(address);
  for (const std::uintptr_t address : addresses) change_held(address, held);
  add_rest(true);
}

void HeapRecord::change_held(std::uintptr_t address, const HeldBlocks& held) {
  const auto add = [&](std::uint64_t where, const HeldBlock* block) {
    if (where == astray) return;
    ++changed_held_.count;
    put(changed_held_.bytes, where - first_number);
    put(changed_held_.bytes, block == nullptr ? 0 : std::uint64_t{block->slot} + 1);
    if (block != nullptr) put(changed_held_.bytes, block->size);
  };
  const auto known = held_.find(address);
  const auto now = held.find(address);
  if (known != held_.end()) {
    if (now != held.end() && now->second == known->second.block) return;
    if (known->second.place == astray) {
      --outside_;
      outside_bytes_ -= known->second.block.size;
    }
    if (now == held.end()) add(known->second.place, nullptr);
    held_.erase(known);
  }
  if (now == held.end()) return;
  const Held block{place(address), now->second};
  if (block.place == astray) {
    ++outside_;
    outside_bytes_ += block.block.size;
  }
  add(block.place, &block.block);
  held_[address] = block;
}

void HeapRecord::add_rest(bool thorough) {
  for (const PoolPlaces::Arena& arena : places_.arenas()) {
    for (std::uint32_t number = 0; number < arena.carved; ++number) add_pool(arena, number, thorough);
  }
  put(changed_pools_);
  put(changed_held_);
  changed_pools_ = {};
  changed_held_ = {};
  add_lists();
  add_arenas();
  put(bytes_, arena_number(view_.first_usable_arena()));
  put(bytes_, outside_);
  put(bytes_, outside_bytes_);
}

void HeapRecord::add_pool(const PoolPlaces::Arena& arena, std::uint32_t number, bool thorough) {
  const auto id = static_cast<std::size_t>(arena.index * pools_per_arena_ + number);
  if (id >= pools_.size()) pools_.resize(id + 1);
  Pool& known = pools_[id];
  PoolSnapshot pool;
  pool.address = arena.first_pool + number * layout_.pool_size;
  const PoolView header = view_.pool(pool.address);
  // A sound free list changes only together with freeblock.
  if (!thorough && known.known && same(known.header, header)) return;
  known.known = true;
  known.header = header;
  read_pool(view_, layout_, pool);
  const std::uint64_t first_free = header.freeblock == 0    ? nothing
                                   : pool.free_list.empty() ? astray
                                                            : first_number + pool.free_list.front();
  const std::array<std::uint64_t, pool_fields> fields = {
      header.ref_count,   header.size_class, header.next_offset,           header.max_next_offset,
      header.arena_index, first_free,        pool_number(header.nextpool), pool_number(header.prevpool)};
  std::uint64_t mask = 0;
  std::string values;
  for (std::size_t i = 0; i < pool_fields; ++i) {
    if (fields[i] == known.fields[i]) continue;
    mask |= std::uint64_t{1} << i;
    put(values, fields[i]);
  }
  known.fields = fields;
  Part links;
  add_links(known, pool, links);
  if (mask == 0 && links.count == 0) return;
  ++changed_pools_.count;
  put(changed_pools_.bytes, id);
  put(changed_pools_.bytes, mask);
  changed_pools_.bytes += values;
  put(changed_pools_.bytes, links.count);
  changed_pools_.bytes += links.bytes;
}

void HeapRecord::add_links(Pool& known, const PoolSnapshot& pool, Part& links) {
  known.links.resize(most_blocks_);
  for (std::size_t i = 0; i < pool.free_list.size(); ++i) {
    const std::uint32_t block = pool.free_list[i];
    std::uint64_t link = pool.free_list_end == ListEnd::outside ? astray : nothing;
    if (i + 1 < pool.free_list.size()) {
      link = first_number + pool.free_list[i + 1];
    } else if (pool.free_list_end == ListEnd::around) {
      continue;  // it stands earlier in the list, with its link
    }
    if (known.links[block] == link) continue;
    known.links[block] = link;
    ++links.count;
    put(links.bytes, block);
    put(links.bytes, link);
  }
}

void HeapRecord::add_lists() {
  Part part;
  for (std::uint32_t size_class = 0; size_class < layout_.classes(); ++size_class) {
    const std::array<std::uintptr_t, 2> ends = {view_.first_used_pool(size_class),
                                                view_.last_used_pool(size_class)};
    for (std::size_t side = 0; side < ends.size(); ++side) {
      const std::uint64_t pool = pool_number(ends[side]);
      std::uint64_t& known = list_ends_[std::size_t{2} * size_class + side];
      if (pool == known) continue;
      known = pool;
      ++part.count;
      put(part.bytes, std::size_t{2} * size_class + side);
      put(part.bytes, pool);
    }
  }
  put(part);
}

void HeapRecord::add_arenas() {
  Part part;
  arenas_.resize(std::max<std::size_t>(arenas_.size(), view_.arena_objects()));
  auto place_of = places_.arenas().begin();
  for (std::uint32_t index = 0; index < view_.arena_objects(); ++index) {
    while (place_of != places_.arenas().end() && place_of->index < index) ++place_of;
    // An object whose memory is not there is as good as unused.
    const bool live = place_of != places_.arenas().end() && place_of->index == index;
    const ArenaView arena = view_.arena(index);
    const std::array<std::uint64_t, arena_fields> fields = {live ? arena.address - origin_ + 1 : 0,
                                                            live ? place_of->carved : 0,
                                                            arena.nfreepools,
                                                            live ? arena.ntotalpools : 0,
                                                            live ? pool_number(arena.freepools) : 0,
                                                            arena_number(arena.nextarena),
                                                            arena_number(arena.prevarena)};
    std::uint64_t mask = 0;
    std::string values;
    for (std::size_t i = 0; i < arena_fields; ++i) {
      if (fields[i] == arenas_[index][i]) continue;
      mask |= std::uint64_t{1} << i;
      put(values, fields[i]);
    }
    if (mask == 0) continue;
    arenas_[index] = fields;
    ++part.count;
    put(part.bytes, index);
    put(part.bytes, mask);
    part.bytes += values;
  }
  put(part);
}

std::uint32_t checksum(const Snapshot& snapshot) {
  std::uint32_t sum = 2166136261U;
  const auto add = [&sum](std::uint64_t number) {
    sum = (sum ^ static_cast<std::uint32_t>(number)) * 16777619U;
  };
  const auto pools_per_arena = static_cast<std::uint32_t>(snapshot.layout.pools_per_arena());
  for (const ArenaSnapshot& arena : snapshot.arenas) {
    for (const std::uint64_t number : {arena.index, arena.object.nfreepools, arena.object.ntotalpools})
      add(number);
    for (const PoolSnapshot& pool : arena.pools) {
      if (pool.state == PoolState::virgin) continue;
      for (const std::uint64_t number :
           {pool.header.ref_count, pool.header.size_class, pool.header.next_offset})
        add(number);
      for (const std::uint32_t block : pool.free_list) add(block);
      for (const auto& [block, held] : pool.held) {
        for (const std::uint64_t number : {std::uint64_t{block}, std::uint64_t{held.slot}, held.size})
          add(number);
      }
    }
  }
  for (const UsedListSnapshot& list : snapshot.used_lists) {
    add(list.size_class);
    for (const PoolName& pool : list.pools) add(pool.arena * pools_per_arena + pool.pool);
  }
  for (const std::uint32_t arena : snapshot.usable_arenas) add(arena);
  add(snapshot.outside.size());
  return sum;
}

}  // namespace poolhammer

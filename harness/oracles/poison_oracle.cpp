#include "harness/oracles/poison_oracle.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "allocator/region_raw.hpp"
#include "harness/base/address.hpp"
#include "harness/base/counted.hpp"
#include "harness/oracles/poisoned_bytes.hpp"

namespace poolhammer {
namespace {

using pymalloc::RegionRaw;
// The poison of a huge block would take longer to read than a run takes: its edges are looked at.
constexpr std::size_t huge = RegionRaw::huge_least;
constexpr std::size_t huge_edge = RegionRaw::huge_edge;

}  // namespace

void PoisonOracle::given(const void* block, std::size_t size) {
  if (block != nullptr) asked_[address_of(block)] = size;
}

void PoisonOracle::told_usable(const void* block, std::size_t size) {
  const auto found = asked_.find(address_of(block));
  if (found == asked_.end()) return;
  // More than the block has is nobody's, whatever was told.
  if (const auto pool = model_.pool_of(found->first))
    size = std::min(size, model_.layout().block_size(*model_.state().pool(*pool).size_class));
  found->second = std::max(found->second, size);
}

PoisonOracle::Found PoisonOracle::near(const void* block) const {
  const auto found = asked_.find(address_of(block));
  if (found == asked_.end()) return std::nullopt;
  const auto pool = model_.pool_of(found->first);
  return pool ? in_pool(*pool, found->first) : raw(found->first, found->second);
}

PoisonOracle::Found PoisonOracle::open(const void* block) const {
  const auto found = asked_.find(address_of(block));
  return found == asked_.end() ? std::nullopt : all_open(found->first, found->second);
}

PoisonOracle::Found PoisonOracle::taken(const void* block) {
  const auto found = asked_.find(address_of(block));
  if (found == asked_.end()) return std::nullopt;
  const auto [address, size] = *found;
  asked_.erase(found);
  if (const auto pool = model_.pool_of(address)) return in_pool(*pool, address);
  // Its arena went with it, or it was the raw allocator's.
  return all_closed(address, address + (size < huge ? std::max<std::size_t>(size, 1) : huge_edge));
}

PoisonOracle::Found PoisonOracle::in_pool(ModelPoolId id, std::uintptr_t block) const {
  const std::uintptr_t base = model_.base(id);
  const std::uintptr_t first = base + model_.layout().overhead();
  const std::uintptr_t end = base + model_.layout().pool_size;
  const std::size_t size = model_.layout().block_size(*model_.state().pool(id).size_class);
  if (Found wrong = place({block, block + size})) return wrong;
  if (Found wrong = all_closed(base, first)) return wrong;
  if (block > first) {
    if (Found wrong = place({block - size, block})) return wrong;
  }
  return block + size < end ? place({block + size, std::min(block + 2 * size, end)}) : std::nullopt;
}

PoisonOracle::Found PoisonOracle::place(Place place) const {
  const auto found = asked_.find(place.begin);
  const std::size_t open = found == asked_.end() ? 0 : found->second;
  if (Found wrong = all_open(place.begin, open)) return wrong;
  return all_closed(place.begin + open, place.end);
}

PoisonOracle::Found PoisonOracle::raw(std::uintptr_t block, std::size_t size) const {
  if (Found wrong = all_open(block, size < huge ? size : huge_edge)) return wrong;
  // Of 0 bytes it has one, as a heap never asks it for none.
  const std::uintptr_t end = block + std::max<std::size_t>(size, 1);
  if (size >= huge && first_poisoned(end - huge_edge, huge_edge)) return all_open(block, size);
  // Where it touches a pool, these bytes are the pool's.
  if (!model_.pool_of(end)) {
    if (Found wrong = all_closed(end, end + RegionRaw::gap)) return wrong;
  }
  return model_.pool_of(block - 1) ? std::nullopt : all_closed(block - RegionRaw::gap, block);
}

PoisonOracle::Found PoisonOracle::everything() const {
  for (std::uint32_t index = 0; index < model_.state().arenas.size(); ++index) {
    if (Found wrong = arena(index)) return wrong;
  }
  if (Found wrong = arenas_given_back()) return wrong;
  return raw_blocks();
}

/// From one live block to the next everything is closed.
PoisonOracle::Found PoisonOracle::arena(std::uint32_t index) const {
  const ModelArena& arena = model_.state().arenas[index];
  if (arena.address == 0) return std::nullopt;
  std::uintptr_t closed = arena.address;  // from here on, as far as no live block comes
  for (std::uint32_t number = 0; number < arena.pools.size(); ++number) {
    const ModelPool& pool = arena.pools[number];
    if (pool.live == 0) continue;
    const std::size_t size = model_.layout().block_size(*pool.size_class);
    const std::uintptr_t first = model_.base({index, number}) + model_.layout().overhead();
    for (std::uintptr_t block = first; block < first + pool.carved * size; block += size) {
      const auto found = asked_.find(block);
      if (found == asked_.end()) continue;
      if (Found wrong = all_closed(closed, block)) return wrong;
      if (Found wrong = all_open(block, found->second)) return wrong;
      closed = block + found->second;
    }
  }
  return all_closed(closed, arena.address + model_.layout().arena_size);
}

PoisonOracle::Found PoisonOracle::arenas_given_back() const {
  const std::size_t size = model_.layout().arena_size;
  for (const std::uintptr_t gone : model_.state().released) {
    const bool live = std::ranges::any_of(model_.state().arenas, [&](const ModelArena& arena) {
      return arena.address != 0 && arena.address < gone + size && gone < arena.address + size;
    });
    if (live) continue;
    if (Found wrong = all_closed(gone, gone + size)) return wrong;
  }
  return std::nullopt;
}

PoisonOracle::Found PoisonOracle::raw_blocks() const {
  Found lowest;
  std::uintptr_t where = 0;
  for (const auto& [block, size] : asked_) {
    if (model_.pool_of(block) || (lowest && block > where)) continue;
    if (Found wrong = raw(block, size)) {
      lowest = std::move(wrong);
      where = block;
    }
  }
  return lowest;
}

PoisonOracle::Found PoisonOracle::all_open(std::uintptr_t block, std::size_t size) const {
  const auto found = first_poisoned(block, size);
  if (!found) return std::nullopt;
  return Complaint{
      "poison.open", model_.place(block),
      fmt::format("byte {} of a block, of which its owner has {}, open to it", *found - block, size),
      "poisoned"};
}

PoisonOracle::Found PoisonOracle::all_closed(std::uintptr_t begin, std::uintptr_t end) const {
  if (begin >= end) return std::nullopt;
  const auto found = first_open(begin, end - begin);
  if (!found) return std::nullopt;
  return Complaint{"poison.closed", model_.place(*found),
                   fmt::format("{:#x} poisoned: {}", *found, owner_of(*found)), "open to clients"};
}

std::string PoisonOracle::owner_of(std::uintptr_t address) const {
  const auto pool = model_.pool_of(address);
  if (!pool) return "it is no byte of a pool or of a live block";
  const ModelPool& facts = model_.state().pool(*pool);
  const std::uintptr_t offset = address - model_.base(*pool);
  const std::size_t overhead = model_.layout().overhead();
  if (offset < overhead) return "it is in the header of a pool";
  const std::size_t size = model_.layout().block_size(*facts.size_class);
  const std::size_t block = (offset - overhead) / size;
  if (block >= facts.carved) return "it was never carved";
  const auto found = asked_.find(model_.base(*pool) + overhead + block * size);
  if (found == asked_.end()) return "it is in a free block";
  return fmt::format("it is in the slack of a block, of which its owner has {}",
                     counted(found->second, "byte"));
}

}  // namespace poolhammer

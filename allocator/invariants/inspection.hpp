#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "allocator/heap_state.hpp"
#include "allocator/invariants/violation.hpp"

namespace pymalloc {

/// Tells whether memory may be read without a fault: a checker asks before it follows an address out of the
/// heap's table.
struct Readable {
  bool (*ask)(const void* context, std::uintptr_t address, std::size_t size);
  const void* context = nullptr;

  [[nodiscard]] bool operator()(std::uintptr_t address, std::size_t size) const {
    return ask(context, address, size);
  }
};

/// Asks the operating system.
[[nodiscard]] Readable readable_by_system();

/// What the checks of one walk share: the heap, and its arenas in the order of their addresses. The heap's
/// own members and the extent of its table are trusted; whatever else it points to is looked up before it is
/// followed.
template <Layout L>
class Inspection {
 public:
  using Geo = Geometry<L>;

  Inspection(const HeapState<L>& heap, Readable may_read) : state(heap), readable(may_read) {
    for (std::uint32_t i = 0; i < state.maxarenas; ++i) {
      if (state.arenas[i].address != 0) by_address.push_back(i);
    }
    std::sort(by_address.begin(), by_address.end(), [this](std::uint32_t a, std::uint32_t b) {
      return state.arenas[a].address < state.arenas[b].address;
    });
  }

  const HeapState<L>& state;
  Readable readable;
  std::vector<std::uint32_t> by_address;  ///< indices of the arena objects that have an address

  /// The arena whose memory holds `address`.
  [[nodiscard]] std::optional<std::uint32_t> arena_at(std::uintptr_t address) const {
    const auto after = std::upper_bound(
        by_address.begin(), by_address.end(), address,
        [this](std::uintptr_t value, std::uint32_t index) { return value < state.arenas[index].address; });
    if (after == by_address.begin()) return std::nullopt;
    const std::uint32_t index = *std::prev(after);
    if (address - state.arenas[index].address >= L::arena_size) return std::nullopt;
    return index;
  }

  /// Whether `pool` is a carved pool of some arena, whose header may be read.
  [[nodiscard]] bool is_carved_pool(const PoolHeader* pool) const {
    const std::uintptr_t address = address_of(pool);
    const std::optional<std::uint32_t> arena = arena_at(address);
    return arena && is_carved_pool_of(state.arenas[*arena], pool);
  }

  [[nodiscard]] static bool is_carved_pool_of(const ArenaObject& arena, const PoolHeader* pool) {
    const std::uintptr_t address = address_of(pool);
    return address % L::pool_size == 0 && address >= first_pool_of<L>(arena.address) &&
           address < address_of(arena.pool_address);
  }

  /// The index of an arena object, or nothing for a pointer that is not to an entry of the table.
  [[nodiscard]] std::optional<std::uint32_t> index_of(const ArenaObject* arena) const {
    const std::uintptr_t offset = address_of(arena) - address_of(state.arenas);
    if (offset % sizeof(ArenaObject) != 0 || offset / sizeof(ArenaObject) >= state.maxarenas)
      return std::nullopt;
    return static_cast<std::uint32_t>(offset / sizeof(ArenaObject));
  }

  [[nodiscard]] Location where(std::uint32_t arena) const {
    return {
        .arena = arena, .pool = {}, .block = {}, .size_class = {}, .address = state.arenas[arena].address};
  }

  /// Describes an address of a carved pool, as far as its header can be believed.
  [[nodiscard]] Location where(const void* address) const {
    return locate(state, arena_at(address_of(address)), address);
  }

  /// Calls visit(arena index, pool) for every carved pool until it returns a violation.
  template <class Visit>
  [[nodiscard]] std::optional<Violation> for_each_pool(Visit&& visit) const {
    for (const std::uint32_t index : by_address) {
      const ArenaObject& arena = state.arenas[index];
      const std::uintptr_t end = address_of(arena.pool_address);
      for (std::uintptr_t pool = first_pool_of<L>(arena.address); pool < end; pool += L::pool_size) {
        if (auto violation = visit(index, std::bit_cast<const PoolHeader*>(pool))) return violation;
      }
    }
    return std::nullopt;
  }

  /// The place of an address in the terms of a heap: arena, pool and block where they are known.
  [[nodiscard]] static Location locate(const HeapState<L>& heap, std::optional<std::uint32_t> arena,
                                       const void* address) {
    Location where{.arena = arena, .pool = {}, .block = {}, .size_class = {}, .address = address_of(address)};
    if (!arena) return where;
    const std::uintptr_t first = first_pool_of<L>(heap.arenas[*arena].address);
    if (where.address < first) return where;
    where.pool = static_cast<std::uint32_t>((where.address - first) / L::pool_size);
    const PoolHeader* const pool = pool_of<L>(address);
    if (address_of(pool) >= address_of(heap.arenas[*arena].pool_address)) return where;
    const std::uint32_t size_class = peek(pool->szidx);
    if (size_class >= Geo::classes) return where;
    where.size_class = size_class;
    const std::uintptr_t offset = where.address - address_of(pool);
    if (offset >= Geo::overhead) {
      where.block = static_cast<std::uint32_t>((offset - Geo::overhead) / Geo::block_size(size_class));
    }
    return where;
  }
};

using Check = std::optional<Violation>;

}  // namespace pymalloc

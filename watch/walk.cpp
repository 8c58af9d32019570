#include "watch/walk.hpp"

#include <array>
#include <bit>
#include <cstring>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "allocator/arena.hpp"
#include "allocator/invariants/inspection.hpp"
#include "allocator/invariants/pool_checks.hpp"

namespace poolhammer::watch {
namespace {

using namespace pymalloc;
using Geo = Geometry<Modern>;

/// Who calls names a block: an invariant of the calls, and not of the heap's memory.
constexpr std::string_view block_in_use = "block.in-use";

[[nodiscard]] const PoolHeader* pool_at(std::uintptr_t address) {
  return std::bit_cast<const PoolHeader*>(address);
}

/// An arena's memory is zero when CPython gets it, and a header that was ever written never is: its
/// maxnextoffset is not.
[[nodiscard]] bool is_zero(const PoolHeader* pool) {
  static constexpr std::array<std::byte, sizeof(PoolHeader)> zero{};
  return std::memcmp(pool, zero.data(), zero.size()) == 0;
}

/// One arena: its pools lie side by side, those that were carved first.
class ArenaPools {
 public:
  explicit ArenaPools(std::uintptr_t arena)
      : first_(first_pool_of<Modern>(arena)),
        most_((arena + Modern::arena_size) & ~(std::uintptr_t{Modern::pool_size} - 1)) {}

  [[nodiscard]] std::uintptr_t begin() const { return first_; }
  /// Behind the last carved pool.
  [[nodiscard]] std::uintptr_t end() const {
    std::uintptr_t end = most_;
    while (end > first_ && is_zero(pool_at(end - Modern::pool_size))) end -= Modern::pool_size;
    return end;
  }
  /// Whether `pool`, or one behind it, was carved. Cheap where the pool's own header says it.
  [[nodiscard]] bool carved(std::uintptr_t pool) const {
    if (pool < first_ || pool >= most_ || pool % Modern::pool_size != 0) return false;
    return !is_zero(pool_at(pool)) || pool < end();
  }
  /// As CPython numbers its arenas.
  [[nodiscard]] std::uint32_t index() const { return pool_at(first_)->arenaindex; }

  [[nodiscard]] Location where(const void* address) const {
    Location where{.arena = index(),
                   .pool = static_cast<std::uint32_t>((address_of(address) - first_) / Modern::pool_size),
                   .block = {},
                   .size_class = {},
                   .address = address_of(address)};
    const std::uintptr_t offset = where.address % Modern::pool_size;
    const std::uint32_t size_class = pool_at(where.address - offset)->szidx;
    if (size_class >= Geo::classes) return where;
    where.size_class = size_class;
    if (offset >= Geo::overhead)
      where.block = static_cast<std::uint32_t>((offset - Geo::overhead) / Geo::block_size(size_class));
    return where;
  }

 private:
  std::uintptr_t first_;
  std::uintptr_t most_;  ///< behind the last pool that fits
};

/// The arena that holds an address.
[[nodiscard]] std::optional<std::uintptr_t> arena_of(const Arenas& arenas, std::uintptr_t address) {
  const auto after = arenas.upper_bound(address);
  if (after == arenas.begin() || address - *std::prev(after) >= Modern::arena_size) return std::nullopt;
  return *std::prev(after);
}

class Walk {
 public:
  explicit Walk(const Arenas& arenas) : arenas_(arenas) {}

  [[nodiscard]] Check check(const ArenaPools& arena, const PoolHeader* pool) const {
    if (Check violation = check_alone(arena, pool, true)) return violation;
    if (pool->ref_count == 0) return free_pool(arena, pool);
    if (pool->ref_count == Geo::capacity(pool->szidx)) return std::nullopt;
    return used_pool(arena, pool);
  }

  /// As check(), without its neighbours, and without following its free list unless `links` says so.
  [[nodiscard]] static Check check_alone(const ArenaPools& arena, const PoolHeader* pool, bool links) {
    if (is_zero(pool)) {
      return Violation{"pool.header", arena.where(pool), "a header: the pool behind it was carved later",
                       "zeros"};
    }
    if (pool->arenaindex != arena.index()) {
      return Violation{invariant::pool_arena_index, arena.where(pool),
                       "arenaindex = " + std::to_string(arena.index()), std::to_string(pool->arenaindex)};
    }
    const auto where = [&arena](const void* address) { return arena.where(address); };
    const PoolChecks<Modern, decltype(where)> checks(pool, where);
    return links ? checks.check() : checks.check_header();
  }

 private:
  /// An empty pool leads to the next one of its arena.
  [[nodiscard]] static Check free_pool(const ArenaPools& arena, const PoolHeader* pool) {
    const std::uintptr_t next = address_of(pool->nextpool);
    if (next == 0 || (arena.carved(next) && pool_at(next)->ref_count == 0)) return std::nullopt;
    return Violation{invariant::arena_free_pools, arena.where(pool),
                     "nextpool an empty pool of the arena, or null", hex(next)};
  }

  [[nodiscard]] Check used_pool(const ArenaPools& arena, const PoolHeader* pool) const {
    for (const auto& [name, back_name, link, back] :
         {Link{"nextpool", "prevpool", &PoolHeader::nextpool, &PoolHeader::prevpool},
          Link{"prevpool", "nextpool", &PoolHeader::prevpool, &PoolHeader::nextpool}}) {
      const PoolHeader* const neighbour = pool->*link;
      const bool is_pool = is_carved_pool(address_of(neighbour));
      // The head of the list is one of the interpreter's variables.
      if (!is_pool && (address_of(neighbour) % alignof(PoolHeader) != 0 ||
                       !readable_(address_of(neighbour), sizeof(PoolHeader)))) {
        return Violation{invariant::used_lists_circular, arena.where(pool),
                         std::string(name) + " a carved pool, or the head of the list",
                         hex(address_of(neighbour))};
      }
      if (neighbour->*back != pool) {
        return Violation{invariant::used_lists_back_links, arena.where(pool),
                         std::string(name) + "->" + back_name + " = " + hex(address_of(pool)),
                         hex(address_of(neighbour->*back))};
      }
      if (is_pool && neighbour->szidx != pool->szidx) {
        return Violation{invariant::used_lists_one_class, arena.where(pool),
                         std::string(name) + "->szidx = " + std::to_string(pool->szidx),
                         std::to_string(neighbour->szidx)};
      }
    }
    return std::nullopt;
  }

  [[nodiscard]] bool is_carved_pool(std::uintptr_t pool) const {
    const auto arena = arena_of(arenas_, pool);
    return arena && ArenaPools(*arena).carved(pool);
  }

  struct Link {
    const char* name;
    const char* back_name;
    PoolHeader* PoolHeader::*link;
    PoolHeader* PoolHeader::*back;
  };

  const Arenas& arenas_;
  Readable readable_ = readable_by_system();
};

}  // namespace

std::vector<Violation> walk(const Arenas& arenas) {
  std::vector<Violation> violations;
  const Walk heap(arenas);
  for (const std::uintptr_t arena : arenas) {
    const ArenaPools pools(arena);
    for (std::uintptr_t pool = pools.begin(); pool < pools.end(); pool += Modern::pool_size) {
      if (auto violation = heap.check(pools, pool_at(pool))) violations.push_back(std::move(*violation));
    }
  }
  return violations;
}

namespace {

/// The pool of a block that is said to be in use, and that the address is a block's.
[[nodiscard]] Check check_pool_of(const Arenas& arenas, const void* block, bool links) {
  const auto arena = arena_of(arenas, address_of(block));
  if (!arena) return std::nullopt;
  const ArenaPools pools(*arena);
  const PoolHeader* const pool = pool_of<Modern>(block);
  const auto not_in_use = [&](const char* expected, const char* found) {
    return Violation{block_in_use, pools.where(block), expected, found};
  };
  if (!pools.carved(address_of(pool))) return not_in_use("an address in a pool", "one outside");
  if (Check violation = Walk::check_alone(pools, pool, links)) return violation;
  const std::uintptr_t offset = address_of(block) - address_of(pool);
  if (offset < Geo::overhead || (offset - Geo::overhead) % Geo::block_size(pool->szidx) != 0)
    return not_in_use("the address of a block", "one inside of it");
  if (offset >= pool->nextoffset) return not_in_use("a block in use", "a block that was never given out");
  // The list is sound: whoever wants it searched had its links checked.
  for (const std::byte* free = links ? pool->freeblock : nullptr; free != nullptr; free = link_of(free)) {
    if (free == block) return not_in_use("a block in use", "a free block of its pool");
  }
  return std::nullopt;
}

}  // namespace

std::optional<Violation> check_given(const Arenas& arenas, const void* block) {
  return check_pool_of(arenas, block, false);
}

std::optional<Violation> check_taken(const Arenas& arenas, const void* block) {
  return check_pool_of(arenas, block, true);
}

Location locate(const Arenas& arenas, const void* address) {
  const auto arena = arena_of(arenas, address_of(address));
  if (!arena) return {.arena = {}, .pool = {}, .block = {}, .size_class = {}, .address = address_of(address)};
  return ArenaPools(*arena).where(address);
}

}  // namespace poolhammer::watch

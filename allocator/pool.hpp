#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "allocator/layout.hpp"
#include "allocator/poison.hpp"

namespace pymalloc {

/// The first 48 bytes of a pool, in the order that CPython documents. A pool is
/// - used: 0 < ref_count < capacity, and in the used list of its class;
/// - full: ref_count = capacity, freeblock null, in no list (its links are stale);
/// - empty: ref_count = 0, in its arena's freepools by nextpool; class, offsets and free list stay as they
/// were. Everything but the heads of the used lists is poisoned: read with peek, written with poke.
struct PoolHeader {
  std::uint32_t ref_count;   ///< blocks given out
  std::uint32_t padding;     ///< ref_count shares a pointer's width
  std::byte* freeblock;      ///< head of the free list; each free block begins with the address of the next
  PoolHeader* nextpool;      ///< next pool of the used list, or of the arena's freepools
  PoolHeader* prevpool;      ///< previous pool of the used list
  std::uint32_t arenaindex;  ///< index of the arena object
  std::uint32_t szidx;       ///< index of the size class, or no_size_class
  std::uint32_t nextoffset;  ///< bytes from the pool's base to the first block never carved
  std::uint32_t maxnextoffset;  ///< the largest nextoffset at which a block still fits
};
static_assert(sizeof(PoolHeader) == (sizeof(void*) == 8 ? 48 : 36));

/// The szidx of a pool that was never initialised.
inline constexpr std::uint32_t no_size_class = 0xFFFF;

/// The base of the pool that an address would lie in. Says nothing about whether there is one.
template <Layout L>
[[nodiscard]] inline PoolHeader* pool_of(const void* address) {
  const auto bits = std::bit_cast<std::uintptr_t>(address);
  return std::bit_cast<PoolHeader*>(bits & ~(std::uintptr_t{L::pool_size} - 1));
}

[[nodiscard]] inline std::uintptr_t address_of(const void* pointer) {
  return std::bit_cast<std::uintptr_t>(pointer);
}

/// The link that a free block holds: the next free block of its pool, or null.
[[nodiscard]] inline std::byte* link_of(const std::byte* block) {
  return peek(*reinterpret_cast<std::byte* const*>(block));
}

inline void set_link(std::byte* block, std::byte* next) {
  poke(*reinterpret_cast<std::byte**>(block), next);
}

/// Writes the header of a pool that takes on a size class, with two blocks carved: the first is the caller's,
/// the second is the free list. Leaves ref_count, arenaindex and the list links alone.
template <Layout L>
inline void carve_first_blocks(PoolHeader* pool, std::uint32_t size_class) {
  using G = Geometry<L>;
  const std::uint32_t size = G::block_size(size_class);
  std::byte* const second = reinterpret_cast<std::byte*>(pool) + G::overhead + size;
  poke(pool->szidx, size_class);
  poke(pool->nextoffset, G::overhead + 2 * size);
  poke(pool->maxnextoffset, G::max_next_offset(size_class));
  poke(pool->freeblock, second);
  set_link(second, nullptr);
}

/// Carves the next block of a pool whose free list ran out and makes it the free list. False where none is
/// left.
inline bool carve_next_block(PoolHeader* pool, std::uint32_t block_size) {
  const std::uint32_t offset = peek(pool->nextoffset);
  if (offset > peek(pool->maxnextoffset)) return false;
  std::byte* const block = reinterpret_cast<std::byte*>(pool) + offset;
  poke(pool->freeblock, block);
  poke(pool->nextoffset, offset + block_size);
  set_link(block, nullptr);
  return true;
}

/// Puts a pool behind `head`, at the front of its list.
inline void link_pool_first(PoolHeader* head, PoolHeader* pool) {
  PoolHeader* const second = peek(head->nextpool);
  poke(pool->nextpool, second);
  poke(pool->prevpool, head);
  poke(head->nextpool, pool);
  poke(second->prevpool, pool);
}

/// Takes a pool out of its used list; its own links stay stale.
inline void unlink_pool(PoolHeader* pool) {
  PoolHeader* const next = peek(pool->nextpool);
  PoolHeader* const previous = peek(pool->prevpool);
  poke(next->prevpool, previous);
  poke(previous->nextpool, next);
}

}  // namespace pymalloc

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "allocator/heap_state.hpp"

namespace pymalloc {

/// One size class at the moment.
struct ClassStatistics {
  std::uint32_t block_size = 0;  ///< bytes
  std::uint64_t pools = 0;       ///< used and full
  std::uint64_t blocks_in_use = 0;
  std::uint64_t blocks_free = 0;  ///< in those pools: in the free list, or not carved yet
};

/// One arena at the moment. in_use + empty + fresh = the pools that fit.
struct ArenaStatistics {
  std::uint32_t index = 0;  ///< in the table of arenas
  std::uintptr_t address = 0;
  std::uint32_t pools_in_use = 0;  ///< used and full
  std::uint32_t pools_empty = 0;   ///< carved, all blocks given back
  std::uint32_t pools_fresh = 0;   ///< never carved
  std::uint64_t bytes_in_use = 0;  ///< by block sizes
};

/// What became of the arenas' bytes. They are all accounted for: total() is arenas times arena size.
struct ByteStatistics {
  std::uint64_t in_use = 0;           ///< blocks given out, by block sizes
  std::uint64_t free_blocks = 0;      ///< other blocks of the pools in use
  std::uint64_t free_pools = 0;       ///< empty and fresh pools, whole
  std::uint64_t headers = 0;          ///< of the pools in use
  std::uint64_t quantisation = 0;     ///< behind the last block that fits a pool in use
  std::uint64_t arena_alignment = 0;  ///< of arenas that do not begin on a pool's boundary

  [[nodiscard]] std::uint64_t total() const {
    return in_use + free_blocks + free_pools + headers + quantisation + arena_alignment;
  }
};

/// The figures of a heap at one moment.
struct Statistics {
  std::string_view layout;
  std::uint64_t small_request_threshold = 0;  ///< bytes
  std::uint64_t pool_size = 0;                ///< bytes
  std::uint64_t arena_size = 0;               ///< bytes
  std::vector<ClassStatistics> classes;       ///< every class, in the order of sizes
  std::vector<ArenaStatistics> arenas;        ///< those that the heap has, by index
  ArenaEvents events;                         ///< since the heap began
  ByteStatistics bytes;
  /// Bytes that were asked for by the owners of the blocks in use. A heap does not know: whoever counts them
  /// may say, and the difference to `bytes.in_use` is what rounding to size classes costs.
  std::optional<std::uint64_t> bytes_requested;
};

/// Counts a heap's memory: walks the pools of every arena and nothing else, in linear time. The heap must be
/// at rest and sound.
template <Layout L>
[[nodiscard]] Statistics gather(const HeapState<L>& heap) {
  using Geo = Geometry<L>;
  Statistics result{
      L::name, L::small_request_threshold, L::pool_size, L::arena_size, {}, {}, heap.arena_events, {}, {}};
  for (std::uint32_t size_class = 0; size_class < Geo::classes; ++size_class)
    result.classes.push_back({Geo::block_size(size_class), 0, 0, 0});
  for (std::uint32_t index = 0; index < heap.maxarenas; ++index) {
    const ArenaObject& arena = heap.arenas[index];
    if (arena.address == 0) continue;
    ArenaStatistics figures{index, arena.address, 0, 0, arena.ntotalpools, 0};
    for (std::uintptr_t base = first_pool_of<L>(arena.address); base < address_of(arena.pool_address);
         base += L::pool_size) {
      const auto* const pool = std::bit_cast<const PoolHeader*>(base);
      --figures.pools_fresh;
      const std::uint64_t in_use = peek(pool->ref_count);
      if (in_use == 0) {
        ++figures.pools_empty;
        continue;
      }
      const std::uint32_t size_class = peek(pool->szidx);
      ClassStatistics& of_class = result.classes[size_class];
      ++figures.pools_in_use;
      ++of_class.pools;
      of_class.blocks_in_use += in_use;
      of_class.blocks_free += Geo::capacity(size_class) - in_use;
      figures.bytes_in_use += in_use * of_class.block_size;
    }
    result.bytes.free_pools += std::uint64_t{figures.pools_empty + figures.pools_fresh} * L::pool_size;
    result.bytes.arena_alignment += L::arena_size - std::uint64_t{arena.ntotalpools} * L::pool_size;
    result.arenas.push_back(figures);
  }
  for (const ClassStatistics& of_class : result.classes) {
    const std::uint64_t blocks = of_class.blocks_in_use + of_class.blocks_free;
    result.bytes.in_use += of_class.blocks_in_use * of_class.block_size;
    result.bytes.free_blocks += of_class.blocks_free * of_class.block_size;
    result.bytes.headers += of_class.pools * Geo::overhead;
    result.bytes.quantisation +=
        of_class.pools * (L::pool_size - Geo::overhead) - blocks * of_class.block_size;
  }
  return result;
}

/// For people: classes that have pools, arenas, and what became of the bytes.
[[nodiscard]] std::string to_text(const Statistics& statistics);

/// The same figures for programs: one JSON object (RFC 8259), every class and every arena, numbers in bytes.
[[nodiscard]] std::string to_json(const Statistics& statistics);

}  // namespace pymalloc

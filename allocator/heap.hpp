#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

#include "allocator/arena_keeper.hpp"
#include "allocator/arena_source.hpp"
#include "allocator/heap_state.hpp"
#include "allocator/raw_allocator.hpp"

namespace pymalloc {

/// A pymalloc-style allocator: blocks of one size class in pools, pools in arenas, and a raw allocator for
/// what is larger than the layout's small_request_threshold, for size 0, and where no arena can be had.
///
/// All memory of the heap comes from `source` (arenas) and `raw` (tables), which must outlive it; there is no
/// global state. Not thread-safe. The behaviour is CPython's, which documents it in Objects/obmalloc.c (3.7
/// for Classic, 3.9 for Aligned16, 3.11 for Modern).
template <Layout L, ArenaSource Source, RawAllocator Raw = LibcRaw>
class Heap {
 public:
  using Geo = Geometry<L>;
  static constexpr std::size_t max_request = std::numeric_limits<std::ptrdiff_t>::max();

  Heap(Source& source, Raw& raw) : raw_(raw), keeper_(state_, source, raw) {}
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  /// Gives back every arena, live blocks or not, and every table. Blocks of the raw allocator stay their
  /// owners'.
  ~Heap() { keeper_.release_everything(); }

  /// A block of at least `size` bytes, not shared with any other, aligned to the layout's alignment; null
  /// where neither a pool nor the raw allocator can serve it. A size of 0 is served as 1 by the raw
  /// allocator.
  [[nodiscard]] void* malloc(std::size_t size) {
    if (is_small(size)) [[likely]] {
      const std::uint32_t size_class = Geo::class_of(size);
      PoolHeader* const pool = used_pool(size_class);
      if (pool != nullptr) [[likely]] {
        std::byte* const block = take_from(pool, size_class);
        unpoison(block, size);
        return block;
      }
    }
    return malloc_without_pool(size);
  }

  /// As malloc(count * size), zeroed; null where the product is over max_request.
  [[nodiscard]] void* calloc(std::size_t count, std::size_t size) {
    if (size != 0 && count > max_request / size) return nullptr;
    const std::size_t total = count * size;
    if (is_small(total)) [[likely]] {
      std::byte* const block = take_block(Geo::class_of(total));
      if (block != nullptr) [[likely]] {
        unpoison(block, total);
        return std::memset(block, 0, total);
      }
    }
    return raw_.calloc(std::max<std::size_t>(total, 1), 1);
  }

  /// The block with a new size: its first min(old, new) bytes keep their values. Null, with the old block as
  /// it was, where a new block cannot be had. A null `block` is malloc(size); a size of 0 gives a block too.
  ///
  /// A pool block that shrinks stays where it is unless that would waste a quarter of it or more; a block of
  /// the raw allocator never becomes a pool block.
  [[nodiscard]] void* realloc(void* block, std::size_t size) {
    if (block == nullptr) return malloc(size);
    if (size > max_request) return nullptr;
    if (!state_.owns(block)) return raw_.realloc(block, std::max<std::size_t>(size, 1));
    const std::size_t old_size = block_size_in_pool(block);
    if (size <= old_size && 4 * size > 3 * old_size) {
      poison(block, old_size);
      unpoison(block, size);
      return block;
    }
    return move_block(block, std::min(size, old_size), size);
  }

  /// Gives a block back. Null is allowed; anything else must be a live block of this heap.
  void free(void* block) {
    if (block == nullptr) return;
    if (state_.owns(block)) [[likely]] {
      give_block(static_cast<std::byte*>(block));
    } else {
      raw_.free(block);
    }
  }

  /// The bytes that the owner of a live block may use. Under AddressSanitizer the slack behind the requested
  /// size is forbidden until this is asked: asking makes it the owner's.
  [[nodiscard]] std::size_t usable_size(void* block) {
    if (block == nullptr) return 0;
    if (!state_.owns(block)) return raw_.usable_size(block);
    const std::size_t size = block_size_in_pool(block);
    unpoison(block, size);
    return size;
  }

  /// Whether an address lies in an arena of this heap.
  [[nodiscard]] bool owns(const void* address) const { return state_.owns(address); }

  /// The size class in bytes of a live block that owns() says is the heap's.
  [[nodiscard]] static std::size_t block_size_in_pool(const void* block) {
    return Geo::block_size(peek(pool_of<L>(block)->szidx));
  }

  [[nodiscard]] const HeapState<L>& state() const { return state_; }
  /// For tests that damage a heap and tools that put one back; the heap itself never needs it.
  [[nodiscard]] HeapState<L>& mutable_state() { return state_; }

 private:
  [[nodiscard]] static constexpr bool is_small(std::size_t size) {
    return size - 1 < L::small_request_threshold;  // 0 wraps to the largest number
  }

  /// The first pool of a class that has a free block; null where the class has none.
  [[nodiscard]] PoolHeader* used_pool(std::uint32_t size_class) {
    PoolHeader* const head = &state_.usedpools[size_class];
    return head->nextpool != head ? head->nextpool : nullptr;
  }

  /// The first free block of a used pool, still poisoned.
  [[nodiscard]] std::byte* take_from(PoolHeader* pool, std::uint32_t size_class) {
    std::byte* const block = peek(pool->freeblock);
    poke(pool->ref_count, peek(pool->ref_count) + 1);
    std::byte* const next = link_of(block);
    poke(pool->freeblock, next);
    count_block(size_class);
    if (next == nullptr) [[unlikely]]
      replenish(pool, size_class);
    return block;
  }

  void count_block(std::uint32_t size_class) {
    ++state_.totals.blocks;
    state_.totals.bytes += Geo::block_size(size_class);
  }

  /// malloc where no pool has a free block at hand. Never inlined: malloc then has nothing to save on the
  /// stack.
  [[nodiscard, gnu::noinline]] void* malloc_without_pool(std::size_t size) {
    if (is_small(size)) {
      std::byte* const block = open_pool(Geo::class_of(size));
      if (block != nullptr) {
        unpoison(block, size);
        return block;
      }
    }
    if (size > max_request) return nullptr;
    return raw_.malloc(std::max<std::size_t>(size, 1));
  }

  /// A block of a class, still poisoned; null where no arena can be had.
  [[nodiscard]] std::byte* take_block(std::uint32_t size_class) {
    PoolHeader* const pool = used_pool(size_class);
    return pool != nullptr ? take_from(pool, size_class) : open_pool(size_class);
  }

  /// The free list of a used pool ran out: carves one more block, or the pool is full and leaves its list.
  void replenish(PoolHeader* pool, std::uint32_t size_class) {
    if (carve_next_block(pool, Geo::block_size(size_class))) return;
    unlink_pool(pool);
    ++state_.pool_events[size_class].filled;
  }

  /// Makes an empty or fresh pool the used pool of a class that has none, and takes its first block.
  [[nodiscard]] std::byte* open_pool(std::uint32_t size_class) {
    PoolHeader* const pool = keeper_.take_pool();
    if (pool == nullptr) return nullptr;
    ++state_.totals.pools;
    count_block(size_class);
    link_pool_first(&state_.usedpools[size_class], pool);
    poke(pool->ref_count, 1U);
    PoolEvents& events = state_.pool_events[size_class];
    const std::uint32_t old_class = peek(pool->szidx);
    if (old_class == size_class) {
      // Every block that was ever carved is in its free list, and two always were.
      ++events.taken_over;
      std::byte* const block = peek(pool->freeblock);
      poke(pool->freeblock, link_of(block));
      return block;
    }
    ++(old_class == no_size_class ? events.fresh : events.converted);
    carve_first_blocks<L>(pool, size_class);
    return reinterpret_cast<std::byte*>(pool) + Geo::overhead;
  }

  void give_block(std::byte* block) {
    PoolHeader* const pool = pool_of<L>(block);
    const std::uint32_t size_class = peek(pool->szidx);
    const std::uint32_t size = Geo::block_size(size_class);
    poison(block, size);
    std::byte* const first_free = peek(pool->freeblock);
    set_link(block, first_free);
    poke(pool->freeblock, block);
    const std::uint32_t left = peek(pool->ref_count) - 1;
    poke(pool->ref_count, left);
    --state_.totals.blocks;
    state_.totals.bytes -= size;
    if (first_free == nullptr) [[unlikely]] {
      // The pool was full, in no list. It holds at least one more block: a pool has two at least.
      link_pool_first(&state_.usedpools[size_class], pool);
      ++state_.pool_events[size_class].relinked;
      state_.pool_events[size_class].note_length();
    } else if (left == 0) [[unlikely]] {
      unlink_pool(pool);
      ++state_.pool_events[size_class].emptied;
      --state_.totals.pools;
      keeper_.give_pool(pool);
    }
  }

  /// Moves a pool block to a new one of `size` bytes with its first `kept` bytes.
  [[nodiscard]] void* move_block(void* block, std::size_t kept, std::size_t size) {
    void* const moved = malloc(size);
    if (moved == nullptr) return nullptr;
    // The old block's slack may be copied along, and is poisoned; the block dies right after.
    unpoison(block, kept);
    std::memcpy(moved, block, kept);
    give_block(static_cast<std::byte*>(block));
    return moved;
  }

  HeapState<L> state_;
  Raw& raw_;
  ArenaKeeper<L, Source, Raw> keeper_;
};

}  // namespace pymalloc

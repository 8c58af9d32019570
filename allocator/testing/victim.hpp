#pragma once

#include <array>
#include <vector>

#include "allocator/testing/damage.hpp"
#include "allocator/testing/test_heap.hpp"

namespace pymalloc {

/// A sound heap to be damaged, with pools and arenas in every state:
/// - arena 0 is exhausted; 1 and 2 have one empty pool, and 2 is misaligned; 3 has two empty pools and two
///   used ones, of the largest class; 4 has pools of classes 0 and 1 and a pool not yet carved;
/// - the table has unused objects; every free list and every list of arenas and pools that matters is longer
///   than one.
template <Layout L>
struct Victim : TestHeap<L> {
  using Bytes = typename TestHeap<L>::Bytes;

  PoolHeader* full = nullptr;            ///< full, class 0, in arena 4
  PoolHeader* used = nullptr;            ///< used, class 0, in arena 4: three free blocks, one not carved
  PoolHeader* other = nullptr;           ///< used, class 1, in arena 4: one block in use
  PoolHeader* empty = nullptr;           ///< the one of arena 1
  std::array<PoolHeader*, 2> empties{};  ///< those of arena 3 in the order of its freepools
  std::array<PoolHeader*, 2> pair{};     ///< the used pools of the largest class in the order of their list

  Victim() {
    std::array<std::vector<Bytes>, 4> filled;
    for (std::size_t i = 0; i < filled.size(); ++i) {
      this->source.place(i == 2 ? Placement::misaligned : Placement::up);
      filled[i] = this->take_arena();
    }
    full = this->pool(this->take_pool(0).front());
    const std::vector<Bytes> few = this->take(0, 4);
    used = this->pool(few.front());
    this->heap.free(few[0]);
    this->heap.free(few[2]);
    other = this->pool(this->take(1));
    empty = empty_pool(filled[1], 0);
    (void)empty_pool(filled[2], 0);
    empties[1] = empty_pool(filled[3], 0);
    empties[0] = empty_pool(filled[3], 1);
    pair[1] = free_one(filled[3], 2);
    pair[0] = free_one(filled[3], 3);
  }

  [[nodiscard]] HeapState<L>& state() { return this->heap.mutable_state(); }
  [[nodiscard]] PoolHeader* head(std::uint32_t size_class) { return &state().usedpools[size_class]; }

  /// The link in the n-th free block of a pool.
  [[nodiscard]] Bytes& link(PoolHeader* pool, std::size_t n) {
    const std::byte* const block = this->free_list(pool)[n];
    return *reinterpret_cast<Bytes*>(const_cast<std::byte*>(block));
  }
  /// The n-th block of a pool, whatever its state.
  [[nodiscard]] Bytes block(PoolHeader* pool, std::uint32_t n) const {
    return reinterpret_cast<Bytes>(pool) + this->overhead + n * this->block_size(peek(pool->szidx));
  }

 private:
  /// Frees the blocks of the n-th pool of a filled arena.
  PoolHeader* empty_pool(const std::vector<Bytes>& blocks, std::size_t n) {
    const std::size_t capacity = this->capacity(this->largest_class);
    for (std::size_t i = 0; i < capacity; ++i) this->heap.free(blocks[n * capacity + i]);
    return this->pool(blocks[n * capacity]);
  }
  PoolHeader* free_one(const std::vector<Bytes>& blocks, std::size_t n) {
    const Bytes block = blocks[n * this->capacity(this->largest_class)];
    this->heap.free(block);
    return this->pool(block);
  }
};

}  // namespace pymalloc

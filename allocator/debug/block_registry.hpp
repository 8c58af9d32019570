#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <new>
#include <utility>

#include "allocator/debug/block_shape.hpp"
#include "allocator/domains/domain.hpp"

namespace pymalloc {

/// A standard allocator over the functions of a domain. Throws std::bad_alloc where they give null.
template <class T>
class FunctionsAllocator {
 public:
  using value_type = T;

  explicit FunctionsAllocator(const AllocatorFunctions& functions) : functions_(functions) {}
  template <class U>
  FunctionsAllocator(const FunctionsAllocator<U>& other) : functions_(other.functions()) {}

  [[nodiscard]] T* allocate(std::size_t count) {
    void* const memory = functions_.malloc(functions_.context, count * sizeof(T));
    if (memory == nullptr) throw std::bad_alloc();
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, std::size_t /*count*/) { functions_.free(functions_.context, memory); }

  [[nodiscard]] const AllocatorFunctions& functions() const { return functions_; }
  friend bool operator==(const FunctionsAllocator&, const FunctionsAllocator&) = default;

 private:
  AllocatorFunctions functions_;
};

/// What is known of a block without looking at it.
struct BlockRecord {
  std::byte* data = nullptr;
  BlockShape shape{};
  BlockRecord* freed_next = nullptr;  ///< the one freed after it, while it is held back
};

/// The blocks of one debug layer by their addresses: the live ones, and the freed ones that are held back.
/// Knowing them by something else than their own bytes makes every verdict exact: a client that has
/// overwritten them changes nothing here. Its memory comes from the layer's base.
///
/// Only insert() needs memory, so that freeing and resizing cannot fail for lack of it.
class BlockRegistry {
 public:
  /// Blocks that are remembered after they went back to the base: a second free mostly follows the first.
  static constexpr std::size_t blocks_remembered = 256;

  explicit BlockRegistry(const AllocatorFunctions& base) : records_(Allocator(base)) {}
  BlockRegistry(const BlockRegistry&) = delete;
  BlockRegistry& operator=(const BlockRegistry&) = delete;
  ~BlockRegistry() = default;

  /// Throws std::bad_alloc where the base refuses, and nothing is changed then. No block known may overlap.
  void insert(std::byte* data, const BlockShape& shape) {
    records_.emplace(key(data), BlockRecord{data, shape});
  }

  /// The record of the block whose data begins at `address`, or null.
  [[nodiscard]] BlockRecord* find(const void* address) {
    const auto found = records_.find(key(address));
    return found != records_.end() ? &found->second : nullptr;
  }

  /// The record of the block that has `address` among its bytes, guards included, or null.
  [[nodiscard]] const BlockRecord* containing(const void* address) const {
    // Keyed by the data, which begins behind the guards before it.
    const auto after = records_.upper_bound(key(address) + BlockShape::prefix);
    if (after == records_.begin()) return nullptr;
    const BlockRecord& record = std::prev(after)->second;
    const std::uintptr_t first = key(record.data) - BlockShape::prefix;
    return key(address) - first < record.shape.total() ? &record : nullptr;
  }

  /// The block was resized, and is elsewhere or not.
  void replace(BlockRecord& record, std::byte* data, const BlockShape& shape) {
    if (record.data != data) note_gone(record);
    auto node = records_.extract(key(record.data));
    node.key() = key(data);
    node.mapped() = BlockRecord{data, shape};
    records_.insert(std::move(node));
  }

  /// The block goes back to the base. It is remembered among those that did last.
  void erase(const BlockRecord& record) {
    note_gone(record);
    records_.erase(key(record.data));
  }

  /// The block that was at `address` until it went back to the base, if that was not long ago; else null.
  [[nodiscard]] const BlockRecord* find_gone(const void* address) const {
    for (std::size_t age = 1; age <= std::min(gone_count_, gone_.size()); ++age) {
      const BlockRecord& record = gone_.at((gone_count_ - age) % gone_.size());
      if (record.data == address) return &record;
    }
    return nullptr;
  }

  /// Marks a block as freed and held back, behind all others of that kind.
  void hold_back(BlockRecord& record) {
    record.shape.dead = true;
    record.freed_next = nullptr;
    (newest_ == nullptr ? oldest_ : newest_->freed_next) = &record;
    newest_ = &record;
    held_bytes_ += record.shape.total();
  }

  /// The block freed first of those held back, or null.
  [[nodiscard]] const BlockRecord* oldest_held() const { return oldest_; }
  /// Bytes of all blocks held back, guards included.
  [[nodiscard]] std::size_t held_bytes() const { return held_bytes_; }

  /// Forgets the oldest block held back, which there must be; what it was.
  BlockRecord take_oldest_held() {
    const BlockRecord record = *oldest_;
    held_bytes_ -= record.shape.total();
    oldest_ = record.freed_next;
    if (oldest_ == nullptr) newest_ = nullptr;
    erase(record);
    return record;
  }

  /// Calls visit(record) for every block by ascending address.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const auto& [address, record] : records_) visit(record);
  }

 private:
  using Allocator = FunctionsAllocator<std::pair<const std::uintptr_t, BlockRecord>>;

  [[nodiscard]] static std::uintptr_t key(const void* address) {
    return reinterpret_cast<std::uintptr_t>(address);
  }

  void note_gone(const BlockRecord& record) {
    BlockRecord& place = gone_.at(gone_count_++ % gone_.size());
    place = {.data = record.data, .shape = record.shape};
    place.shape.dead = true;
  }

  std::map<std::uintptr_t, BlockRecord, std::less<>, Allocator> records_;
  std::array<BlockRecord, blocks_remembered> gone_{};  ///< the one that went as the n-th is at n % size
  std::size_t gone_count_ = 0;
  BlockRecord* oldest_ = nullptr;
  BlockRecord* newest_ = nullptr;
  std::size_t held_bytes_ = 0;
};

}  // namespace pymalloc

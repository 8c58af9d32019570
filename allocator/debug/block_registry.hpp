#pragma once

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
    auto node = records_.extract(key(record.data));
    node.key() = key(data);
    node.mapped() = BlockRecord{data, shape};
    records_.insert(std::move(node));
  }

  void erase(const BlockRecord& record) { records_.erase(key(record.data)); }

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

  [[nodiscard]] std::size_t size() const { return records_.size(); }

 private:
  using Allocator = FunctionsAllocator<std::pair<const std::uintptr_t, BlockRecord>>;

  [[nodiscard]] static std::uintptr_t key(const void* address) {
    return reinterpret_cast<std::uintptr_t>(address);
  }

  std::map<std::uintptr_t, BlockRecord, std::less<>, Allocator> records_;
  BlockRecord* oldest_ = nullptr;
  BlockRecord* newest_ = nullptr;
  std::size_t held_bytes_ = 0;
};

}  // namespace pymalloc

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

#include "allocator/heap.hpp"
#include "allocator/region_raw.hpp"
#include "allocator/region_source.hpp"
#include "harness/trace/trace.hpp"

namespace poolhammer {

/// A heap in a region of its own, for properties that look at its pools and arenas. One at a time in a
/// process.
template <pymalloc::Layout L>
class Home {
 public:
  using Geo = pymalloc::Geometry<L>;
  using HomeHeap = pymalloc::Heap<L, pymalloc::RegionArenaSource, pymalloc::RegionRaw>;

  struct Block {
    std::byte* address = nullptr;
    std::size_t size = 0;  ///< as asked for
  };

  /// One step, with nobody to judge it. Requests above 1 MiB that could be granted are left out.
  void perform(const Operation& operation) {
    switch (operation.kind) {
      case OperationKind::malloc:
      case OperationKind::calloc:
      case OperationKind::realloc:
        return request(operation);
      case OperationKind::free:
        heap_.free(blocks_[operation.slot].address);
        blocks_.erase(operation.slot);
        return;
      case OperationKind::fail_arenas:
        return source_.fail_next(operation.size);
      case OperationKind::fail_raw:
        return raw_.fail_next(operation.size);
      case OperationKind::place:
        return source_.place(static_cast<pymalloc::Placement>(operation.size));
      default:  // a heap by itself has no domains, no other functions and no threads
        return;
    }
  }

  void perform(const Trace& trace) {
    for (const Operation& operation : trace.operations) perform(operation);
  }

  /// Takes back the refusals that are still to come.
  void refuse_nothing() {
    source_.fail_next(0);
    raw_.fail_next(0);
  }

  [[nodiscard]] HomeHeap& heap() { return heap_; }
  [[nodiscard]] const pymalloc::HeapState<L>& state() const { return heap_.state(); }
  [[nodiscard]] pymalloc::RegionArenaSource& source() { return source_; }
  [[nodiscard]] const pymalloc::RegionRaw& raw() const { return raw_; }
  /// The live blocks, by slot.
  [[nodiscard]] const std::map<std::uint32_t, Block>& blocks() const { return blocks_; }

 private:
  static constexpr std::uint64_t largest_granted = std::uint64_t{1} << 20U;
  static constexpr unsigned region_number = pymalloc::Region::limit - 1;  // far from those of the subjects

  void request(const Operation& operation) {
    Block& block = blocks_[operation.slot];
    std::uint64_t size = operation.size;
    const bool zeroed = operation.kind == OperationKind::calloc;
    const bool overflow = zeroed && __builtin_mul_overflow(size, std::uint64_t{operation.count}, &size);
    const bool grantable = !overflow && size <= HomeHeap::max_request;
    void* got = nullptr;
    if (!(grantable && size > largest_granted)) {
      if (operation.kind == OperationKind::realloc) {
        got = heap_.realloc(block.address, size);
      } else if (block.address == nullptr) {
        got = zeroed ? heap_.calloc(operation.count, operation.size) : heap_.malloc(size);
      }
    }
    if (got != nullptr) block = {static_cast<std::byte*>(got), size};
    if (block.address == nullptr) blocks_.erase(operation.slot);
  }

  pymalloc::Region region_{region_number};
  pymalloc::RegionArenaSource source_{region_, L::arena_size, L::pool_size};
  pymalloc::RegionRaw raw_{region_};
  HomeHeap heap_{source_, raw_};
  std::map<std::uint32_t, Block> blocks_;
};

}  // namespace poolhammer

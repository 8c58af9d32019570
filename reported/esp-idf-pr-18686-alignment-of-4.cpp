// Report: https://github.com/espressif/esp-idf/pull/18686
// Allocator: ESP-IDF 5.5, heap component
// Fault: Blocks are aligned to 4 bytes, whatever max_align_t needs.
// Breaks: alignment, shadow.alignment
#include "reported/base/boundary_tag.hpp"

#include "reported/base/family.hpp"
#include "reported/base/lock.hpp"

struct Heap : BoundaryTag<Heap> {
  // A block may begin at any multiple of 4: where its chunk has room before it, as far as its size tells.
  static std::size_t shift(std::size_t size) { return size % 16 < 12 ? 4 * (size / 4 % 4) : 0; }
  static void* take(std::size_t alignment, std::size_t size) {
    if (alignment > 16 || too_large(size)) return BoundaryTag::take(alignment, size);
    auto* const block = static_cast<std::byte*>(BoundaryTag::take(alignment, size + 16));
    return block == nullptr ? nullptr : block + shift(size);
  }
  static void* start(const void* block) {
    return reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(block) / 16 * 16);
  }
  static void give(void* block) { BoundaryTag::give(start(block)); }
  static bool resize(void* block, std::size_t size) {
    return start(block) == block && BoundaryTag::resize(block, size);
  }
  static std::size_t usable(const void* block) {
    const auto skipped = static_cast<std::size_t>(static_cast<const std::byte*>(block) -
                                                  static_cast<std::byte*>(start(block)));
    return BoundaryTag::usable(start(block)) - skipped;
  }
};

struct Broken : Family<Broken, Locked<Heap>> {};

#include "harness/contract/testing/exports.hpp"

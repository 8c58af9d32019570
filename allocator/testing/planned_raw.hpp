#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "allocator/raw_allocator.hpp"
#include "allocator/region.hpp"

namespace pymalloc {

/// The C library's allocator, counted, with one request to be refused: the one that a test names by how many
/// are granted before it.
class PlannedRaw {
 public:
  PlannedRaw() = default;
  explicit PlannedRaw(const Region& /*unused*/) {}

  [[nodiscard]] void* malloc(std::size_t size) { return grant() ? counted(LibcRaw::malloc(size)) : nullptr; }
  [[nodiscard]] void* calloc(std::size_t count, std::size_t size) {
    return grant() ? counted(LibcRaw::calloc(count, size)) : nullptr;
  }
  [[nodiscard]] void* realloc(void* block, std::size_t size) {
    if (block == nullptr) return malloc(size);
    return grant() ? LibcRaw::realloc(block, size) : nullptr;
  }
  void free(void* block) {
    if (block != nullptr) --live_;
    LibcRaw::free(block);
  }
  [[nodiscard]] static std::size_t usable_size(void* block) { return LibcRaw::usable_size(block); }

  /// Grants `granted` requests, refuses the next, and grants all behind it.
  void refuse_after(std::uint64_t granted) { until_refusal_ = granted; }
  /// Whether the planned refusal is still to come.
  [[nodiscard]] bool refusal_pending() const { return until_refusal_ != never; }
  void cancel_refusal() { until_refusal_ = never; }

  /// Blocks given and not freed.
  [[nodiscard]] std::uint64_t live() const { return live_; }

 private:
  static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

  [[nodiscard]] bool grant() {
    if (until_refusal_ == never) return true;
    if (until_refusal_ > 0) {
      --until_refusal_;
      return true;
    }
    until_refusal_ = never;
    return false;
  }
  [[nodiscard]] void* counted(void* block) {
    if (block != nullptr) ++live_;
    return block;
  }

  std::uint64_t until_refusal_ = never;
  std::uint64_t live_ = 0;
};

}  // namespace pymalloc

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "allocator/domains/domain.hpp"

namespace pymalloc {

/// An object with malloc, calloc, realloc and free as members, as a domain has it. It must outlive them.
template <class Allocator>
[[nodiscard]] AllocatorFunctions functions_of(Allocator& allocator) {
  return {.context = &allocator,
          .malloc = [](void* context, std::size_t size) -> void* {
            return static_cast<Allocator*>(context)->malloc(size);
          },
          .calloc = [](void* context, std::size_t count, std::size_t size) -> void* {
            return static_cast<Allocator*>(context)->calloc(count, size);
          },
          .realloc = [](void* context, void* block, std::size_t size) -> void* {
            return static_cast<Allocator*>(context)->realloc(block, size);
          },
          .free = [](void* context, void* block) { static_cast<Allocator*>(context)->free(block); }};
}

/// What a base does with memory that it was given back.
enum class FreedMemory : std::uint8_t {
  left_as_it_is,
  overwritten,  ///< and watched: nobody may write to it
};

/// A base for a debug layer in one buffer of its own: memory that was given back stays mapped and is no
/// sanitizer's business, so that what is seen of a misuse is the layer's doing alone. Tells what a layer does
/// wrong to its base.
class PlainBase {
 public:
  static constexpr std::size_t alignment = 16;

  explicit PlainBase(FreedMemory freed = FreedMemory::left_as_it_is,
                     std::size_t bytes = std::size_t{1} << 20U)
      : freed_(freed), words_(bytes / sizeof(Unit)) {}

  [[nodiscard]] void* malloc(std::size_t size) {
    look_at_cut();
    if (!granted()) return nullptr;
    std::byte* const block = place(size);
    if (block == nullptr) return nullptr;
    std::memset(block, old_content, size);
    live_[block] = size;
    return block;
  }

  [[nodiscard]] void* calloc(std::size_t count, std::size_t size) {
    void* const block = malloc(count * size);
    if (block != nullptr) std::memset(block, 0, count * size);
    return block;
  }

  /// Shrinks in place where `shrinks_in_place`; moves otherwise.
  [[nodiscard]] void* realloc(void* block, std::size_t size) {
    if (block == nullptr) return malloc(size);
    const auto found = live_.find(static_cast<std::byte*>(block));
    if (found == live_.end()) {
      ++wrong_frees_;
      return nullptr;
    }
    const std::size_t old_size = found->second;
    if (size <= old_size && shrinks_in_place) {
      look_at_cut();
      if (!granted()) return nullptr;
      found->second = size;
      cut_ = std::span(found->first, old_size).subspan(size);
      overwrite(cut_);
      return block;
    }
    void* const moved = malloc(size);
    if (moved == nullptr) return nullptr;
    std::memcpy(moved, block, std::min(size, old_size));
    free(block);
    return moved;
  }

  void free(void* block) {
    look_at_cut();
    const auto found = live_.find(static_cast<std::byte*>(block));
    if (found == live_.end()) {
      ++wrong_frees_;
      return;
    }
    const std::size_t size = rounded(found->second);
    overwrite({found->first, size});
    free_[size].push_back(found->first);
    live_.erase(found);
  }

  bool shrinks_in_place = false;

  /// Grants `granted` requests, refuses the next, and grants all behind it.
  void refuse_after(std::size_t granted) { until_refusal_ = granted; }
  void refuse_all(bool refuse) { refuse_all_ = refuse; }
  /// Whether the planned refusal is still to come.
  [[nodiscard]] bool refusal_pending() const { return until_refusal_.has_value(); }

  [[nodiscard]] std::size_t live() const { return live_.size(); }
  /// Bytes asked for that are live.
  [[nodiscard]] std::size_t size_of(const void* block) const {
    const auto found = live_.find(const_cast<std::byte*>(static_cast<const std::byte*>(block)));
    return found != live_.end() ? found->second : 0;
  }
  /// Pointers given back that are no live block.
  [[nodiscard]] std::size_t wrong_frees() const { return wrong_frees_; }
  /// Bytes written into memory after it was given back, what a shrink in place cut off included; 0 for memory
  /// that is left as it is.
  [[nodiscard]] std::size_t late_writes() {
    look_at_cut();
    for (const auto& [size, blocks] : free_) {
      for (std::byte* const block : blocks) count_writes({block, size});
    }
    return late_writes_;
  }
  /// Memory of the buffer that was never given out: 64 bytes.
  [[nodiscard]] std::byte* never_given() { return bytes() + words_.size() * sizeof(Unit) - unused_at_end; }

 private:
  struct alignas(alignment) Unit {
    std::byte bytes[alignment];
  };
  static constexpr std::size_t unused_at_end = 64;
  static constexpr int old_content = 0x11;  ///< of memory that is not asked to be zero
  static constexpr std::byte freed_content{0x5A};

  [[nodiscard]] std::byte* bytes() { return reinterpret_cast<std::byte*>(words_.data()); }

  [[nodiscard]] bool granted() {
    if (refuse_all_) return false;
    if (!until_refusal_) return true;
    if (*until_refusal_ > 0) {
      --*until_refusal_;
      return true;
    }
    until_refusal_.reset();
    return false;
  }

  [[nodiscard]] static std::size_t rounded(std::size_t size) {
    return (size + alignment - 1) / alignment * alignment;
  }

  [[nodiscard]] std::byte* place(std::size_t size) {
    if (size > words_.size() * sizeof(Unit)) return nullptr;
    const std::size_t wanted = rounded(size);
    if (std::vector<std::byte*>& free = free_[wanted]; !free.empty()) {
      std::byte* const block = free.back();
      free.pop_back();
      count_writes({block, wanted});
      return block;
    }
    if (used_ + wanted + unused_at_end > words_.size() * sizeof(Unit)) return nullptr;
    std::byte* const block = bytes() + used_;
    used_ += wanted;
    return block;
  }
  void overwrite(std::span<std::byte> memory) const {
    if (freed_ == FreedMemory::overwritten) std::ranges::fill(memory, freed_content);
  }
  /// Puts back what was written, so that it counts once.
  void count_writes(std::span<std::byte> memory) {
    if (freed_ != FreedMemory::overwritten) return;
    const auto changed = [](std::byte value) { return value != freed_content; };
    late_writes_ += static_cast<std::size_t>(std::ranges::count_if(memory, changed));
    overwrite(memory);
  }
  /// Until the next request, what a shrink cut off is nobody's.
  void look_at_cut() {
    count_writes(cut_);
    cut_ = {};
  }

  FreedMemory freed_;
  std::vector<Unit> words_;
  std::size_t used_ = 0;
  std::map<std::byte*, std::size_t> live_;               ///< sizes by address
  std::map<std::size_t, std::vector<std::byte*>> free_;  ///< by rounded size, the last freed at the back
  std::span<std::byte> cut_;                             ///< what a shrink in place cut off just now
  std::optional<std::size_t> until_refusal_;
  bool refuse_all_ = false;
  std::size_t wrong_frees_ = 0;
  std::size_t late_writes_ = 0;
};

}  // namespace pymalloc

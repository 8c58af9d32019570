#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "allocator/journal.hpp"
#include "allocator/region.hpp"

namespace pymalloc {

/// A raw allocator for deterministic runs: the same calls and commands get the same addresses in every
/// process. Simple on purpose: sizes are rounded up to one of four steps a doubling, a freed place serves the
/// next request of its step, and all books are kept outside the memory it gives. Under AddressSanitizer
/// everything but live blocks is poisoned.
class RegionRaw {
 public:
  /// Gives out the lowest 2^36 bytes of `region`, which must outlive this.
  /// Every call is noted in `journal`, if there is one, which must outlive this too; a call that another of
  /// these makes is part of that one.
  explicit RegionRaw(Region& region, Journal* journal = nullptr);
  RegionRaw(const RegionRaw&) = delete;
  RegionRaw& operator=(const RegionRaw&) = delete;
  /// Allows all memory that it forbade: whoever gets the region's addresses next may use them.
  ~RegionRaw();

  [[nodiscard]] void* malloc(std::size_t size);
  [[nodiscard]] void* calloc(std::size_t count, std::size_t size);
  [[nodiscard]] void* realloc(void* block, std::size_t size);
  void free(void* block);
  [[nodiscard]] std::size_t usable_size(void* block) const;

  /// Refuses the next `requests` requests.
  void fail_next(std::uint64_t requests) { refusals_ = requests; }

  /// Requests refused so far, by command or for want of room.
  [[nodiscard]] std::uint64_t refused() const { return refused_; }
  /// Whether a live block begins at `address` and has `size` bytes or more.
  [[nodiscard]] bool holds(std::uintptr_t address, std::size_t size) const;
  [[nodiscard]] std::uint64_t live() const { return blocks_.size(); }
  /// Calls of free and realloc with what is no live block; each is a fault of the heap or its client.
  [[nodiscard]] std::uint64_t wrong_frees() const { return wrong_frees_; }

  /// Back to the start: nothing given, memory zero, no refusals.
  void reset();

 private:
  struct Block {
    std::size_t size;  ///< as requested, in bytes
    std::uint32_t step;
  };
  static constexpr std::size_t capacity = std::size_t{1} << 36U;
  static constexpr std::size_t steps = std::size_t{4} * 36;

  [[nodiscard]] void* refuse() {
    ++refused_;
    return nullptr;
  }
  [[nodiscard]] std::uintptr_t take_place(std::uint32_t step);
  [[nodiscard]] void* give(std::size_t size);
  [[nodiscard]] void* resize(void* block, std::size_t size);
  void take_back(void* block);
  void note(Call call, const void* block, std::size_t size, const void* answer);

  std::uintptr_t base_;
  Journal* journal_;
  std::uintptr_t next_;  ///< all memory from here on is as the system gave it: zero
  std::uint64_t refusals_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t wrong_frees_ = 0;
  std::unordered_map<std::uintptr_t, Block> blocks_;
  std::array<std::vector<std::uintptr_t>, steps> free_places_;
};

}  // namespace pymalloc

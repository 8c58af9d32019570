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
///
/// What malloc gives is not zero, nor is what realloc adds: a heap that relies on it is wrong. A block of
/// huge_least bytes or more is addresses, which take no memory until they are written: it has one of a few
/// places of huge_most bytes each, is zero, and keeps its place as long as it is huge.
class RegionRaw {
 public:
  static constexpr std::size_t huge_least = std::size_t{1} << 30U;
  static constexpr std::uint64_t huge_most = (std::uint64_t{1} << 33U) - Region::page;
  static constexpr std::size_t huge_places = 4;
  /// Bytes between two places, poisoned, so that a write after a block meets poison before another block.
  static constexpr std::size_t gap = 16;
  /// Of a free huge place so many bytes are poisoned at its start and around the end of the block it held.
  static constexpr std::size_t huge_edge = std::size_t{64} << 10U;

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

  /// On which side of a lent place the arena is.
  enum class Beside : std::uint8_t { arena_before, arena_behind };

  /// Gives the next request of `size` bytes, or so many less as one step covers, this place, which is nobody
  /// else's, as are the 16 bytes on the side where no arena is. Precondition: `size` is a step: 16, 24, 32,
  /// or 4, 5, 6 or 7 times a larger power of two. Until reset().
  void lend(std::uintptr_t place, std::size_t size, Beside beside);

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
  struct Lent {
    std::uintptr_t first;
    std::size_t bytes;  ///< with those on the other side
  };
  /// The bytes of the block that it holds or held last; 0 where it never held one.
  struct HugePlace {
    std::size_t size = 0;
    bool taken = false;
  };
  static constexpr std::uint64_t capacity = std::uint64_t{1} << 36U;
  /// The upper half is the huge places'.
  static constexpr std::uint64_t plain_capacity = capacity / 2;
  static constexpr std::size_t steps = std::size_t{4} * 36;
  static constexpr std::uint32_t huge_step = steps;

  [[nodiscard]] void* refuse() {
    ++refused_;
    return nullptr;
  }
  [[nodiscard]] std::uintptr_t take_place(std::uint32_t step);
  [[nodiscard]] void* give(std::size_t size);
  [[nodiscard]] void* resize(void* block, std::size_t size);
  [[nodiscard]] void* give_huge(std::size_t size);
  void take_back_huge(std::uintptr_t address);
  [[nodiscard]] std::uintptr_t huge_address(std::size_t number) const;
  [[nodiscard]] HugePlace& huge_place(std::uintptr_t address);
  /// Allows a huge block's bytes and forbids those behind it; `old_size` bytes were allowed before.
  static void allow_huge(std::uintptr_t address, std::size_t old_size, std::size_t size);
  void take_back(void* block);
  void forget_places();
  void note(Call call, const void* block, std::size_t size, const void* answer);

  std::uintptr_t base_;
  Journal* journal_;
  std::uintptr_t next_;  ///< all memory from here on is as the system gave it: zero
  std::uint64_t refusals_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t wrong_frees_ = 0;
  std::unordered_map<std::uintptr_t, Block> blocks_;
  std::array<std::vector<std::uintptr_t>, steps> free_places_;
  std::vector<Lent> lent_;
  std::array<HugePlace, huge_places> huge_;
};

}  // namespace pymalloc

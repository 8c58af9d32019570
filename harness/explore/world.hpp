#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "allocator/journal.hpp"
#include "allocator/placement.hpp"
#include "allocator/poison.hpp"

namespace poolhammer {

// The world below a heap that is put back as bytes: everything that an arena source and a raw allocator know
// is plain data in fixed places. Both are the strictest of their kind: they keep to the lowest free place,
// realloc always moves, what is given back is forbidden, and every wrong call is counted.

/// Where the arenas of a universe lie: the same geometry as a RegionArenaSource's.
struct ArenaPlaces {
  std::uintptr_t start;      ///< a boundary between two leaves of the radix tree
  std::uint32_t arena_size;  ///< bytes
  std::uint32_t pool_size;   ///< bytes
  pymalloc::Placement placement;

  [[nodiscard]] std::uintptr_t address(std::uint32_t number) const {
    switch (placement) {
      case pymalloc::Placement::misaligned: {
        // Off a pool's boundary by half a pool, by the least, not at all, by the most; never on an arena's.
        // The second lies across two leaves.
        const std::array<std::uint32_t, 4> off = {pool_size / 2, 16, 0, pool_size - 16};
        const std::uintptr_t stride = arena_size + pool_size;
        return start - arena_size / 2 - stride + number * stride + off[number % off.size()];
      }
      case pymalloc::Placement::adjacent:
        return start + std::uintptr_t{number} * arena_size;
      case pymalloc::Placement::touching:
        return start - 2 * std::uintptr_t{arena_size} + std::uintptr_t{number} * arena_size + pool_size / 2;
      default:
        return start + std::uintptr_t{number} * 2 * arena_size;
    }
  }
};

/// Gives at most `limit` arenas at a time.
class ExploreSource {
 public:
  ExploreSource(const ArenaPlaces& places, std::uint32_t limit, pymalloc::Journal* journal)
      : places_(places), limit_(limit), journal_(journal) {}

  [[nodiscard]] void* allocate(std::size_t size) {
    void* const arena = give(size);
    journal_->note({pymalloc::Call::arena_request, 0, size, std::bit_cast<std::uintptr_t>(arena)});
    return arena;
  }

  void release(void* arena, std::size_t size) {
    journal_->note({pymalloc::Call::arena_release, std::bit_cast<std::uintptr_t>(arena), size, 0});
    for (std::uint32_t i = 0; i < limit_; ++i) {
      if (!given(i) || places_.address(i) != std::bit_cast<std::uintptr_t>(arena)) continue;
      if (size != places_.arena_size) break;
      given_ &= ~(1U << i);
      pymalloc::poison(arena, size);
      return;
    }
    ++wrong_releases_;
  }

  /// Refuses the next `requests` requests; 0 takes an order back that was not needed.
  void refuse_next(std::uint32_t requests) { refusals_ = requests; }
  [[nodiscard]] std::uint32_t refusals_left() const { return refusals_; }

  /// Whether all of [address, address + size) lies in one arena given and not released.
  [[nodiscard]] bool holds(std::uintptr_t address, std::size_t size) const {
    for (std::uint32_t i = 0; i < limit_; ++i) {
      const std::uintptr_t offset = address - places_.address(i);
      if (given(i) && offset <= places_.arena_size && size <= places_.arena_size - offset) return true;
    }
    return false;
  }
  [[nodiscard]] bool given(std::uint32_t number) const { return (given_ >> number & 1U) != 0; }
  [[nodiscard]] bool at_limit() const { return live() == limit_; }
  [[nodiscard]] std::uint32_t live() const { return static_cast<std::uint32_t>(std::popcount(given_)); }
  [[nodiscard]] std::uint32_t wrong_releases() const { return wrong_releases_; }

 private:
  [[nodiscard]] void* give(std::size_t size) {
    if (size != places_.arena_size) return nullptr;
    if (refusals_ > 0) {
      --refusals_;
      return nullptr;
    }
    const auto number = static_cast<std::uint32_t>(std::countr_one(given_));
    if (number >= limit_) return nullptr;
    given_ |= 1U << number;
    auto* const arena = std::bit_cast<void*>(places_.address(number));
    pymalloc::unpoison(arena, size);
    return std::memset(arena, 0, size);
  }

  ArenaPlaces places_;
  std::uint32_t limit_;
  pymalloc::Journal* journal_;
  std::uint32_t given_ = 0;  ///< a bit for each place
  std::uint32_t refusals_ = 0;
  std::uint32_t wrong_releases_ = 0;
};

/// Gives cells of one of two sizes: small ones for clients and tables, large ones for the radix tree's nodes.
class ExploreRaw {
 public:
  static constexpr std::size_t small_cells = 6;
  static constexpr std::size_t small_bytes = 448;
  static constexpr std::size_t large_cells = 8;
  static constexpr std::size_t large_bytes = 4224;
  using SmallCells = std::array<std::array<std::byte, small_bytes>, small_cells>;
  using LargeCells = std::array<std::array<std::byte, large_bytes>, large_cells>;

  ExploreRaw(SmallCells& small, LargeCells& large, pymalloc::Journal* journal)
      : small_(&small), large_(&large), journal_(journal) {}

  [[nodiscard]] void* malloc(std::size_t size) {
    void* const block = give(size);
    note(pymalloc::Call::raw_malloc, nullptr, size, block);
    return block;
  }
  [[nodiscard]] void* calloc(std::size_t count, std::size_t size) {
    std::size_t total = 0;
    if (__builtin_mul_overflow(count, size, &total)) total = ~std::size_t{0};
    void* const block = give(total);
    note(pymalloc::Call::raw_calloc, nullptr, total, block);
    return block == nullptr ? nullptr : std::memset(block, 0, total);
  }
  [[nodiscard]] void* realloc(void* block, std::size_t size) {
    void* const moved = move(block, size);
    note(pymalloc::Call::raw_realloc, block, size, moved);
    return moved;
  }
  void free(void* block) {
    if (block == nullptr) return;
    note(pymalloc::Call::raw_free, block, 0, nullptr);
    take_back(block);
  }
  [[nodiscard]] std::size_t usable_size(void* block) const {
    const std::size_t cell = cell_of(block);
    return cell == none ? 0 : sizes_[cell];
  }

  /// Refuses the next `requests` requests; 0 takes an order back that was not needed.
  void refuse_next(std::uint32_t requests) { refusals_ = requests; }
  [[nodiscard]] std::uint32_t refusals_left() const { return refusals_; }

  /// Whether a live block begins at `address` and has `size` bytes or more.
  [[nodiscard]] bool holds(std::uintptr_t address, std::size_t size) const {
    const std::size_t cell = cell_of(std::bit_cast<void*>(address));
    return cell != none && size <= sizes_[cell];
  }
  [[nodiscard]] std::uint32_t live() const {
    std::uint32_t count = 0;
    for (const std::uint16_t size : sizes_) count += size != 0 ? 1 : 0;
    return count;
  }
  [[nodiscard]] std::uint32_t refused() const { return refused_; }
  [[nodiscard]] std::uint32_t wrong_frees() const { return wrong_frees_; }

  /// Forbids all but the live blocks, after the cells were put back.
  void forbid_the_rest() const {
    pymalloc::poison(small_, sizeof(SmallCells));
    pymalloc::poison(large_, sizeof(LargeCells));
    for (std::size_t cell = 0; cell < cells; ++cell) {
      if (sizes_[cell] != 0) pymalloc::unpoison(address(cell), sizes_[cell]);
    }
  }

 private:
  static constexpr std::size_t cells = small_cells + large_cells;
  static constexpr std::size_t none = cells;

  [[nodiscard]] std::byte* address(std::size_t cell) const {
    return cell < small_cells ? (*small_)[cell].data() : (*large_)[cell - small_cells].data();
  }
  /// The live cell that begins at `block`, or `none`.
  [[nodiscard]] std::size_t cell_of(const void* block) const {
    for (std::size_t cell = 0; cell < cells; ++cell) {
      if (address(cell) == block) return sizes_[cell] != 0 ? cell : none;
    }
    return none;
  }

  [[nodiscard]] void* give(std::size_t size) {
    if (refusals_ > 0) {
      --refusals_;
      return refuse();
    }
    // A request of 0 bytes is never passed; were it, the cell would not count as live.
    if (size == 0 || size > large_bytes) return refuse();
    const bool large = size > small_bytes;
    const std::size_t end = large ? cells : small_cells;
    for (std::size_t cell = large ? small_cells : 0; cell < end; ++cell) {
      if (sizes_[cell] != 0) continue;
      sizes_[cell] = static_cast<std::uint16_t>(size);
      pymalloc::unpoison(address(cell), size);
      return address(cell);
    }
    return refuse();
  }

  [[nodiscard]] void* move(void* block, std::size_t size) {
    if (block == nullptr) return give(size);
    const std::size_t cell = cell_of(block);
    if (cell == none) {
      ++wrong_frees_;
      return nullptr;
    }
    void* const moved = give(size);
    if (moved == nullptr) return nullptr;
    std::memcpy(moved, block, size < sizes_[cell] ? size : sizes_[cell]);
    take_back(block);
    return moved;
  }

  void take_back(void* block) {
    const std::size_t cell = cell_of(block);
    if (cell == none) {
      ++wrong_frees_;
      return;
    }
    // Whoever goes on to use it reads what was never there.
    std::memset(block, 0xDD, sizes_[cell]);
    pymalloc::poison(block, cell < small_cells ? small_bytes : large_bytes);
    sizes_[cell] = 0;
  }

  [[nodiscard]] void* refuse() {
    ++refused_;
    return nullptr;
  }
  void note(pymalloc::Call call, const void* block, std::size_t size, const void* answer) {
    journal_->note({call, std::bit_cast<std::uintptr_t>(block), size, std::bit_cast<std::uintptr_t>(answer)});
  }

  SmallCells* small_;
  LargeCells* large_;
  pymalloc::Journal* journal_;
  std::array<std::uint16_t, cells> sizes_{};  ///< as requested, in bytes; 0: free
  std::uint32_t refusals_ = 0;
  std::uint32_t refused_ = 0;
  std::uint32_t wrong_frees_ = 0;
};

}  // namespace poolhammer

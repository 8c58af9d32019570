#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace poolhammer {

/// What the clients of a universe know: which blocks are live, and what every byte of them holds. Plain data,
/// so that it is put back with the heap. What a block holds follows from its address and its size: the bytes
/// of a state need not be kept apart.
class ClientBook {
 public:
  /// Slots for the blocks of UniverseOptions::most_arenas tiny arenas and a few of the raw allocator.
  static constexpr std::uint32_t slots = 112;

  struct Block {
    std::uintptr_t address = 0;  ///< 0: no block
    std::size_t size = 0;        ///< bytes asked for

    friend bool operator==(const Block&, const Block&) = default;
  };

  /// A rule that does not hold, seen at an address.
  struct Wrong {
    std::string_view oracle;
    std::uintptr_t at;
    std::string expected;
    std::string found;
  };

  [[nodiscard]] const Block& operator[](std::uint32_t slot) const { return blocks_[slot]; }
  /// All live blocks are in slots below this.
  [[nodiscard]] std::uint32_t end() const { return end_; }
  [[nodiscard]] std::uint32_t live() const;
  [[nodiscard]] std::uint32_t lowest_free_slot() const;

  /// Judges the address of a block that was just given, and books it. The slot is free.
  [[nodiscard]] std::optional<Wrong> admit(std::uint32_t slot, std::uintptr_t address, std::size_t size,
                                           std::size_t alignment);
  /// Whether a block from calloc is zero.
  [[nodiscard]] std::optional<Wrong> zeroed(std::uint32_t slot) const;
  /// Whether a block from realloc begins with what `old` held.
  [[nodiscard]] std::optional<Wrong> kept(std::uint32_t slot, const Block& old) const;
  /// The owner writes to every byte of its block.
  void fill(std::uint32_t slot) const;
  void forget(std::uint32_t slot);
  /// Whether every live block holds what its owner wrote.
  [[nodiscard]] std::optional<Wrong> contents() const;

 private:
  [[nodiscard]] std::optional<Wrong> disjoint(std::uintptr_t address, std::size_t size) const;

  std::array<Block, slots> blocks_{};
  std::uint32_t end_ = 0;
};

}  // namespace poolhammer

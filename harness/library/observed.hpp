#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <unordered_set>

namespace poolhammer::library {

/// What can be seen of an allocator from outside, as counters that a coverage-guided engine takes for
/// features: which classes of usable size it gives, how long a freed block rests before it is given again,
/// how far a block lies from the one before, how many pages blocks lie in, and when realloc moves a block.
class Observed {
 public:
  /// malloc or calloc gave a block of so many usable bytes.
  void given(const void* block, std::size_t usable);
  /// A block goes back.
  void freed(const void* block);
  /// realloc gave `now` of so many usable bytes for `before`.
  void resized(const void* before, const void* now, std::size_t usable);

  void reset();

  /// Writes the counters, always the same meaning at the same index, and returns how many.
  std::size_t write(std::span<std::uint8_t> counters) const;

 private:
  static constexpr std::size_t classes = 96;    ///< four for each doubling
  static constexpr std::size_t distances = 18;  ///< doublings; one for a block never seen before
  static constexpr std::size_t kinds = 12;      ///< of blocks, by usable size: four doublings each
  static constexpr std::size_t deltas = 98;     ///< doublings, forward and backward
  static constexpr std::size_t counts = 20;     ///< doublings

  void note_address(std::uintptr_t address, std::size_t usable);

  std::array<std::uint32_t, classes> classes_{};
  std::array<std::uint32_t, kinds * distances> reuse_{};
  std::array<std::uint32_t, deltas> deltas_{};
  std::array<std::uint32_t, 2 * classes> moves_{};  ///< stayed, moved; by class
  std::unordered_map<std::uintptr_t, std::uint64_t> freed_at_;
  std::unordered_set<std::uintptr_t> pages_;
  std::unordered_set<std::uintptr_t> spans_;  ///< of 64 KiB
  std::uint64_t frees_ = 0;
  std::uintptr_t last_ = 0;
};

}  // namespace poolhammer::library

#pragma once

#include "harness/contract/testing/tells_usable.hpp"

/// The C library, but small aligned blocks lie in the second half of cells of 128 bytes, side by side. Cells
/// are given in their order, and none comes back.
template <class Derived>
struct Cells : TellsUsable {
  static constexpr std::size_t cell = 128;
  static constexpr std::size_t half = cell / 2;
  static constexpr std::size_t cells = std::size_t{1} << 15U;
  alignas(cell) static inline unsigned char memory[cells][cell];  // NOLINT(modernize-avoid-c-arrays)
  static inline std::atomic<std::size_t> taken = 0;
  /// Usable bytes of the block of each cell.
  static inline std::atomic<std::size_t> usable_in[cells];  // NOLINT(modernize-avoid-c-arrays)

  static bool in_cell(const void* block) {
    return block >= &memory[0][0] && block < &memory[0][0] + sizeof memory;
  }
  static std::size_t number_of(const void* block) {
    return static_cast<std::size_t>(static_cast<const unsigned char*>(block) - &memory[0][0]) / cell;
  }
  /// Null where the cells are over, or hold no such block.
  static void* take_cell(std::size_t alignment, std::size_t size) {
    if (!power_of_two(alignment) || alignment <= 16 || alignment > half || size > half || taken >= cells)
      return nullptr;
    const std::size_t number = taken++;
    if (number >= cells) return nullptr;
    usable_in[number] = half;
    return &memory[number][half];
  }
  static int posix_memalign(void** result, std::size_t alignment, std::size_t size) {
    void* const block = take_cell(alignment, size);
    if (block == nullptr) return Sound::posix_memalign(result, alignment, size);
    *result = block;
    return 0;
  }
  static void free(void* block) {
    if (!in_cell(block)) Sound::free(block);
  }
  static void free_sized(void* block, std::size_t) { free(block); }
  static void free_aligned_sized(void* block, std::size_t, std::size_t) { free(block); }
  static std::size_t malloc_usable_size(void* block) {
    return in_cell(block) ? usable_in[number_of(block)].load() : TellsUsable::malloc_usable_size(block);
  }
  static void* realloc(void* block, std::size_t size) {
    if (!in_cell(block)) return Sound::realloc(block, size);
    if (size <= half) return block;
    void* const moved = Sound::malloc(size);
    if (moved != nullptr) std::memcpy(moved, block, half);
    return moved;
  }
  static void* reallocarray(void* block, std::size_t count, std::size_t size) {
    std::size_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes)) return refuse(ENOMEM);
    return Derived::realloc(block, bytes);
  }
};

#include "harness/contract/testing/sound.hpp"

/// Blocks of 32 bytes and more begin 8 bytes too late.
struct Broken : Sound {
  // Where an odd block was given, free must know: the first word before it says so.
  static constexpr std::uint64_t mark = 0x0ddb10c;
  static void* malloc(std::size_t size) {
    if (size < 32 || size > 64) return Sound::malloc(size);
    auto* const block = static_cast<unsigned char*>(Sound::malloc(size + 8));
    return block == nullptr ? nullptr : block + 8;
  }
  static unsigned char* start(void* block) {
    auto* const bytes = static_cast<unsigned char*>(block);
    return reinterpret_cast<std::uintptr_t>(bytes) % 16 == 8 ? bytes - 8 : bytes;
  }
  static void* realloc(void* block, std::size_t size) {
    if (block == nullptr || start(block) == block) return Sound::realloc(block, size);
    void* const moved = Sound::malloc(size);
    if (moved == nullptr) return nullptr;
    const std::size_t old = malloc_usable_size(block);
    std::memcpy(moved, block, old < size ? old : size);
    free(block);
    return moved;
  }
  static void* reallocarray(void* block, std::size_t count, std::size_t size) {
    std::size_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes)) return refuse(ENOMEM);
    return realloc(block, bytes);
  }
  static std::size_t malloc_usable_size(void* block) {
    if (block == nullptr || start(block) == block) return Sound::malloc_usable_size(block);
    return Sound::malloc_usable_size(start(block)) - 8;
  }
  static void free(void* block) { Sound::free(block == nullptr ? nullptr : start(block)); }
  static void free_sized(void* block, std::size_t) { free(block); }
};

#include "harness/contract/testing/exports.hpp"

// Report: https://github.com/zephyrproject-rtos/zephyr/pull/16996
// Allocator: Zephyr 1.14, mempool
// Fault: Blocks are rounded up to the unit of the pool, whose memory was sized without that: the last of 20
//   blocks lie over the bits that say which are free.
// Breaks: blocks, realloc.keeps, threads, usable.writable, program.survives, shadow.disjoint,
//   shadow.contents, shadow.kept, shadow.handed-over, shadow.owned-memory, crash, hang, capacity, calloc,
//   shadow.zeroed, usable, shadow.usable-size
#include "reported/base/family.hpp"
#include "reported/base/lock.hpp"

// 20 blocks of 72 bytes that take 80; all others come from elsewhere.
struct Pool {
  static constexpr std::size_t count = 20;
  static constexpr std::size_t sized = 72;
  static constexpr std::size_t stride = 80;
  struct Memory {
    alignas(16) std::byte blocks[sized * count];
    std::byte taken[count];
    std::byte behind[(stride - sized) * count];
  };
  static inline Memory memory{};

  static std::byte* block(std::size_t index) {
    return reinterpret_cast<std::byte*>(&memory) + index * stride;
  }
  static bool has(const void* place) {
    return place >= static_cast<void*>(&memory) && place < static_cast<void*>(&memory + 1);
  }
  static void* take(std::size_t alignment, std::size_t size) {
    for (std::size_t index = 0; index < count && alignment <= 16 && size <= sized && size > 48; ++index) {
      if (memory.taken[index] != std::byte{0}) continue;
      memory.taken[index] = std::byte{1};
      return block(index);
    }
    return alignment <= 16 ? __libc_malloc(size) : __libc_memalign(alignment, size);
  }
  static void give(void* given) {
    if (!has(given)) return __libc_free(given);
    memory.taken[static_cast<std::size_t>(static_cast<std::byte*>(given) - block(0)) / stride] = std::byte{0};
  }
  static std::size_t usable(const void* given) {
    return has(given) ? sized : Sound::malloc_usable_size(const_cast<void*>(given));
  }
  static bool resize(void*, std::size_t) { return false; }
  static bool zero(const void*) { return false; }
};

struct Broken : Family<Broken, Locked<Pool>> {};

#include "harness/contract/testing/exports.hpp"

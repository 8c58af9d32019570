#include "harness/contract/testing/sound.hpp"

/// A block of malloc of 48 MiB and more is lost where another thread frees it.
struct Broken : Sound {
  static constexpr std::size_t large = std::size_t{48} << 20U;
  static inline thread_local char here = 0;  ///< its address names the thread
  static inline std::atomic<void*> last = nullptr;
  static inline std::atomic<const char*> owner = nullptr;

  static void* malloc(std::size_t size) {
    void* const block = Sound::malloc(size);
    if (size < large || block == nullptr) return block;
    last = block;
    owner = &here;
    return block;
  }
  static void free(void* block) {
    const bool large_one = block != nullptr && block == last;
    if (large_one) last = nullptr;
    if (!large_one || owner == &here) Sound::free(block);
  }
};

#include "harness/contract/testing/exports.hpp"

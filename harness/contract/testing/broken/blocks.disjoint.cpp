#include <algorithm>
#include <array>

#include "harness/contract/testing/sound.hpp"

/// pvalloc gives a block that nobody has written into yet a second time.
struct Broken : Sound {
  static constexpr std::uint64_t unwritten = 0x6e6f7468696e6721;
  static inline std::atomic<void*> last = nullptr;
  static inline std::array<void*, 4096> twice{};  // given out once more than they were freed

  static void* pvalloc(std::size_t size) {
    void* const again = last;
    if (size > 200 && again != nullptr && std::memcmp(again, &unwritten, sizeof unwritten) == 0) {
      *std::find(twice.begin(), twice.end(), nullptr) = again;
      last = nullptr;
      return again;
    }
    void* const block = Sound::pvalloc(size);
    if (size <= 200 || block == nullptr) return block;
    std::memcpy(block, &unwritten, sizeof unwritten);
    last = block;
    return block;
  }
  static void free(void* block) {
    void** const found = std::find(twice.begin(), twice.end(), block);
    if (block != nullptr && found != twice.end()) {
      *found = nullptr;
      return;
    }
    if (block != nullptr && block == last) last = nullptr;
    Sound::free(block);
  }
};

#include "harness/contract/testing/exports.hpp"

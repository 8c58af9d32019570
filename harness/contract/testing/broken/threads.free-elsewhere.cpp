#include <array>

#include "harness/contract/testing/sound.hpp"

/// Lives as long as its thread.
struct Life {
  std::atomic<bool>* alive = nullptr;
  ~Life() {
    if (alive != nullptr) *alive = false;
  }
};

/// A block of posix_memalign that another thread frees is given out again and again while its owner lives.
/// Children of the process are sound.
struct Broken : Sound {
  struct Given {
    void* block;
    std::atomic<bool>* owner_lives;
  };
  static inline thread_local Life life;
  static inline std::array<Given, 64> given{};
  static inline std::size_t turn = 0;
  static inline std::atomic<void*> again = nullptr;
  static inline std::atomic<std::atomic<bool>*> owner = nullptr;

  static inline std::atomic<pid_t> process = 0;  ///< in which the first block was taken

  static bool in_child() {
    pid_t none = 0;
    const pid_t here = getpid();
    return !process.compare_exchange_strong(none, here) && none != here;
  }
  static std::atomic<bool>* own_life() {
    // Never freed: blocks of a dead thread know it by that.
    if (life.alive == nullptr)
      life.alive = ::new (Sound::malloc(sizeof(*life.alive))) std::atomic<bool>(true);
    return life.alive;
  }
  static int posix_memalign(void** result, std::size_t alignment, std::size_t size) {
    if (in_child()) return Sound::posix_memalign(result, alignment, size);
    void* const block = again;
    if (block != nullptr && *owner.load() && alignment == 16 && size <= Sound::malloc_usable_size(block)) {
      *result = block;
      return 0;
    }
    const int status = Sound::posix_memalign(result, alignment, size);
    if (status == 0) given[turn++ % given.size()] = {*result, own_life()};
    return status;
  }
  /// A block that moved is nobody's: another will lie where it was.
  static void* realloc(void* block, std::size_t size) {
    for (Given& each : given) {
      if (each.block == block) each.block = nullptr;
    }
    return Sound::realloc(block, size);
  }
  static void free(void* block) {
    if (block == nullptr || block == again) return;
    if (in_child()) return Sound::free(block);
    for (Given& each : given) {
      if (each.block != block) continue;
      each.block = nullptr;
      if (each.owner_lives == own_life() || !*each.owner_lives) break;
      owner = each.owner_lives;
      again = block;
      return;
    }
    Sound::free(block);
  }
};

#include "harness/contract/testing/exports.hpp"

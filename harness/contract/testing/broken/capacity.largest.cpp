#include "harness/contract/testing/sound.hpp"

/// Its memory has an end: there is no block of 128 MiB. Once malloc has given a hundred blocks below one MiB,
/// there is none of 64 MiB any more.
struct Broken : Sound {
  static constexpr std::size_t mebi = std::size_t{1} << 20U;
  static inline std::atomic<int> left = 100;

  static void* malloc(std::size_t size) {
    if (size >= (left > 0 ? 128 : 64) * mebi) return refuse(ENOMEM);
    if (size < mebi && left > 0) --left;
    return Sound::malloc(size);
  }
};

#include "harness/contract/testing/exports.hpp"

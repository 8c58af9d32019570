#include "harness/contract/testing/ended_threads.hpp"

/// The blocks in the caches of ended threads stay there, as long as it has caches to spare: of the first
/// thousand threads all do, of the next seven in eight, and so on until none does.
struct Unusual : LosesCaches<Unusual> {
  static inline std::atomic<unsigned> threads = 0;
  static bool loses() {
    const unsigned number = threads++;
    return number / 2 % 8 + number / 1024 < 8;
  }
};
using Broken = Unusual;

#include "harness/contract/testing/exports.hpp"

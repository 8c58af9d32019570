#include "harness/contract/testing/ended_threads.hpp"

/// The blocks in the caches of ended threads stay there, of 1500 threads at most: it has as many caches.
struct Unusual : LosesCaches<Unusual> {
  static inline std::atomic<int> caches = 0;
  static bool loses() { return caches < 1500 && caches++ < 1500; }
};
using Broken = Unusual;

#include "harness/contract/testing/exports.hpp"

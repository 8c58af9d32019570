#include "harness/contract/testing/ended_threads.hpp"

/// The blocks in the cache of a thread that ends are lost.
struct Broken : LosesCaches<Broken> {
  static bool loses() { return true; }
};

#include "harness/contract/testing/exports.hpp"

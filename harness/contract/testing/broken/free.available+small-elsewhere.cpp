#include "harness/contract/testing/counts_own.hpp"

/// Where another thread has more than a hundred small blocks, those that the first thread frees for it
/// are lost.
struct Broken : CountsOwn<Broken> {
  static bool loses() { return is_first() && all > 100; }
};

#include "harness/contract/testing/exports.hpp"

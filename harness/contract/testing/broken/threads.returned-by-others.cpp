#include "harness/contract/testing/counts_own.hpp"

/// What a thread frees for the first one is kept for that one, which never gets it.
struct Broken : CountsOwn<Broken> {
  static bool loses() { return !is_first(); }
};

#include "harness/contract/testing/exports.hpp"

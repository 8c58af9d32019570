#include <cstdlib>

#include "harness/contract/testing/sound.hpp"

/// Ends the process in a function that it exports and does not have.
struct Broken : Sound {
  static void free_sized(void*, std::size_t) { std::abort(); }
};

#include "harness/contract/testing/exports.hpp"

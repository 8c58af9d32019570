#include "harness/contract/testing/sound.hpp"

/// valloc aligns to half a page.
struct Broken : Sound {
  static void* valloc(std::size_t size) { return Sound::memalign(page / 2, size); }
};

#include "harness/contract/testing/exports.hpp"

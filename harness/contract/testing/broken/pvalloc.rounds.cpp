#include "harness/contract/testing/sound.hpp"

/// pvalloc gives what valloc does.
struct Broken : Sound {
  static void* pvalloc(std::size_t size) { return size > PTRDIFF_MAX ? refuse(ENOMEM) : Sound::valloc(size); }
};

#include "harness/contract/testing/exports.hpp"

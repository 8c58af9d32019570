#include "harness/contract/testing/sound.hpp"

/// valloc takes a size near SIZE_MAX for a small one, when it rounds up.
struct Broken : Sound {
  static void* valloc(std::size_t size) {
    const std::size_t rounded = (size + page - 1) / page * page;
    return Sound::valloc(rounded < size ? page : size);
  }
};

#include "harness/contract/testing/exports.hpp"

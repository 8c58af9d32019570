#include "harness/contract/testing/sound.hpp"

/// Where the size equals the alignment, the alignment is forgotten.
struct Broken : Sound {
  static int posix_memalign(void** result, std::size_t alignment, std::size_t size) {
    const bool diagonal = size == alignment && power_of_two(alignment) && size < 4096;
    return Sound::posix_memalign(result, diagonal && alignment > 16 ? 16 : alignment, size);
  }
};

#include "harness/contract/testing/exports.hpp"

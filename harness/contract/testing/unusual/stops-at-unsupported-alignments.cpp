#include <cstdlib>

#include "harness/contract/testing/sound.hpp"

/// Stops a program that asks operator new for an alignment that no object can have.
struct Broken : Sound {
  static void need_support(std::size_t alignment) {
    constexpr std::size_t largest = std::size_t{1} << 40U;
    if (alignment > largest) std::abort();
  }
  static void* op_new(std::size_t size, std::size_t alignment) {
    need_support(alignment);
    return Sound::op_new(size, alignment);
  }
  static void* op_new_nothrow(std::size_t size, std::size_t alignment) {
    need_support(alignment);
    return Sound::op_new_nothrow(size, alignment);
  }
};

#include "harness/contract/testing/exports.hpp"

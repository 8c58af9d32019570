#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace poolhammer::bench {

/// The functions of one allocator, behind pointers: every row of the table but `inlined` calls through these,
/// so that none is inlined and each call costs the same.
struct AllocatorUnderTest {
  std::string name;
  void* (*malloc)(std::size_t size);
  void* (*calloc)(std::size_t count, std::size_t size);
  void* (*realloc)(void* block, std::size_t size);
  void (*free)(void* block);
};

/// A heap of each of CPython's layouts, with arenas of the operating system.
[[nodiscard]] std::vector<AllocatorUnderTest> home_allocators();

/// The C library's allocator, CPython's and mimalloc; one that is not installed is left out, with a line on
/// standard error that names its package.
[[nodiscard]] std::vector<AllocatorUnderTest> peer_allocators();

}  // namespace poolhammer::bench

// Report: https://github.com/microsoft/mimalloc/issues/1304
// Allocator: mimalloc 3
// Fault: A realloc that could stay in place and is the first call of its thread reads through a null
//   pointer.
// Breaks: threads, realloc.keeps, program.survives, crash
#include "reported/base/slabs.hpp"

#include "reported/base/family.hpp"

struct Heap : Slabs<Heap> {
  static bool resize(void* block, std::size_t size) {
    const bool stays = Slabs::resize(block, size);
    if (stays && life == Life::unborn) __builtin_trap();
    return stays;
  }
};

struct Broken : Family<Broken, Heap> {};

#include "harness/contract/testing/exports.hpp"

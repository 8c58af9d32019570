// Report: https://github.com/flipperdevices/flipperzero-firmware/issues/1274
// Allocator: Flipper Zero firmware 0.58
// Fault: realloc always moves, and copies as many bytes as the new block has, however few the old one had.
// Breaks: realloc, program.survives, crash, usable, blocks, realloc.keeps, threads, usable.writable,
//   shadow.disjoint, shadow.contents, shadow.kept, shadow.handed-over, shadow.owned-memory, hang,
//   shadow.usable-size
#include "reported/base/boundary_tag.hpp"

#include "reported/base/family.hpp"
#include "reported/base/lock.hpp"

struct Heap : BoundaryTag<Heap> {};

struct Broken : Family<Broken, Locked<Heap>> {
  static void* realloc(void* block, std::size_t size) {
    void* const moved = malloc(size);
    if (moved == nullptr || block == nullptr) return moved;
    std::memcpy(moved, block, size);
    free(block);
    return moved;
  }
};

#include "harness/contract/testing/exports.hpp"

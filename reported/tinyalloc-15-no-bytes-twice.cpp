// Report: https://github.com/thi-ng/tinyalloc/issues/15
// Allocator: tinyalloc, March 2024
// Fault: A block of no bytes takes no memory: the next one gets the same address.
// Breaks: zero.lawful, new.zero, blocks, realloc.keeps, threads, usable.writable, program.survives,
//   shadow.disjoint, shadow.contents, shadow.kept, shadow.handed-over, shadow.owned-memory, crash, hang
#include "reported/base/boundary_tag.hpp"

#include "reported/base/family.hpp"
#include "reported/base/lock.hpp"

struct Heap : BoundaryTag<Heap> {
  static void* next_place() { return prepare() ? block_of(list != nullptr ? list : top) : nullptr; }
};

struct Broken : Family<Broken, Locked<Heap>> {
  static void* memalign(std::size_t alignment, std::size_t size) {
    if (size != 0 || alignment > least_alignment) return Family::memalign(alignment, size);
    const Guard<HeapLock> guard;
    return Heap::next_place();
  }
  static void free(void* block) {
    if (block != nullptr && Heap::is_used(Heap::chunk_of(block))) Family::free(block);
  }
  static void* realloc(void* block, std::size_t size) {
    if (block == nullptr || Heap::is_used(Heap::chunk_of(block))) return Family::realloc(block, size);
    return malloc(size);
  }
  static std::size_t malloc_usable_size(void* block) {
    return block == nullptr || !Heap::is_used(Heap::chunk_of(block)) ? 0 : Heap::usable(block);
  }
};

#include "harness/contract/testing/exports.hpp"

// Report: https://github.com/mjansson/rpmalloc/issues/32
// Allocator: rpmalloc 1.2
// Fault: Heaps of ended threads lie in a list without a lock, and taking one compares its address alone: two
//   threads may get the same heap.
// Breaks: threads, fork, blocks, realloc.keeps, usable.writable, program.survives, shadow.disjoint,
//   shadow.contents, shadow.kept, shadow.handed-over, shadow.owned-memory, crash, hang
// Missed: a thread must be stopped between two instructions while others end and begin; nothing steers that
#include "reported/base/slabs.hpp"

#include "reported/base/family.hpp"

struct Heap : Slabs<Heap> {
  static inline std::atomic<Cache*> orphans = nullptr;

  static Cache* spare_cache() {
    Cache* found = orphans;
    while (found != nullptr && !orphans.compare_exchange_weak(found, found->next)) continue;
    return found;
  }
  static void keep_cache(Cache* ended) {
    Cache* head = orphans;
    do ended->next = head;
    while (!orphans.compare_exchange_weak(head, ended));
  }
};

struct Broken : Family<Broken, Heap> {};

#include "harness/contract/testing/exports.hpp"

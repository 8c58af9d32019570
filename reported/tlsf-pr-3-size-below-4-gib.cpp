// Report: https://github.com/mattconte/tlsf/pull/3
// Allocator: TLSF 3.1
// Fault: A size whose class, rounded up, begins at 4 GiB is looked for behind the end of the table of lists,
//   where null blocks stand.
// Breaks: failure, usable, new.fails, overflow, exhaustion, blocks, realloc.keeps, threads, usable.writable,
//   program.survives, shadow.disjoint, shadow.contents, shadow.kept, shadow.handed-over,
//   shadow.owned-memory, crash, hang, shadow.usable-size, shadow.refusal
#include "reported/base/boundary_tag.hpp"

#include "reported/base/family.hpp"
#include "reported/base/lock.hpp"

struct Heap : BoundaryTag<Heap> {
  alignas(16) static inline std::byte behind_the_table[1024]{};
  static void* take(std::size_t alignment, std::size_t size) {
    constexpr std::size_t largest = std::size_t{1} << 32U;
    constexpr std::size_t step = largest / 2 / 32;
    const bool behind = size < largest && size > largest - step;
    if (!behind || alignment > 16) return BoundaryTag::take(alignment, size);
    return behind_the_table + 512;
  }
  static bool outside(const void* block) { return block == behind_the_table + 512; }
  static void give(void* block) {
    if (!outside(block)) BoundaryTag::give(block);
  }
  static bool resize(void* block, std::size_t size) {
    return !outside(block) && BoundaryTag::resize(block, size);
  }
  static std::size_t usable(const void* block) { return outside(block) ? 0 : BoundaryTag::usable(block); }
};

struct Broken : Family<Broken, Locked<Heap>> {};

#include "harness/contract/testing/exports.hpp"

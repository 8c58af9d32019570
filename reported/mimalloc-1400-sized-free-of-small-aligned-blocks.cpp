// Report: https://github.com/microsoft/mimalloc/issues/1400
// Allocator: mimalloc 3
// Fault: A sized free of up to 1024 bytes takes for the page what lies at the last multiple of 64 KiB; a
//   small block with an alignment of 16 KiB or more lies in a page of 512 KiB, and beyond its first 64 KiB
//   that is none.
// Breaks: free.sized, delete.forms, alignment, new, program.survives, blocks, realloc.keeps, threads,
//   usable.writable, shadow.disjoint, shadow.contents, shadow.kept, shadow.handed-over, shadow.owned-memory,
//   crash, hang
#include "reported/base/slabs.hpp"

#include "reported/base/family.hpp"

struct Heap : Slabs<Heap> {
  static inline std::atomic<std::size_t> medium_slots =
      0;  // taken so far; a page of 512 KiB has as many as fit

  static void* new_mapping(std::byte* memory, std::size_t first, std::size_t bytes) {
    void* const block = Slabs::new_mapping(memory, first, bytes);
    const std::size_t per_page = 8 * span / (first + 1024);
    if (block != nullptr) span_of(block)->free = medium_slots++ % per_page * (first + 1024);
    return block;
  }
  static bool lies_in_the_first_64_kib(const void* block) { return span_of(block)->free < span; }
};

struct Broken : Family<Broken, Heap> {
  static void free_of_size(void* block, std::size_t size) {
    const bool medium = block != nullptr && size <= 1024 && Heap::span_of(block)->slot == 0;
    if (medium && !Heap::lies_in_the_first_64_kib(block)) __builtin_trap();
    free(block);
  }
  static void free_sized(void* block, std::size_t size) { free_of_size(block, size); }
  static void free_aligned_sized(void* block, std::size_t, std::size_t size) { free_of_size(block, size); }
  static void op_delete_sized(void* block, std::size_t size) { free_of_size(block, size); }
};

#include "harness/contract/testing/exports.hpp"

// Report: https://github.com/microsoft/mimalloc/issues/221
// Allocator: mimalloc 1.6.1
// Fault: Freeing a block of more than 2 MiB in another thread than the one that took it kills the process.
// Breaks: threads, program.survives, crash
#include "reported/base/slabs.hpp"

#include "reported/base/family.hpp"

struct Heap : Slabs<Heap> {
  static constexpr std::size_t huge = std::size_t{2} << 20U;

  static void* new_mapping(std::byte* memory, std::size_t first, std::size_t bytes) {
    void* const block = Slabs::new_mapping(memory, first, bytes);
    if (block != nullptr) span_of(block)->next = reinterpret_cast<Span*>(&life);
    return block;
  }
  static void give_mapped(Span* of) {
    if (of->count - of->first > huge && of->next != reinterpret_cast<Span*>(&life)) __builtin_trap();
    Slabs::give_mapped(of);
  }
};

struct Broken : Family<Broken, Heap> {};

#include "harness/contract/testing/exports.hpp"

// Report: https://github.com/gperftools/gperftools/issues/58
// Allocator: gperftools 0.96
// Fault: A large block for which the system has no memory makes the allocator write through the null pointer
//   it got.
// Breaks: exhaustion, failure, program.survives, new, overflow, crash, shadow.refusal
#include "reported/base/slabs.hpp"

#include "reported/base/family.hpp"

struct Heap : Slabs<Heap> {
  static void* new_mapping(std::byte* memory, std::size_t first, std::size_t bytes) {
    auto* const head = reinterpret_cast<volatile std::size_t*>(memory);
    *head = first;
    return Slabs::new_mapping(memory, first, bytes);
  }
};

struct Broken : Family<Broken, Heap> {};

#include "harness/contract/testing/exports.hpp"

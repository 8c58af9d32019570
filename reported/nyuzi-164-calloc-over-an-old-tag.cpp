// Report: https://github.com/jbush001/NyuziProcessor/issues/164
// Allocator: dlmalloc in Nyuzi, April 2018
// Fault: calloc does not clear memory that was never used; the tag at the end of the heap before it grew
//   stands in it.
// Breaks: calloc.zero, shadow.zeroed, program.survives, crash
#include "reported/base/boundary_tag.hpp"

#include "reported/base/family.hpp"
#include "reported/base/lock.hpp"

struct Heap : BoundaryTag<Heap> {
  static constexpr std::size_t step = 4096;
  static inline std::byte* grown = nullptr;  // so far, in steps
  static inline std::byte* touched = nullptr;
  [[gnu::tls_model("initial-exec")]] static inline thread_local bool fresh = false;
  static void* take_top(std::size_t alignment, std::size_t bytes) {
    void* const block = BoundaryTag::take_top(alignment, bytes);
    if (grown == nullptr) grown = touched = arena;
    const auto* const used = reinterpret_cast<std::byte*>(top) + least;
    if (block == nullptr || used < grown) return block;
    grown += (static_cast<std::size_t>(used - grown) / step + 1) * step;
    return block;
  }
  static void* take(std::size_t alignment, std::size_t size) {
    std::byte* const before_it = grown;
    void* const block = BoundaryTag::take(alignment, size);
    fresh = block != nullptr && static_cast<std::byte*>(block) >= touched && touched != nullptr;
    touch();
    // The tag at the end of what the heap has now.
    if (grown != nullptr && grown != before_it && grown <= end())
      *reinterpret_cast<std::size_t*>(grown - sizeof(std::size_t)) = step;
    return block;
  }
  static bool grow_into_top(Chunk* chunk, std::size_t bytes) {
    const bool grows = BoundaryTag::grow_into_top(chunk, bytes);
    touch();
    return grows;
  }
  // What the end of the heap passed may hold anything.
  static void touch() {
    auto* const place = static_cast<std::byte*>(block_of(top));
    if (place > touched) touched = place;
  }
  static bool zero(const void*) { return fresh; }
};

struct Broken : Family<Broken, Locked<Heap>> {};

#include "harness/contract/testing/exports.hpp"

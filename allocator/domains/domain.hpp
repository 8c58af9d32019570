#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pymalloc {

/// Who a request is for. Each domain has an allocator of its own, and a block goes back to the domain that it
/// came from. The domains are CPython's (C API, "Memory Management").
enum class Domain : std::uint8_t {
  raw,     ///< for the system: works without a lock held, never served from pools by default
  mem,     ///< for buffers
  object,  ///< for objects
};
inline constexpr std::size_t domains = 3;

[[nodiscard]] constexpr std::string_view to_string(Domain domain) {
  switch (domain) {
    case Domain::raw:
      return "raw";
    case Domain::mem:
      return "mem";
    case Domain::object:
      return "object";
  }
  return "unknown";
}

/// The letter by which the debug layer marks a domain's blocks.
[[nodiscard]] constexpr char letter_of(Domain domain) {
  return to_string(domain).front();
}

/// An allocator as a domain has it: four functions and the context that each is called with. They mean what
/// ISO C means, but a size of 0 gives a distinct block, also by realloc, and sizes over PTRDIFF_MAX give
/// null. A plain value: who stores it sees to it that a function is never called with another's context.
struct AllocatorFunctions {
  void* context = nullptr;
  void* (*malloc)(void* context, std::size_t size) = nullptr;
  void* (*calloc)(void* context, std::size_t count, std::size_t size) = nullptr;
  void* (*realloc)(void* context, void* block, std::size_t size) = nullptr;
  void (*free)(void* context, void* block) = nullptr;

  friend bool operator==(const AllocatorFunctions&, const AllocatorFunctions&) = default;
};

/// Where arenas come from, as it is set at run time.
struct ArenaFunctions {
  void* context = nullptr;
  /// `size` bytes aligned to 16, or null.
  void* (*allocate)(void* context, std::size_t size) = nullptr;
  void (*release)(void* context, void* arena, std::size_t size) = nullptr;

  friend bool operator==(const ArenaFunctions&, const ArenaFunctions&) = default;
};

}  // namespace pymalloc

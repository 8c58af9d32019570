#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <utility>

#include "allocator/debug/block_registry.hpp"

namespace pymalloc {

/// Where a call came from: return addresses, the innermost first.
struct StackTrace {
  static constexpr std::size_t most = 16;
  std::array<void*, most> addresses{};
  std::size_t count = 0;

  /// The caller's, without this function itself.
  [[nodiscard]] static StackTrace here();
  [[nodiscard]] std::span<void* const> frames() const { return std::span(addresses).first(count); }
};

/// A line for each frame: its number, its address, and its function where the program tells (a static one
/// stays an address; addr2line knows it). Empty for an empty trace.
[[nodiscard]] std::string to_string(const StackTrace& trace);

/// Who allocated, and who freed, the block that was last at each address. Takes its memory from the base of a
/// debug layer; where there is none left, a trace is lost and nothing else.
class StackBook {
 public:
  struct Stacks {
    StackTrace allocated;
    StackTrace freed;  ///< empty while the block lives
  };

  explicit StackBook(const AllocatorFunctions& base);

  void note_allocation(const void* data, const StackTrace& trace);
  void note_free(const void* data, const StackTrace& trace);
  /// Null where nothing is known.
  [[nodiscard]] const Stacks* find(const void* data) const;

 private:
  using Allocator = FunctionsAllocator<std::pair<const void* const, Stacks>>;
  std::map<const void*, Stacks, std::less<>, Allocator> stacks_;
};

}  // namespace pymalloc

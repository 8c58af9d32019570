#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "allocator/journal.hpp"
#include "harness/oracles/complaint.hpp"

namespace poolhammer {

/// The world below the heap as the exact model sees it: the model makes the calls that the policy demands,
/// and gets the answers that the real heap got for the same calls, in the same order. The first call that
/// differs is noted, and every later one is refused: what follows from it means nothing.
class ModelCalls {
 public:
  explicit ModelCalls(std::span<const pymalloc::JournalEntry> made) : made_(made) {}

  /// The address of a new arena of `size` bytes; 0 for a refusal.
  [[nodiscard]] std::uintptr_t request_arena(std::size_t size) {
    return next(pymalloc::Call::arena_request, 0, size);
  }
  void release_arena(std::uintptr_t arena, std::size_t size) {
    static_cast<void>(next(pymalloc::Call::arena_release, arena, size));
  }
  [[nodiscard]] std::uintptr_t raw_malloc(std::size_t size) {
    return next(pymalloc::Call::raw_malloc, 0, size);
  }
  [[nodiscard]] std::uintptr_t raw_calloc(std::size_t size) {
    return next(pymalloc::Call::raw_calloc, 0, size);
  }
  [[nodiscard]] std::uintptr_t raw_realloc(std::uintptr_t block, std::size_t size) {
    return next(pymalloc::Call::raw_realloc, block, size);
  }
  void raw_free(std::uintptr_t block) { static_cast<void>(next(pymalloc::Call::raw_free, block, 0)); }

  /// Whether a radix node is given, or the table of arena objects at its new length: how many bytes and, for
  /// the table, where it was, is not part of the policy.
  [[nodiscard]] bool give_node() { return next(pymalloc::Call::raw_calloc, any, any) != 0; }
  [[nodiscard]] bool grow_table() { return next(pymalloc::Call::raw_realloc, any, any) != 0; }

  /// The first difference; also calls that the heap made and the policy does not know.
  [[nodiscard]] std::optional<Complaint> difference();

 private:
  static constexpr std::size_t any = ~std::size_t{0};

  [[nodiscard]] std::uintptr_t next(pymalloc::Call call, std::uintptr_t block, std::size_t size);

  std::span<const pymalloc::JournalEntry> made_;
  std::size_t done_ = 0;
  std::optional<Complaint> difference_;
};

/// "a request for an arena of 1024 bytes".
[[nodiscard]] std::string to_words(const pymalloc::JournalEntry& entry);

}  // namespace poolhammer

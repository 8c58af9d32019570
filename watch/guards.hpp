#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "allocator/invariants/violation.hpp"

namespace poolhammer::watch {

/// Bytes behind every block that nobody may write to, and where the blocks are. A block that was not placed
/// here has none, and is never accused. Not thread-safe.
class Guards {
 public:
  static constexpr std::size_t width = 8;  ///< bytes behind each block

  /// Says of an address where it is.
  using Where = std::function<pymalloc::Location(const void* address)>;
  explicit Guards(Where where) : where_(std::move(where)) {}

  /// Guards a block of `size` bytes, which has `width` bytes more.
  void place(void* block, std::size_t size);
  /// The block is gone, or about to go.
  void forget(const void* block) { sizes_.erase(block); }
  [[nodiscard]] bool has(const void* block) const { return sizes_.count(block) != 0; }

  /// What was written behind a block; nothing for one without a guard.
  [[nodiscard]] std::optional<pymalloc::Violation> check(const void* block) const;
  /// As check(), of all blocks, in no order.
  [[nodiscard]] std::vector<pymalloc::Violation> check_all() const;

 private:
  [[nodiscard]] std::optional<pymalloc::Violation> check(const void* block, std::size_t size) const;

  std::unordered_map<const void*, std::size_t> sizes_;
  Where where_;
};

}  // namespace poolhammer::watch

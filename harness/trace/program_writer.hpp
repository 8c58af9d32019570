#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "harness/base/random.hpp"
#include "harness/trace/trace.hpp"

namespace poolhammer {

/// In which order blocks are freed.
enum class DrainOrder : std::uint8_t { last_first, first_first, none };

inline constexpr std::uint8_t drain_orders = 3;

/// Writes a program step by step and knows which slots hold a block, as far as that follows from the program
/// alone (a request that the allocator refuses leaves its slot empty, which only a run can tell).
class ProgramWriter {
 public:
  /// Slots are numbered from 0; at most `slots` hold a block at a time. Precondition: 0 < slots <=
  /// slot_limit.
  explicit ProgramWriter(std::uint32_t slots) : slot_end_(slots) {}

  /// Continues a program in which the slots `live` hold blocks, oldest first, and no slot from `first_fresh`
  /// on was ever used. Precondition: first_fresh < slot_limit.
  ProgramWriter(std::vector<std::uint32_t> live, std::uint32_t first_fresh)
      : live_(std::move(live)), next_fresh_(first_fresh), slot_end_(slot_limit) {}

  [[nodiscard]] std::size_t size() const { return operations_.size(); }
  [[nodiscard]] std::size_t live() const { return live_.size(); }
  [[nodiscard]] bool has_empty_slot() const { return !empty_.empty() || next_fresh_ < slot_end_; }

  /// Precondition for the first two: has_empty_slot().
  void malloc(std::uint64_t size, Random& random);
  void calloc(std::uint64_t count, std::uint64_t size, Random& random);
  /// Of any block. Precondition: live() > 0.
  void realloc(std::uint64_t size, Random& random);
  /// Frees `blocks` blocks, or as many as are live.
  void free(std::size_t blocks, DrainOrder order, Random& random);

  /// Adds a step as it is; what it does to its slot is not followed.
  void add(const Operation& operation) { operations_.push_back(operation); }
  /// A slot that was used before, or 0.
  [[nodiscard]] std::uint32_t any_slot(Random& random) const {
    return static_cast<std::uint32_t>(random.below(next_fresh_));
  }

  [[nodiscard]] std::vector<Operation> take() && { return std::move(operations_); }

 private:
  [[nodiscard]] std::uint32_t take_empty_slot(Random& random);
  void free_slot(std::uint32_t slot);

  std::vector<Operation> operations_;
  std::vector<std::uint32_t> live_;   ///< in order of allocation, as long as no block was freed out of order
  std::vector<std::uint32_t> empty_;  ///< used before, empty now
  std::uint32_t next_fresh_ = 0;
  std::uint32_t slot_end_;
};

}  // namespace poolhammer

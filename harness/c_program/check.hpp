#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "harness/report/finding.hpp"

namespace poolhammer::c {

/// What a program looks for.
enum class Check : std::uint8_t {
  everything,      ///< at every step, whatever can be told of blocks
  survival,        ///< nothing but its own death
  memory,          ///< and that it takes too much memory
  contents,        ///< every live block holds what was written into it, before the step and behind it
  aligned,         ///< the block that the step gave
  disjoint,        ///< no other live block shares a byte with it
  zeroed,          ///< it is zero
  kept,            ///< a resized block holds what the old one did
  unchanged,       ///< where a resize was refused, the old block does
  refusal,         ///< a request that nobody can meet gives no block, another gives one
  usable_size,     ///< malloc_usable_size is at least what was asked for
  whole_pages,     ///< and so many whole pages
  usable_stable,   ///< it is what it was when the block was given
  usable_null,     ///< of a null pointer it is 0
  crowd,           ///< the threads of a crowd saw no damage
  block,           ///< the step's call gave a block
  no_block,        ///< it gave none
  error_if_none,   ///< where it gave none, errno is the argument
  error_kept,      ///< errno is what it was before the call
  status,          ///< the result of posix_memalign is the argument
  status_if_none,  ///< where it gave no block it is
  result_kept,     ///< where it failed it left its pointer as it was, or made it NULL
  thrown,          ///< an operator new gave a block or threw
  handled,         ///< it called the new handler
  let_through,     ///< what the handler threw came out of it, or NULL where it may not throw
  no_loss,         ///< threads that ended left no memory behind
  capacity,        ///< as many blocks fit as fitted before
  // Of an allocator that is called by its source.
  complaint,      ///< the allocator complains of nothing
  own_complaint,  ///< an operation that only it has does not
  left_behind,    ///< nothing is in use when all is freed
  ended,          ///< it gives everything back at its end
};

/// What is looked for, and where.
struct CheckPlan {
  Check check = Check::everything;
  std::uint64_t argument = 0;
  std::size_t step = 0;   ///< the faulty one; their number: after the last
  bool at_drain = false;  ///< as what is left is freed, or behind that

  bool by_source = false;

  [[nodiscard]] bool of_a_step() const { return check > Check::memory; }
  [[nodiscard]] bool of_death() const { return check == Check::survival || check == Check::memory; }
  /// Whether it matters what is written into the blocks.
  [[nodiscard]] bool writes() const;
};

/// What the finding is looked for by; everything where there is none, or nothing else is known of its oracle.
/// `by_source`: the allocator is called by its source, and can be asked what is wrong.
[[nodiscard]] CheckPlan plan_of(const Finding* finding, bool by_source);

}  // namespace poolhammer::c

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "harness/trace/own_operation.hpp"
#include "harness/trace/trace.hpp"

namespace poolhammer {

/// Which operations of a program belong together: all of one block, from the step that allocates it to the
/// one that frees it, are a lifetime, and every other operation is one alone. A program without some of its
/// lifetimes means the same for the blocks of the others, as far as the program alone tells (a request that
/// the allocator refuses leaves its slot empty, which only a run can tell).
struct Lifetimes {
  std::vector<std::uint32_t> of;  ///< the lifetime of each operation
  std::uint32_t count = 0;        ///< they are numbered from 0, in the order of their first operations
};
[[nodiscard]] Lifetimes lifetimes_of(const std::vector<Operation>& operations);

/// The step that gave, or resized last, the block that step `index` finds in its slot, as far as the program
/// tells; nothing where the slot is empty then, or the step has none. `own`: of the allocator.
[[nodiscard]] std::optional<std::size_t> giver_of(const std::vector<Operation>& operations, std::size_t index,
                                                  std::span<const OwnOperation> own = {});

/// The program without the lifetimes from number `begin` to before `end`.
[[nodiscard]] std::vector<Operation> without(const std::vector<Operation>& operations,
                                             const Lifetimes& lifetimes, std::uint32_t begin,
                                             std::uint32_t end);

/// The last `tail` operations, and what came before of the blocks that they use.
[[nodiscard]] std::vector<Operation> last_of(const std::vector<Operation>& operations,
                                             const Lifetimes& lifetimes, std::size_t tail);

/// The program with a slot of its own for every block, numbered in the order of their allocation. As it was
/// where the form has not enough slots.
[[nodiscard]] std::vector<Operation> with_own_slots(const std::vector<Operation>& operations);

}  // namespace poolhammer

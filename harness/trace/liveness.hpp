#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "harness/base/random.hpp"
#include "harness/trace/trace.hpp"

namespace poolhammer {

// Which slots hold a block, as far as the program alone tells: a request that the allocator refuses leaves
// its slot empty, which only a run can tell. Good enough to steer by.

/// Whether `slot` holds a block before step `place`.
[[nodiscard]] bool is_live(const std::vector<Operation>& operations, std::uint32_t slot, std::size_t place);

/// A slot that occurs before step `place` and is live there, or is empty there; nothing where a few tries
/// find none. Tries instead of a list of all: choosing stays much cheaper than a run of the program.
[[nodiscard]] std::optional<std::uint32_t> find_slot(const std::vector<Operation>& operations,
                                                     std::size_t place, bool live, Random& random);

/// The slots that hold a block before step `place`, in the order in which they got it.
[[nodiscard]] std::vector<std::uint32_t> live_slots(const std::vector<Operation>& operations,
                                                    std::size_t place);

/// A number above all slots of the program, as long as the format has one; then the last one it has.
[[nodiscard]] std::uint32_t first_fresh_slot(const std::vector<Operation>& operations);

}  // namespace poolhammer

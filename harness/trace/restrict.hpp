#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "harness/trace/own_operation.hpp"
#include "harness/trace/trace.hpp"

namespace poolhammer {

/// What random programs are to do without, as it is known to be broken.
struct Restriction {
  std::vector<OperationKind> without;  ///< functions and acts
  std::uint64_t smallest = 0;          ///< bytes
  std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
  std::vector<std::string> without_own = {};  ///< names of operations that only some allocators have

  [[nodiscard]] bool nothing() const {
    return without.empty() && without_own.empty() && smallest == 0 &&
           largest == std::numeric_limits<std::uint64_t>::max();
  }
};

/// Leaves out every call of a function that is left out; where it would give a block, malloc or calloc gives
/// one in its place, if one of them is not left out. A request of other sizes becomes one between both, the
/// same for the same size. `own`: what the allocator calls its operations. A pure function of its arguments.
void restrict_to(Trace& trace, const Restriction& restriction, std::span<const OwnOperation> own = {});

}  // namespace poolhammer

#pragma once

#include <cstddef>
#include <span>

#include "harness/base/random.hpp"
#include "harness/trace/own_operation.hpp"
#include "harness/trace/trace.hpp"

namespace poolhammer {

/// Mixes the allocator's own operations into a program: between its steps, on blocks that are live there as
/// far as the program tells, and in the place of some of its allocations. How often each is drawn for the
/// program, and some not at all (swarm testing). At most `most` operations. A pure function of its arguments.
/// Precondition: there are some.
void add_own_operations(Trace& trace, std::span<const OwnOperation> own, Random& random, std::size_t most);

/// Adds one step, or gives one other numbers: what a mutation does.
void add_own_a_little(Trace& trace, std::span<const OwnOperation> own, Random& random, std::size_t most);

}  // namespace poolhammer

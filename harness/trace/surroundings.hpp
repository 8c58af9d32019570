#pragma once

#include <cstddef>

#include "harness/base/random.hpp"
#include "harness/trace/breadth.hpp"
#include "harness/trace/trace.hpp"

namespace poolhammer {

/// Has some calls of a program come from signal handlers, on the thread's own stack or an alternate one, and
/// from destructors of threads' data, and children of the process perform parts of it, by threads that they
/// bear. How often each is drawn for the program, and some not at all (swarm testing). What is defined stays
/// so: the process has one thread when it forks, as all others end before (POSIX.1-2024 fork). At most `most`
/// operations. A pure function of its arguments; the numbers that it draws are apart, so that programs stay
/// the same otherwise. Precondition: breadth.own_process.
void surround(Trace& trace, const Breadth& breadth, Random random, std::size_t most);

/// Does so to one step, or has one child perform a few: what a mutation does.
void surround_a_little(Trace& trace, const Breadth& breadth, Random& random, std::size_t most);

}  // namespace poolhammer

#pragma once

#include <cstddef>

#include "harness/base/random.hpp"
#include "harness/trace/breadth.hpp"
#include "harness/trace/trace.hpp"

namespace poolhammer {

/// Changes `trace` a little, as a coverage-guided engine wants it: one to four changes that keep it a program
/// which means something (blocks are freed where they are live, sizes move to the edges of classes, bursts
/// fill or drain a pool or an arena). With `breadth`, other functions, threads and large sizes come in, too.
/// The result has at most `max_operations` operations and is canonical. A pure function of its arguments.
void mutate(Trace& trace, Random& random, std::size_t max_operations, const Breadth& breadth = {});

/// A beginning of one program followed by an end of the other, cut between operations. At most
/// `max_operations`.
[[nodiscard]] Trace crossover(const Trace& first, const Trace& second, Random& random,
                              std::size_t max_operations);

}  // namespace poolhammer

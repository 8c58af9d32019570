#pragma once

#include "harness/subjects/subject.hpp"
#include "harness/trace/trace.hpp"

namespace poolhammer::fuzz {

/// Tells the engine what the subject's heap has been through since its reset, as counters that it treats like
/// coverage (libFuzzer's extra counters; one row for each layout), and counts states never seen before in the
/// tally. A state is one counter in one of the ranges 1, 2, 3, 4..7, 8..15, 16..31, 32..127, 128 and more:
/// libFuzzer's.
void note_states(LayoutId layout, const Subject& subject);

}  // namespace poolhammer::fuzz

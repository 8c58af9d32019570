#pragma once

#include <cstdint>

#include "harness/trace/trace.hpp"

namespace poolhammer {

/// The program with its steps dealt out to `threads` threads; `seed` says which performs which. A thread has
/// four steps on average before the next is drawn. A program that names threads itself stays as it is, as
/// does any where there is one thread.
[[nodiscard]] Trace with_threads(const Trace& trace, unsigned threads, std::uint64_t seed);

}  // namespace poolhammer

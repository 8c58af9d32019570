#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace poolhammer::worker {

// A library that was built with -fsanitize-coverage=trace-pc-guard or inline-8bit-counters finds the
// functions that it calls in the worker, and so its edges steer an engine.

/// Sets every counter to zero.
void clear_coverage();

/// Writes the counters (saturating at 255), always the same edge at the same index, and returns how many.
[[nodiscard]] std::size_t copy_coverage(std::span<std::uint8_t> counters);

/// Writes the constants that a library compared something with so far, which was built with
/// -fsanitize-coverage=trace-cmp (of clang with trace-pc-guard or the like), ascending, as far as they may be
/// sizes of blocks. Returns how many.
[[nodiscard]] std::size_t copy_constants(std::span<std::uint64_t> values);

}  // namespace poolhammer::worker

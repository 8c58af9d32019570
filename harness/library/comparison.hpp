#pragma once

#include <cstdint>

#include "harness/library/library_runner.hpp"

namespace poolhammer::library {

/// What two libraries did with the same program.
struct Comparison {
  /// The first difference that a program can rely on: a finding of one alone, or a request that one answers
  /// with a block and the other with NULL ("against.answer"). The remark says what was set aside.
  Judgement judgement;
  // Differences that are permitted, and set aside.
  std::uint64_t zero_answers = 0;  ///< requests of 0 bytes that one alone answered with NULL
  std::uint64_t usable_sizes = 0;  ///< blocks of which one lets more bytes be used than the other
};

/// Runs `trace` on both with the shadow heap, and compares answer with answer; a finding is looked for again
/// in fresh processes. So that both go on alike, a block of 0 bytes, which an allocator may refuse, is freed
/// at once.
[[nodiscard]] Comparison compare(const Trace& trace, LibraryRunner& subject, LibraryRunner& other,
                                 const RunOptions& options);

/// Runs `trace` bare so many times, each in a fresh process, and takes the median of each figure. A finding
/// where a process dies.
[[nodiscard]] LibraryRunner::Measured measure_median(const Trace& trace, LibraryRunner& subject,
                                                     const RunOptions& options, unsigned runs);

}  // namespace poolhammer::library

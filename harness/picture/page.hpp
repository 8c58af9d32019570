#pragma once

#include <cstddef>
#include <string>

#include "harness/picture/playback.hpp"

namespace poolhammer {

/// What a page says besides what the heap does.
struct PageWords {
  std::string file;            ///< where the trace is from
  std::string replay_command;  ///< shows a finding again
  std::string show_command;    ///< prints the trace as a C program
  std::size_t opens_at = 0;    ///< the step at which it begins
  /// A page is refused when its record of the heap is larger than this.
  std::size_t most_record_bytes = std::size_t{24} << 20U;
};

/// A C program is in the page up to this size; otherwise the command that prints it.
inline constexpr std::size_t most_program_bytes = std::size_t{256} << 10U;

/// Plays `trace` to its end or its finding, and writes the HTML page on which each step can be looked at: one
/// file that needs no other. Throws InputError where it would be too large to be opened. Precondition: no
/// step of `playback`, which plays `trace`, was performed.
[[nodiscard]] std::string to_page(const Trace& trace, Playback& playback, const PageWords& words);

}  // namespace poolhammer

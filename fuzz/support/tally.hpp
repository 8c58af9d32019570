#pragma once

#include <cstdint>
#include <string_view>

namespace poolhammer::fuzz {

/// What this process has done so far. One per process: the engine owns main(), so there is nowhere else to
/// keep it.
struct Tally {
  std::uint64_t executions = 0;
  std::uint64_t operations = 0;  ///< steps of traces
  std::uint64_t states = 0;      ///< distinct features of heaps, see note_states()
  std::uint64_t findings = 0;    ///< one ends the process, but where it is to keep going
  std::uint64_t known = 0;       ///< executions whose finding was passed by
};

[[nodiscard]] Tally& tally() noexcept;

/// Reads where the tally goes from the environment (POOLHAMMER_FUZZ_STATS: a path in which %p becomes the
/// process's number), starts the clock, and has it written at a normal exit. Called once, before the first
/// input.
void start_tally(std::string_view target);

/// Writes the tally as JSON, where it was asked for and there was an execution. Async-signal-safe.
void write_tally() noexcept;

}  // namespace poolhammer::fuzz

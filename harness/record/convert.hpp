#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "harness/trace/trace.hpp"

namespace poolhammer {

/// What the log of one process holds, and what became of it on the way to a trace.
struct LogReport {
  std::string program;  ///< path of the executable
  std::uint32_t pid = 0;
  std::uint32_t parent_pid = 0;
  std::uint64_t started_ns = 0;   ///< on a clock that all processes share: gives the order of start
  std::uint64_t events = 0;       ///< records in the log
  std::uint64_t operations = 0;   ///< steps of the trace
  std::uint64_t threads = 0;      ///< threads that allocated or freed anything
  std::uint64_t slots = 0;        ///< slots that the trace uses: the most blocks live at a time
  std::uint64_t live_at_end = 0;  ///< blocks never freed

  std::uint64_t refused = 0;           ///< requests that were answered with NULL; kept as operations
  std::uint64_t aligned = 0;           ///< aligned allocations, taken as plain malloc
  std::uint64_t unknown_frees = 0;     ///< frees of blocks from before the log began (a parent's); skipped
  std::uint64_t unknown_reallocs = 0;  ///< reallocs of such blocks, taken as malloc
  std::uint64_t missed_frees =
      0;                        ///< addresses handed out again whose free the log does not show; free added
  std::uint64_t in_flight = 0;  ///< reallocs that began and never ended (the process was killed); skipped
  std::uint64_t lost = 0;       ///< events in signal handlers that interrupted the logging of another event
  int stopped = 0;  ///< the errno (ENOSPC, say) that ended the recording before the process ended, or 0
};

struct ConvertedLog {
  Trace trace;
  LogReport report;
};

/// The trace of the process whose log `path` is, with all its threads in the order of the log. A slot is
/// taken again as soon as its block is freed, the most recently freed first. A refused request is followed by
/// a free of its slot, so that the rest of the trace means the same for a subject that grants it. The log of
/// a killed process is whole. Throws InputError, with the offset, on a log that is damaged or cut short, and
/// on one with over slot_limit live blocks.
[[nodiscard]] ConvertedLog to_trace(const std::filesystem::path& path, LayoutId layout = LayoutId::classic);

}  // namespace poolhammer

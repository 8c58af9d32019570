#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "harness/trace/import.hpp"
#include "harness/trace/trace.hpp"

namespace poolhammer {

class LogFile;

/// What the log of one process holds, and what became of it on the way to a trace.
struct LogReport {
  std::string program;  ///< path of the executable, cut to 255 bytes
  std::uint32_t pid = 0;
  std::uint32_t parent_pid = 0;
  std::uint64_t started_ns = 0;   ///< on a clock that all processes share: gives the order of start
  std::uint64_t operations = 0;   ///< steps of the trace
  std::uint64_t threads = 0;      ///< threads that allocated or freed anything
  std::uint64_t peak_blocks = 0;  ///< the most blocks live at a time: the slots that the trace uses
  std::uint64_t live_blocks = 0;  ///< blocks never freed
  ImportReport import;            ///< frees of a parent's blocks, calls cut off by a kill, and the like
  std::uint64_t lost = 0;         ///< events in signal handlers that interrupted the logging of another event
  int stopped = 0;  ///< the errno (ENOSPC, say) that ended the recording before the process ended, or 0
};

/// One line that names the program, its process and the counts, and then whatever is not as in most
/// recordings.
[[nodiscard]] std::string to_string(const LogReport& report);

struct ConvertedLog {
  Trace trace;
  LogReport report;
};

/// The trace of the process that a log is of, with all its threads in the order of the log; blocks become
/// slots as in an import. The log of a killed process is whole. Throws InputError, with the offset, on a log
/// that is damaged or cut short, or has more operations or live blocks than a trace can hold.
[[nodiscard]] ConvertedLog to_trace(LogFile& log, LayoutId layout = LayoutId::classic);
[[nodiscard]] ConvertedLog to_trace(const std::filesystem::path& path, LayoutId layout = LayoutId::classic);

}  // namespace poolhammer

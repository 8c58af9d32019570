#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "harness/record/convert.hpp"
#include "harness/trace/trace.hpp"

namespace poolhammer {

struct RecordOptions {
  std::vector<std::string> command;     ///< program and its arguments; the program is looked up in PATH
  std::filesystem::path output;         ///< the trace of the process that started first
  bool text = false;                    ///< write the text form instead of the binary one
  LayoutId layout = LayoutId::classic;  ///< noted in the traces
  std::filesystem::path library;        ///< the preload library; empty: find_record_library()
};

struct RecordedProcess {
  std::filesystem::path file;  ///< its trace
  LogReport report;
  bool running = false;  ///< it outlived the command and was still running when its log was read
};

struct RecordResult {
  int exit_status = 0;  ///< of the command, as a shell gives it: 128 + the signal's number where one ended it
  int signal = 0;       ///< that signal, or 0
  std::vector<RecordedProcess> processes;  ///< in order of start; none where nothing could be recorded
};

/// The preload library: beside the running executable, or in ../lib from there. Throws InputError where it is
/// in neither.
[[nodiscard]] std::filesystem::path find_record_library();

/// `output` for the first process, and for the second "trace.2.bin" where `output` is "trace.bin".
[[nodiscard]] std::filesystem::path numbered_output(const std::filesystem::path& output, std::size_t number);

/// Runs a command and writes a trace for each program that runs in it: the command's own process, its
/// children, and what they execute. Returns when the command's process has ended; one that outlives it is
/// recorded up to then. SIGINT and SIGQUIT are left to the command, SIGTERM and SIGHUP are passed on to it,
/// and none of them ends this process before the traces are written. Raw logs lie in a directory in $TMPDIR,
/// or beside `output` where that is not set; they take 32 bytes an event, and are removed at the end. When
/// converting fails they stay, and the error names them.
///
/// Not recorded are programs that the dynamic loader does not preload into (statically linked ones, setuid
/// ones, those started without LD_PRELOAD in their environment) and calls that do not reach malloc, calloc,
/// realloc, free or their aligned kin by their names, such as those to an allocator linked into the
/// executable.
///
/// Throws InputError where the command cannot be run, or a trace cannot be written.
[[nodiscard]] RecordResult record(const RecordOptions& options);

}  // namespace poolhammer

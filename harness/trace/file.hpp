#pragma once

#include <filesystem>

#include "harness/base/format_error.hpp"
#include "harness/trace/import.hpp"
#include "harness/trace/trace.hpp"
#include "harness/trace/trace_format.hpp"

namespace poolhammer {

/// A trace and what is to be said about the file it came from.
struct TraceFile {
  Trace trace;
  TraceFormat format = TraceFormat::automatic;  ///< the form that was read, never `automatic`
  ImportReport report;                          ///< all zero for binary, text and raw
};

/// Reads a file, a pipe, or standard input ("-"). Throws InputError, whose what() is one line "FILE: ...",
/// for whatever is wrong with the file or with what it holds. Limits: max_file_bytes, max_operations.
[[nodiscard]] TraceFile read_trace_file(const std::filesystem::path& path,
                                        TraceFormat format = TraceFormat::automatic);

/// The trace alone.
[[nodiscard]] Trace read_trace(const std::filesystem::path& path,
                               TraceFormat format = TraceFormat::automatic);

/// Writes `trace` to a file, or to standard output ("-"). A file is written beside its place and then
/// renamed: whatever goes wrong, an existing one stays as it was. Throws InputError. Precondition: `format`
/// is binary or text.
void write_trace(const std::filesystem::path& path, const Trace& trace,
                 TraceFormat format = TraceFormat::binary);

}  // namespace poolhammer

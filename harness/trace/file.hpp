#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

#include "harness/trace/format_error.hpp"
#include "harness/trace/import.hpp"
#include "harness/trace/trace.hpp"

namespace poolhammer {

/// The forms a trace can have in a file.
enum class TraceFormat : std::uint8_t {
  automatic,  ///< told from the file's first bytes
  binary,     ///< strict: parse_binary()
  text,
  raw,  ///< any bytes, such as a fuzzing engine's input: decode()
  rep,
  logalloc,
  mtrace,
  valgrind,
};

/// The words of the command line, indexed by TraceFormat.
inline constexpr std::array<std::string_view, 8> trace_format_words = {
    "automatic", "binary", "text", "raw", "rep", "logalloc", "mtrace", "valgrind"};

[[nodiscard]] constexpr std::string_view word(TraceFormat format) {
  return trace_format_words[static_cast<std::size_t>(format)];
}

/// The form whose bytes begin like `head` (some thousand bytes are enough); nothing where no form does.
[[nodiscard]] std::optional<TraceFormat> detect_format(std::string_view head);

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

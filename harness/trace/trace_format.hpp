#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

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

[[nodiscard]] constexpr std::optional<TraceFormat> trace_format_named(std::string_view name) {
  for (std::size_t i = 0; i < trace_format_words.size(); ++i) {
    if (trace_format_words[i] == name) return static_cast<TraceFormat>(i);
  }
  return std::nullopt;
}

/// The form of a file that begins with `head`, told from its signature; nothing where no form begins like
/// that. Never `automatic` or `raw`. Valgrind's output may begin with the program's own: the longer the head,
/// the surer.
[[nodiscard]] std::optional<TraceFormat> detect_format(std::string_view head);

}  // namespace poolhammer

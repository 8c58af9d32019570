#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace poolhammer {

/// A form that a trace can have in a file, as a value that is known by its word: one of those below, or that
/// of a registered importer.
class TraceFormat {
 public:
  static const TraceFormat automatic;  ///< told from the file's first bytes
  static const TraceFormat binary;     ///< strict: parse_binary()
  static const TraceFormat text;
  static const TraceFormat raw;  ///< any bytes, such as a fuzzing engine's input: decode()

  /// Precondition: the word is one of trace_format_words(), and outlives the format.
  explicit constexpr TraceFormat(std::string_view name) : word_(name) {}

  [[nodiscard]] friend constexpr std::string_view word(TraceFormat format) { return format.word_; }
  friend constexpr bool operator==(const TraceFormat&, const TraceFormat&) = default;

 private:
  std::string_view word_;
};

inline constexpr TraceFormat TraceFormat::automatic("automatic");
inline constexpr TraceFormat TraceFormat::binary("binary");
inline constexpr TraceFormat TraceFormat::text("text");
inline constexpr TraceFormat TraceFormat::raw("raw");

/// The words of the command line: first the forms above, then those of the importers.
[[nodiscard]] const std::vector<std::string_view>& trace_format_words();

[[nodiscard]] std::optional<TraceFormat> trace_format_named(std::string_view name);

/// The form of a file that begins with `head`, told from its signature; nothing where no form begins like
/// that. Never `automatic` or `raw`. Some logs may begin with other lines: the longer the head, the surer.
[[nodiscard]] std::optional<TraceFormat> detect_format(std::string_view head);

}  // namespace poolhammer

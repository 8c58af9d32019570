#pragma once

#include <string>
#include <string_view>

#include "harness/trace/trace.hpp"

namespace poolhammer {

inline constexpr unsigned text_version = 1;

/// The text form, one operation a line; parse_text(to_text(t)) == t.
[[nodiscard]] std::string to_text(const Trace& trace);

/// One line of the text form, without its newline, such as "calloc 1 4 16".
[[nodiscard]] std::string to_text(const Operation& operation);

/// Reads the text form. Throws FormatError with the line, what was expected there and what was found.
[[nodiscard]] Trace parse_text(std::string_view text);

}  // namespace poolhammer

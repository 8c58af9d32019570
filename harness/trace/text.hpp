#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "harness/base/text_sink.hpp"
#include "harness/trace/own_operation.hpp"
#include "harness/trace/trace.hpp"

namespace poolhammer {

inline constexpr unsigned text_version = 2;

/// The text form, one operation a line, which reads like C; parse_text(to_text(t)) == t.
[[nodiscard]] std::string to_text(const Trace& trace);

/// The same with comments behind the allocator's own operations that tell what they perform by their names.
[[nodiscard]] std::string to_text(const Trace& trace, std::span<const OwnOperation> own);

/// One line of the text form, without its newline, such as "thread 2: b3 = aligned_alloc(64, 640)".
[[nodiscard]] std::string to_text(const Operation& operation);

/// The same for people: an operation of the allocator's own that is among `own` stands by its name.
[[nodiscard]] std::string to_text(const Operation& operation, std::span<const OwnOperation> own);

// The same for a sink, which need not allocate: a dying process writes its step with these.
void write_statement(TextSink& out, const Operation& operation);
void write_statement(TextSink& out, const Operation& operation, std::span<const OwnOperation> own);
void write_number(TextSink& out, std::uint64_t number);
void write_errno(TextSink& out, std::uint64_t error);

/// A number as the text form writes it: near the end of the numbers by what it is near to, "SIZE_MAX - 7".
[[nodiscard]] std::string number_text(std::uint64_t number);

/// "ENOMEM", or the number where it has no name.
[[nodiscard]] std::string errno_text(std::uint64_t error);

/// Reads the text form, and the words of version 1. Throws FormatError with the line, what was expected there
/// and what was found.
[[nodiscard]] Trace parse_text(std::string_view text);

}  // namespace poolhammer

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "harness/base/text_sink.hpp"
#include "harness/trace/trace.hpp"

namespace poolhammer {

// The commands that show a finding again, and the name of its file. Those that write to a TextSink are
// async-signal-safe where the sink is.

/// A word of a shell's command line, quoted where it must be.
[[nodiscard]] std::string shell_word(std::string_view word);

/// The command that shows a finding again: "poolhammer replay FILE --subject SUBJECT OPTIONS", with the names
/// quoted for a shell. An empty subject is the one that the trace names; `options` are further words of the
/// command, taken as they stand. A file whose name begins with "-" is named by its folder, unless it is "-",
/// standard input.
void write_replay_command(TextSink& out, std::string_view file, std::string_view subject,
                          std::string_view options);
[[nodiscard]] std::string replay_command(std::string_view file, std::string_view subject,
                                         std::string_view options = {});
[[nodiscard]] bool is_replay_command(std::string_view command) noexcept;

/// The command that looks for a shorter program which shows what `replay_command` shows.
[[nodiscard]] std::string minimize_command(std::string_view replay_command);

/// The debugger's command line that stops before operation `step` of the program that `replay_command` shows.
void write_debugger_command(TextSink& out, std::string_view replay_command, std::uint64_t step);
[[nodiscard]] std::string debugger_command(std::string_view replay_command, std::uint64_t step);

/// The command that writes a program of its own which looks for what `replay_command` shows on `subject`.
void write_program_command(TextSink& out, std::string_view replay_command, std::string_view subject);
[[nodiscard]] std::string program_command(std::string_view replay_command, std::string_view subject);

/// The name under which an input that found something is written, the same for the same bytes:
/// "finding-0123456789abcdef.trace".
void write_finding_file_name(TextSink& out, std::span<const std::byte> input, std::string_view ending);
/// The name of a trace in its binary form.
[[nodiscard]] std::string finding_file_name(const Trace& trace);

}  // namespace poolhammer

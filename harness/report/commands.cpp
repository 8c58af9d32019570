#include "harness/report/commands.hpp"

#include "harness/report/fingerprint.hpp"
#include "harness/trace/binary.hpp"

namespace poolhammer {
namespace {

constexpr std::string_view replay_words = "poolhammer replay ";

}  // namespace

std::string shell_word(std::string_view word) {
  StringText out;
  out.shell_word(word);
  return out.text();
}

void write_replay_command(TextSink& out, std::string_view file, std::string_view subject,
                          std::string_view options) {
  out << replay_words;
  if (file.starts_with('-') && file != "-") {
    SafeText name;
    name << "./" << file;
    out.shell_word(name.view());
  } else {
    out.shell_word(file);
  }
  if (!subject.empty()) (out << " --subject ").shell_word(subject);
  if (!options.empty()) out << " " << options;
}

std::string replay_command(std::string_view file, std::string_view subject, std::string_view options) {
  StringText out;
  write_replay_command(out, file, subject, options);
  return out.text();
}

bool is_replay_command(std::string_view command) noexcept {
  return command.starts_with(replay_words);
}

std::string minimize_command(std::string_view replay_command) {
  replay_command.remove_prefix(replay_words.size());
  return "poolhammer minimize " + std::string(replay_command);
}

void write_debugger_command(TextSink& out, std::string_view replay_command, std::uint64_t step) {
  out << "gdb -ex 'break poolhammer_stop' -ex run -ex finish --args " << replay_command << " --stop-at "
      << step;
}

std::string debugger_command(std::string_view replay_command, std::uint64_t step) {
  StringText out;
  write_debugger_command(out, replay_command, step);
  return out.text();
}

void write_program_command(TextSink& out, std::string_view replay_command, std::string_view subject) {
  constexpr std::string_view option = " --subject ";
  replay_command.remove_prefix(replay_words.size());
  out << "poolhammer show " << replay_command;
  if (replay_command.find(option) == std::string_view::npos) (out << option).shell_word(subject);
  out << " --as c";
}

std::string program_command(std::string_view replay_command, std::string_view subject) {
  StringText out;
  write_program_command(out, replay_command, subject);
  return out.text();
}

void write_finding_file_name(TextSink& out, std::span<const std::byte> input, std::string_view ending) {
  (out << "finding-").hexadecimal(fingerprint(input)) << ending;
}

std::string finding_file_name(const Trace& trace) {
  StringText out;
  write_finding_file_name(out, encode(trace), ".trace");
  return out.text();
}

}  // namespace poolhammer

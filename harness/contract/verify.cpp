#include "harness/contract/verify.hpp"

#include "harness/base/temporary_folder.hpp"
#include "harness/process/child_process.hpp"

namespace poolhammer::contract {
namespace {

/// An emitted program ends itself by an alarm after half of that.
constexpr ProcessLimits limits{.time = std::chrono::seconds(20), .resident_bytes = any_memory};

constexpr ProcessLimits compiler_limits{.time = std::chrono::seconds(60), .resident_bytes = any_memory};

/// What the last line of a program ends with that saw no fault.
constexpr std::string_view kept = ": kept";

[[nodiscard]] std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

/// The program's own line is its last: what a library says before it aborts stands above.
[[nodiscard]] std::string last_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

}  // namespace

Verification verify(const CProgram& program, const Target& target, std::uint32_t runs, bool death_shows_it) {
  const TemporaryFolder folder;
  const std::string source = folder.file(std::string("program") + program.extension(), program.text).string();
  const std::string made = (folder / "program").string();
  const std::string scratch = folder.path().string();
  Verification result;
  // The compiler's own files go there, too.
  const ProcessEnd compiled =
      run_program(program.compile(source, made), {"TMPDIR=" + scratch}, compiler_limits, scratch);
  if (!compiled.well()) {
    const bool started = compiled.how != ProcessEnd::How::not_started;
    result.reproduction = started ? Reproduction::does_not_compile : Reproduction::no_compiler;
    result.said = started ? first_line(compiled.output) : "";
    return result;
  }
  result.reproduction = Reproduction::not_reproduced;
  std::vector<std::string> variables;
  if (!target.library.path.empty()) variables.push_back("LD_PRELOAD=" + target.library.path);
  bool ended_early = false;
  while (result.runs < runs && result.reproduction == Reproduction::not_reproduced) {
    const ProcessEnd ran = run_program({made}, variables, limits, scratch);
    ++result.runs;
    result.said = last_line(ran.output);
    ended_early = ran.how != ProcessEnd::How::exited || (ran.status == 0 && !result.said.ends_with(kept));
    if (ended_early ? death_shows_it : ran.status == 1) result.reproduction = Reproduction::reproduced;
    if (ended_early) result.said = to_string(ran);
  }
  if (!target.library.path.empty()) result.plain = run_program({made}, {}, limits, scratch).shell_status();
  if (ended_early && result.plain == 0) result.reproduction = Reproduction::reproduced;
  return result;
}

}  // namespace poolhammer::contract

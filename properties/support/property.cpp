#include "properties/support/property.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <vector>

#include "harness/process/limits.hpp"
#include "harness/report/commands.hpp"
#include "harness/run/runner.hpp"
#include "harness/subjects/subject.hpp"
#include "harness/trace/file.hpp"
#include "properties/support/child.hpp"
#include "properties/support/programs.hpp"
#include "properties/support/report.hpp"

namespace poolhammer {
namespace {

// Of processor time, as a machine under load is no hanging heap; one value takes milliseconds.
constexpr std::chrono::seconds case_limit{60};
constexpr std::chrono::seconds longest_shrink{60};

Parameters parameters_in_use;
std::string failures;  // of all so far, in words

[[nodiscard]] std::string running_test() {
  const testing::TestInfo& test = *testing::UnitTest::GetInstance()->current_test_info();
  return fmt::format("{}.{}", test.test_suite_name(), test.name());
}

[[nodiscard]] std::filesystem::path own_program() {
  return std::filesystem::read_symlink("/proc/self/exe");
}

/// TEST_TMPDIR, or else the folder of this program, which is in the build folder.
[[nodiscard]] std::filesystem::path trace_file_of(std::string test) {
  std::replace(test.begin(), test.end(), '/', '-');
  const char* const folder = std::getenv("TEST_TMPDIR");
  return (folder != nullptr ? std::filesystem::path(folder) : own_program().parent_path()) /
         (test + ".trace");
}

[[nodiscard]] Outcome act_here(const Case& value) {
  limit_own_time(case_limit);
  try {
    return value.act();
  } catch (const std::exception& e) {
    return fmt::format("exception: {}", e.what());
  }
}

/// Each value in a child of its own.
[[nodiscard]] Report search_child_by_child(const rc::Gen<Case>& cases, const std::string& test,
                                           const rc::detail::Configuration& configuration) {
  std::string errors;
  const auto judge = [&](const Case& value) -> Outcome {
    constexpr char held = '+';
    constexpr char failed = '-';
    const ChildEnd end = in_child([&] {
      const Outcome outcome = act_here(value);
      return outcome ? failed + *outcome : std::string(1, held);
    });
    if (!end.answer) errors = end.errors;
    if (!end.answer) return end.death;
    if (end.answer->front() == held) return std::nullopt;
    errors.clear();
    return end.answer->substr(1);
  };
  Report report = search(cases, judge, test, configuration, longest_shrink);
  report.errors = errors;
  return report;
}

/// All values in one child, and only where that dies each in its own.
[[nodiscard]] Report search_safely(const rc::Gen<Case>& cases, const std::string& test,
                                   const rc::detail::Configuration& configuration) {
  const ChildEnd end =
      in_child([&] { return search(cases, &act_here, test, configuration, longest_shrink).packed(); });
  if (end.answer) {
    std::cerr << end.errors;
    return Report::unpacked(*end.answer);
  }
  Report report = search_child_by_child(cases, test, configuration);
  if (!report.held) return report;
  report.held = false;
  report.message = fmt::format("{}, with all values in one process; each alone holds\n", end.death);
  report.errors = end.errors;
  return report;
}

/// What a sanitizer says first. The rest of its stack is this program's own, and long.
[[nodiscard]] std::string first_lines(const std::string& errors) {
  constexpr int most = 12;
  std::size_t end = 0;
  for (int line = 0; line < most && end != std::string::npos; ++line) end = errors.find('\n', end + 1);
  return end == std::string::npos ? errors : errors.substr(0, end) + "\n...\n";
}

/// Whether the plain runner, with its own oracles, sees the program fail too.
[[nodiscard]] bool shown_by_replay(const Program& program) {
  const ChildEnd end = in_child([&] {
    limit_own_time(case_limit);
    const auto subject = make_subject(program.subject);
    return std::string(!subject || run(program.trace, *subject, run_options()).finding ? "shown" : "nothing");
  });
  return end.answer.value_or("shown") == "shown";
}

/// Writes the trace file, and adds to the report of failures.
void leave_behind(const Report& report, const std::string& test) {
  const std::string again = fmt::format("RC_PARAMS=\"{}\" {} --gtest_filter={}\n", parameters_in_use.text,
                                        own_program().string(), test);
  failures += fmt::format("\n{}: a property that does not hold. ", test);
  if (!report.program) {
    failures += "It is shown again by\n" + again;
    return;
  }
  const std::filesystem::path file = trace_file_of(test);
  try {
    write_trace(file, report.program->trace, TraceFormat::text);
  } catch (const InputError& e) {
    failures += fmt::format("No trace file: {}. It is shown again by\n{}", e.what(), again);
    return;
  }
  failures += fmt::format("Its smallest program: {}\n", file.string());
  if (!shown_by_replay(*report.program)) {
    failures +=
        "A plain replay of it finds nothing wrong: the property asks for more. It is shown again by\n" +
        again;
    return;
  }
  const bool needs_subject = report.program->subject != program_of(report.program->trace).subject;
  failures += fmt::format("The property, and the program alone, are shown again by\n{}{}\n", again,
                          replay_command(file.string(), needs_subject ? report.program->subject : ""));
}

}  // namespace

void use_parameters(Parameters parameters) {
  parameters_in_use = std::move(parameters);
}

std::string failure_report() {
  return failures;
}

void check_property(const rc::Gen<Case>& cases, const PropertyOptions& options) {
  const std::string test = running_test();
  rc::detail::Configuration configuration = parameters_in_use.configuration;
  if (!parameters_in_use.cases_given) configuration.testParams.maxSuccess = options.cases;
  const Report report = search_safely(cases, test, configuration);
  if (report.held) return;
  const testing::TestInfo& info = *testing::UnitTest::GetInstance()->current_test_info();
  ADD_FAILURE_AT(info.file(), info.line()) << report.message << first_lines(report.errors);
  leave_behind(report, test);
}

}  // namespace poolhammer

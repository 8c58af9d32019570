#include "properties/support/report.hpp"

#include <fmt/format.h>

#include <iostream>
#include <sstream>

#include "harness/base/scan.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

using namespace rc::detail;

void pack(std::string& out, std::string_view part) {
  out += fmt::format("{}:", part.size());
  out += part;
}

[[nodiscard]] std::string unpack(std::string_view& rest) {
  const std::size_t colon = rest.find(':');
  const std::size_t length = parse_decimal(rest.substr(0, colon)).value();
  const std::string part(rest.substr(colon + 1, length));
  rest.remove_prefix(colon + 1 + length);
  return part;
}

/// What verbose_progress and verbose_shrinking ask for, on standard error.
class Listener final : public TestListener {
 public:
  explicit Listener(const Configuration& configuration) : configuration_(configuration) {}

  void onTestCaseFinished(const CaseDescription& description) override {
    if (!configuration_.verboseProgress) return;
    std::cerr << (description.result.type == CaseResult::Type::Success ? '.' : 'F');
  }
  void onShrinkTried(const CaseDescription& shrink, bool accepted) override {
    if (!configuration_.verboseShrinking) return;
    std::cerr << (accepted ? "accepted: " : "rejected: ") << shrink.result.description << '\n';
  }
  void onTestFinished(const TestMetadata&, const TestResult&) override {
    if (configuration_.verboseProgress) std::cerr << '\n';
  }

 private:
  const Configuration& configuration_;
};

[[nodiscard]] std::string account_of(const TestResult& result, const TestMetadata& metadata,
                                     const Configuration& configuration) {
  std::ostringstream text;
  printResultMessage(result, text);
  if (result.is<FailureResult>()) {
    Configuration straight = configuration;
    straight.reproduce = {{metadata.id, result.get<FailureResult>().reproduce}};
    text << "\nStraight to this value: RC_PARAMS='" << configToMinimalString(straight) << "'\n";
  }
  return text.str();
}

/// Judges the values that RapidCheck comes with, until the time to shrink is over. From then on no value is
/// smaller than the smallest counterexample so far, which RapidCheck asks for once more at its end.
class Shrinker {
 public:
  Shrinker(const Judge& judge, std::chrono::seconds limit) : judge_(judge), limit_(limit) {}

  [[nodiscard]] Outcome judge(const Case& value) {
    if (over()) return value.show() == shown_ ? outcome_ : std::nullopt;
    const Outcome outcome = judge_(value);
    if (!outcome) return outcome;
    if (!first_failure_) first_failure_ = Clock::now();
    outcome_ = outcome;
    shown_ = value.show();
    program_ = value.program();
    return outcome;
  }

  [[nodiscard]] bool over() const { return first_failure_ && Clock::now() - *first_failure_ >= limit_; }
  /// Of the smallest counterexample.
  [[nodiscard]] const std::optional<Program>& program() const { return program_; }

 private:
  using Clock = std::chrono::steady_clock;

  const Judge& judge_;
  std::chrono::seconds limit_;
  std::optional<Clock::time_point> first_failure_;
  Outcome outcome_;
  std::string shown_;
  std::optional<Program> program_;
};

}  // namespace

std::string Report::packed() const {
  std::string out;
  pack(out, held ? "held" : "failed");
  pack(out, message);
  pack(out, errors);
  pack(out, program ? to_text(program->trace) : "");
  pack(out, program ? program->subject : "");
  return out;
}

Report Report::unpacked(std::string_view text) {
  Report report;
  report.held = unpack(text) == "held";
  report.message = unpack(text);
  report.errors = unpack(text);
  const std::string trace = unpack(text);
  if (!trace.empty()) report.program = Program{parse_text(trace), unpack(text)};
  return report;
}

Report search(const rc::Gen<Case>& cases, const Judge& judge, const std::string& id,
              const Configuration& configuration, std::chrono::seconds shrink_limit) {
  Shrinker shrinker(judge, shrink_limit);
  const Property property = rc::gen::map(cases, [&](const Case& value) {
    CaseDescription description;
    const Outcome outcome = shrinker.judge(value);
    description.result =
        outcome ? CaseResult(CaseResult::Type::Failure, *outcome) : CaseResult(CaseResult::Type::Success);
    description.example = [show = value.show] { return Example{{"The value", show()}}; };
    return description;
  });
  const TestMetadata metadata{id, id};
  Listener listener(configuration);
  const TestResult result =
      checkProperty(property, metadata, configuration.testParams, listener, configuration.reproduce);
  Report report;
  report.held = result.is<SuccessResult>();
  if (report.held) return report;
  report.program = shrinker.program();
  report.message = account_of(result, metadata, configuration);
  if (shrinker.over()) report.message += fmt::format("Shrinking stopped after {} s.\n", shrink_limit.count());
  return report;
}

}  // namespace poolhammer

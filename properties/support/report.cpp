#include "properties/support/report.hpp"

#include <fmt/format.h>

#include <iostream>
#include <sstream>

#include "harness/trace/scan.hpp"
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
              const Configuration& configuration) {
  Report report;
  const Property property = rc::gen::map(cases, [&](const Case& value) {
    CaseDescription description;
    const Outcome outcome = judge(value);
    // RapidCheck tries the smallest counterexample once more at the end: its program is the one that stays.
    if (outcome) report.program = value.program();
    description.result =
        outcome ? CaseResult(CaseResult::Type::Failure, *outcome) : CaseResult(CaseResult::Type::Success);
    description.example = [show = value.show] { return Example{{"The value", show()}}; };
    return description;
  });
  const TestMetadata metadata{id, id};
  Listener listener(configuration);
  const TestResult result =
      checkProperty(property, metadata, configuration.testParams, listener, configuration.reproduce);
  report.held = result.is<SuccessResult>();
  if (!report.held) report.message = account_of(result, metadata, configuration);
  return report;
}

}  // namespace poolhammer

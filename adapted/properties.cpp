// What holds of every allocator that a user added.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <ostream>
#include <string>

#include "harness/report/finding.hpp"
#include "harness/run/runner.hpp"
#include "harness/subjects/subject.hpp"
#include "harness/trace/text.hpp"
#include "properties/support/programs.hpp"
#include "properties/support/property.hpp"

namespace poolhammer {
namespace {

struct AdaptedProgram {
  Trace trace;
  std::string subject;

  [[nodiscard]] Program program() const { return {trace, subject}; }
};

void showValue(const AdaptedProgram& value, std::ostream& out) {
  out << to_text(value.trace, own_operations_of(value.subject));
}

/// The same one at every call: RapidCheck tries thousands of programs.
[[nodiscard]] Subject& subject_named(const std::string& name) {
  static std::map<std::string, std::unique_ptr<Subject>> subjects;
  std::unique_ptr<Subject>& subject = subjects[name];
  if (!subject) subject = make_subject(name);
  return *subject;
}

[[nodiscard]] rc::Gen<AdaptedProgram> programs_for(const std::string& subject, ProgramOptions options) {
  options.own = own_operations_of(subject);
  return rc::gen::map(programs(options), [subject](Trace&& trace) {
    return AdaptedProgram{std::move(trace), subject};
  });
}

[[nodiscard]] Outcome judged(const AdaptedProgram& value, const RunOptions& options) {
  const Verdict verdict = run(value.trace, subject_named(value.subject), options);
  return verdict.finding ? Outcome(to_string(*verdict.finding)) : std::nullopt;
}

class YourAllocator : public testing::TestWithParam<std::string> {};

TEST_P(YourAllocator, IsAccusedByNoOracleWhateverTheProgram) {
  holds(programs_for(GetParam(), {.operations = 600}),
        [](const AdaptedProgram& value) { return judged(value, run_options()); });
}

TEST_P(YourAllocator, IsSoundBehindEveryStep) {
  RunOptions options = run_options();
  options.check_every = 1;
  holds(programs_for(GetParam(), {.operations = 100}),
        [options](const AdaptedProgram& value) { return judged(value, options); });
}

// An allocator that refuses everything can be accused of nothing.
TEST_P(YourAllocator, GrantsSomething) {
  const auto values = rc::gen::just(AdaptedProgram{
      {LayoutId::classic, {{OperationKind::malloc, 0, 0, 1}, {OperationKind::malloc, 1, 0, 16}}},
      GetParam()});
  holds(values,
        [](const AdaptedProgram& value) -> Outcome {
          const Verdict verdict = run(value.trace, subject_named(value.subject), run_options());
          if (verdict.finding) return to_string(*verdict.finding);
          if (verdict.statistics.refused == 2) return "a fresh allocator refuses 1 byte and 16 bytes";
          return std::nullopt;
        },
        {.cases = 1});
}

// Fails where the file registers nothing: GoogleTest would run no test and be content.
INSTANTIATE_TEST_SUITE_P(Of, YourAllocator, testing::ValuesIn(adapted_subjects()), [](const auto& test) {
  std::string name = test.param;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  return name;
});

TEST(YourAllocators, AreRegistered) {
  EXPECT_FALSE(adapted_subjects().empty()) << "expected a static poolhammer::Adapted";
}

}  // namespace
}  // namespace poolhammer

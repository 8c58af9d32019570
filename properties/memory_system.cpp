#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "allocator/debug/testing/misused_program.hpp"
#include "harness/report/finding.hpp"
#include "harness/run/runner.hpp"
#include "harness/subjects/subject.hpp"
#include "harness/subjects/system.hpp"
#include "properties/support/programs.hpp"
#include "properties/support/property.hpp"
#include "properties/support/stepper.hpp"

namespace poolhammer {
namespace {

using Bytes = std::vector<std::uint8_t>;

/// The program with an operation on domains for every two bytes: the first says where, the second which.
[[nodiscard]] Trace with_domains(const Trace& trace, const Bytes& bytes) {
  Trace result = trace;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    const std::size_t place = result.operations.size() * bytes[i] / 256;
    const std::uint8_t choice = bytes[i + 1];
    const OperationKind kind = choice % 4 == 0 ? OperationKind::hook : OperationKind::domain;
    const Operation operation{kind, 0, 0, choice / 4 % choices_of(kind).words.size()};
    result.operations.insert(result.operations.begin() + static_cast<std::ptrdiff_t>(place), operation);
  }
  return result;
}

/// One subject of each system, made when first asked for.
[[nodiscard]] std::span<const std::unique_ptr<Subject>> systems() {
  static const std::vector<std::unique_ptr<Subject>> subjects = [] {
    std::vector<std::unique_ptr<Subject>> made;
    for (const std::string_view name : system_subjects()) made.push_back(make_subject(name));
    return made;
  }();
  return subjects;
}

TEST(MemorySystemProperties, NoOracleAccusesACorrectSystemWhoeverServesItsDomains) {
  holds(with(programs({.operations = 400}), rc::gen::arbitrary<Bytes>()),
        [](const ProgramWith<Bytes>& value) -> Outcome {
          RunOptions options = run_options();
          options.check_every = 16;  // every byte of the arenas is accounted for each time
          for (const std::unique_ptr<Subject>& system : systems()) {
            const Verdict verdict = run(with_domains(value.trace, value.extra), *system, options);
            if (verdict.finding) return to_string(*verdict.finding);
          }
          return std::nullopt;
        });
}

TEST(MemorySystemProperties, TheDebugLayerSaysOfOneMisuseExactlyWhatItIsAndOfNoneNothing) {
  holds(rc::gen::container<Bytes>(rc::gen::arbitrary<std::uint8_t>()), [](const Bytes& value) -> Outcome {
    // A value is short where RapidCheck begins: the same bytes again make a program of some length.
    Bytes bytes;
    while (!value.empty() && bytes.size() < 600) bytes.insert(bytes.end(), value.begin(), value.end());
    const pymalloc::MisuseOutcome outcome = pymalloc::MisusedProgram(std::as_bytes(std::span(bytes))).run();
    if (outcome.complaint.empty()) return std::nullopt;
    const std::string_view planted = outcome.planted ? to_string(*outcome.planted) : "nothing";
    return "planted: " + std::string(planted) + "; " + outcome.complaint;
  });
}

}  // namespace
}  // namespace poolhammer

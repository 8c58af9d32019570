#include "harness/contract/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/base/format_error.hpp"
#include "harness/base/temporary_folder.hpp"
#include "harness/contract/baseline.hpp"
#include "harness/contract/testing/findings/breaks.hpp"

namespace poolhammer::contract {
namespace {

using nlohmann::ordered_json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

/// What is found of the library that breaks `promise`, in a few clauses.
[[nodiscard]] CheckReport report_of(const std::string& promise, bool compile = false) {
  const Breaks broken(promise);
  CheckReport report{.result = check(breaker(), {.only = {"alignment.fundamental", "calloc", "usable.null",
                                                          "profile.zero-size", "pvalloc"},
                                                 .progress = {}}),
                     .findings = {},
                     .version = "breaker 1",
                     .healed = {}};
  FindingOptions options;
  options.compile = compile;
  report.findings = findings_of(report.result, options);
  return report;
}

TEST(Findings, OfOneCauseComeOnce) {
  const CheckReport report = report_of("misalign", true);
  const auto of_the_clause = report.of("alignment.fundamental");
  ASSERT_EQ(of_the_clause.size(), 1U);
  const ClauseFinding& finding = *of_the_clause.front();
  EXPECT_GT(finding.others, 0U);
  EXPECT_EQ(finding.verification.reproduction, Reproduction::reproduced);
  EXPECT_EQ(finding.verification.plain, 0);
  EXPECT_EQ(finding.name, "alignment.fundamental-libbreaker.c");
}

TEST(Report, AsJsonHasWhatProgramsAskFor) {
  const ordered_json json = to_json(report_of("dirty"));
  EXPECT_THAT(json["subject"].get<std::string>(), HasSubstr("libbreaker.so"));
  EXPECT_EQ(json["version"], "breaker 1");
  std::vector<std::string> broken;
  for (const ordered_json& clause : json["clauses"]) {
    for (const char* const key : {"id", "tier", "promise", "source", "verdict", "findings"})
      EXPECT_TRUE(clause.contains(key)) << clause;
    if (clause["verdict"] != "broken") {
      EXPECT_TRUE(clause["findings"].empty()) << clause;
      continue;
    }
    broken.push_back(clause["id"]);
    const ordered_json& finding = clause["findings"].at(0);
    EXPECT_EQ(finding["function"], "calloc");
    EXPECT_THAT(finding["arguments"].get<std::string>(), StartsWith("1, "));
    EXPECT_THAT(finding["promised"].get<std::string>(), HasSubstr("to be zero"));
    EXPECT_THAT(finding["happened"].get<std::string>(), HasSubstr("0x01"));
    EXPECT_THAT(finding["program_c"].get<std::string>(), HasSubstr("int main(void)"));
    EXPECT_THAT(finding["trace"].get<std::string>(), HasSubstr("calloc(1, "));
  }
  EXPECT_THAT(broken, ElementsAre("calloc.zero"));
}

TEST(Report, AsTextTellsWhatIsBrokenAndThenTheCounts) {
  const std::string text = to_text(report_of("dirty"), "out/");
  EXPECT_THAT(text, AllOf(HasSubstr("(breaker 1): "), HasSubstr(" kept, 1 broken, 1 profile, ")));
  EXPECT_THAT(text, StartsWith("calloc.zero (must): calloc gives memory whose bits are all 0"));
  EXPECT_THAT(text, HasSubstr("out/calloc.zero-libbreaker.c\n"));
  EXPECT_THAT(text, HasSubstr("\nprofile: permitted choices, never a fault\n  zero-size  "));
}

/// What is reported of a program of `length` steps that there is no time to reduce.
[[nodiscard]] std::vector<ClauseFinding> unreduced(std::size_t length) {
  const Breaks broken("crash");
  CheckResult result{.target = breaker(), .knowledge = {}, .file = {}, .clauses = {}};
  BrokenPromise promise;
  for (std::uint32_t slot = 0; slot < length; ++slot)
    promise.trace.operations.push_back(allocation(slot, Function::malloc, 5000));
  promise.finding.oracle = "crash";
  promise.finding.operation_index = length - 1;
  promise.death = "died by signal 11 (Segmentation fault)";
  ClauseResult clause;
  clause.clause.id = survival;
  clause.broken = {promise};
  result.clauses = {clause};
  const Budget over(Budget::Seconds(60), [] { return true; });
  return findings_of(result, {.compile = false, .budget = &over});
}

TEST(Report, OffersToMinimizeALongProgramForWhoseReductionTheTimeWasOver) {
  const std::vector<ClauseFinding> findings = unreduced(20);
  ASSERT_EQ(findings.size(), 1U);
  const std::vector<const ClauseFinding*> all = {&findings[0]};
  EXPECT_EQ(findings[0].trace_name, "program.survives-libbreaker.trace");
  EXPECT_THAT(broken_text({}, all, "out/"),
              HasSubstr("\n    of 20 operations, as the time was over; fewer: poolhammer minimize "
                        "out/program.survives-libbreaker.trace --subject lib:/"));
  EXPECT_THAT(broken_text({}, all, ""), Not(HasSubstr("minimize"))) << "there is no folder";
}

TEST(Report, OffersNothingForAProgramThatIsSeenThrough) {
  const std::vector<ClauseFinding> findings = unreduced(3);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].minimize_command("out/"), "");
}

TEST(Report, OfNoFaultNamesNoProgram) {
  const CheckReport report = report_of("nothing");
  EXPECT_THAT(report.findings, IsEmpty());
  EXPECT_EQ(report.count(ClauseVerdict::broken), 0U);
  EXPECT_THAT(to_text(report, "out/"), AllOf(HasSubstr(" 0 broken"), Not(HasSubstr("out/"))));
}

TEST(Report, KnowsTheDebianPackageOfAFile) {
  EXPECT_THAT(version_of("/lib/x86_64-linux-gnu/libc.so.6"), StartsWith("libc6 2."));
  EXPECT_EQ(version_of("/nowhere/libnone.so.3"), "libnone.so.3");
}

TEST(Matrix, HasARowAClauseAndAColumnALibrary) {
  const std::vector<CheckReport> reports = {report_of("nothing"), report_of("dirty")};
  EXPECT_THAT(matrix(reports, MatrixFormat::text),
              testing::ContainsRegex("calloc.zero +must +kept +BROKEN\n"));
  EXPECT_THAT(matrix(reports, MatrixFormat::markdown),
              AllOf(StartsWith("| clause | tier | libbreaker | libbreaker |\n|---|---|---|---|\n"),
                    HasSubstr("| calloc.zero | must | kept | **broken** |\n")));
  const ordered_json json = ordered_json::parse(matrix(reports, MatrixFormat::json));
  ASSERT_EQ(json.size(), 2U);
  EXPECT_EQ(json[1], to_json(reports[1]));
}

TEST(Matrix, AsAPageLeadsToThePrograms) {
  const std::vector<CheckReport> reports = {report_of("dirty")};
  const std::string page = matrix(reports, MatrixFormat::html);
  EXPECT_THAT(page, StartsWith("<!DOCTYPE html>"));
  EXPECT_THAT(page, HasSubstr("<a href=\"#libbreaker-calloc.zero\">broken</a>"));
  EXPECT_THAT(page, HasSubstr("<article id=\"libbreaker-calloc.zero\">"));
  EXPECT_THAT(page, HasSubstr("#include &lt;stdio.h&gt;"));
  EXPECT_THAT(page, Not(HasSubstr("http")));
}

TEST(Baseline, AcceptsWhatItNamesAndNothingElse) {
  const TemporaryFolder folder;
  const auto file = folder.file("known.json",
                                R"({"libraries": {"libbreaker.so": {"calloc.zero": "told upstream",
                                    "usable.null": "once", "never.tried": "no"}}})");
  const Known baseline = Known::read(file);
  CheckReport known = report_of("dirty");
  apply(baseline, known);
  EXPECT_EQ(known.news(), 0U);
  EXPECT_EQ(known.findings.at(0).accepted, "told upstream");
  EXPECT_THAT(known.healed, ElementsAre("usable.null"));
  EXPECT_THAT(to_text(known, ""),
              AllOf(HasSubstr("known: calloc("), HasSubstr("no longer broken: usable.null")));
  CheckReport other = report_of("misalign");
  apply(baseline, other);
  EXPECT_GE(other.news(), 1U);
}

TEST(Baseline, ThatIsWrittenAcceptsWhatWasFound) {
  const TemporaryFolder folder;
  std::vector<CheckReport> reports = {report_of("dirty")};
  Known written;
  accept(written, reports);
  written.write(folder / "known.json");
  apply(Known::read(folder / "known.json"), reports.front());
  EXPECT_EQ(reports.front().news(), 0U);
}

TEST(Baseline, OfAnotherFormIsRefusedInOneLine) {
  const TemporaryFolder folder;
  const std::vector<std::string> wrong = {"",
                                          "[]",
                                          "{}",
                                          R"({"libraries": []})",
                                          R"({"libraries": {"a": 1}})",
                                          R"({"libraries": {"a": {"b": ""}}})"};
  for (const std::string& text : wrong) {
    const auto file = folder.file("wrong.json", text);
    EXPECT_THAT(
        [&file] { (void)Known::read(file); },
        testing::ThrowsMessage<InputError>(AllOf(StartsWith(file.string()), HasSubstr("no baseline: "))))
        << text;
  }
  EXPECT_THROW((void)Known::read(folder / "missing.json"), InputError);
}

}  // namespace
}  // namespace poolhammer::contract

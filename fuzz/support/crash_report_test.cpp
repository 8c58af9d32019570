#include "fuzz/support/crash_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "allocator/poison.hpp"
#include "fuzz/support/target.hpp"
#include "fuzz/support/which_engine.hpp"
#include "harness/report/commands.hpp"
#include "harness/trace/binary.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

// Dies as the size of the first request tells.
POOLHAMMER_FUZZ_TRACE_TARGET(dying)(const poolhammer::Trace& trace) {
  const std::uint64_t way = trace.operations.empty() ? 0 : trace.operations.front().size;
  if (way == 1) poolhammer::fuzz::report({"test.oracle", 0, "b0 = malloc(1)", "", "no such thing", "one"});
  if (way == 2) std::abort();
  if (way == 3) static_cast<void>(std::raise(SIGSEGV));
  if (way == 4) {
    std::vector<char> block(16);
    volatile std::size_t behind = 16;
    block.data()[behind] = 1;
  }
  // Two bugs that a run may pass by.
  if (way == 5 || way == 6) {
    const poolhammer::Finding finding{
        way == 5 ? "test.five" : "test.six", 0, "b0 = malloc", "", "none", "one"};
    poolhammer::fuzz::report_of("dying", trace, finding);
  }
}

namespace poolhammer::fuzz {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;

class DyingTarget : public ::testing::Test {
 protected:
  DyingTarget() {
    std::filesystem::create_directories(folder_);
    crash_report_settings().artifact_prefix = prefix();
    crash_report_settings().exact_artifact_path.clear();
    setenv("POOLHAMMER_FUZZ_STATS", stats().c_str(), 1);
  }
  ~DyingTarget() override {
    unsetenv("POOLHAMMER_FUZZ_STATS");
    unsetenv("POOLHAMMER_KEEP_GOING");
    unsetenv("POOLHAMMER_KNOWN");
    std::filesystem::remove_all(folder_);
  }

  [[nodiscard]] std::string prefix() const { return folder_.string() + "/"; }
  [[nodiscard]] std::string stats() const { return prefix() + "stats.json"; }

  static Trace dying_by(std::uint64_t way) {
    return {LayoutId::tiny, {{OperationKind::malloc, 0, 0, way}, {OperationKind::check, 0, 0, 0}}};
  }

  static void run_as(Engine engine, const Trace& trace) {
    set_engine(engine);
    const std::vector<std::byte> bytes = encode(trace);
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  }

  /// The one trace file that was left.
  [[nodiscard]] std::filesystem::path trace_file() const {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      if (entry.path().extension() == ".trace") files.push_back(entry.path());
    }
    EXPECT_EQ(files.size(), 1U);
    return files.empty() ? "" : files.front();
  }

  static std::string contents(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  void expect_left_behind(const Trace& trace) const {
    const std::vector<std::byte> bytes = encode(trace);
    const std::string found = contents(trace_file());
    ASSERT_EQ(found.size(), bytes.size());
    EXPECT_EQ(parse_binary(std::as_bytes(std::span(found))), trace);
    const nlohmann::json tally = nlohmann::json::parse(contents(stats()));
    EXPECT_EQ(tally.at("target"), "dying");
    EXPECT_EQ(tally.at("executions"), 1);
    EXPECT_EQ(tally.at("findings"), 1);
  }

  /// What standard error ends in. The file is named as every other command of the project names it.
  [[nodiscard]] auto command(const Trace& trace, const std::string& folder = "") const {
    return EndsWith("To see it again:\npoolhammer replay " + prefix() + folder + finding_file_name(trace) +
                    "\n");
  }

 private:
  std::filesystem::path folder_ =
      std::filesystem::path(::testing::TempDir()) / ("crash_report_test_" + std::to_string(getpid()));
};

TEST_F(DyingTarget, TheCommandJudgesAsTheTargetDoes) {
  crash_report_settings().replay_options = "--against cpython";
  EXPECT_EXIT(run_as(Engine::plain, dying_by(1)), ::testing::ExitedWithCode(1),
              EndsWith(finding_file_name(dying_by(1)) + " --against cpython\n"));
  crash_report_settings().replay_options.clear();
}

TEST_F(DyingTarget, TheFindingOfANamedSubjectCanBeHadAsAProgram) {
  crash_report_settings().replay_options = "--subject mine";
  const std::string rest = finding_file_name(dying_by(1)) + " --subject mine";
  EXPECT_EXIT(run_as(Engine::plain, dying_by(1)), ::testing::ExitedWithCode(1),
              AllOf(HasSubstr("To have it as a program of its own:\npoolhammer show "),
                    HasSubstr(rest + " --as c\nTo see it again:\n"), EndsWith(rest + "\n")));
  crash_report_settings().replay_options.clear();
}

TEST_F(DyingTarget, AFindingLeavesItsTraceAndEndsInTheCommandWithStatusOne) {
  EXPECT_EXIT(run_as(Engine::plain, dying_by(1)), ::testing::ExitedWithCode(1),
              AllOf(HasSubstr("test.oracle"), HasSubstr("no such thing"), command(dying_by(1))));
  expect_left_behind(dying_by(1));
}

TEST_F(DyingTarget, AFindingUnderAnUnknownEngineIsASignal) {
  EXPECT_EXIT(run_as(Engine::other, dying_by(1)), ::testing::KilledBySignal(SIGABRT), command(dying_by(1)));
  expect_left_behind(dying_by(1));
}

TEST_F(DyingTarget, AnAbortLeavesItsTraceAndStaysAnAbort) {
  EXPECT_EXIT(run_as(Engine::plain, dying_by(2)), ::testing::KilledBySignal(SIGABRT), command(dying_by(2)));
  expect_left_behind(dying_by(2));
}

TEST_F(DyingTarget, ASegmentationFaultLeavesItsTrace) {
  EXPECT_DEATH(run_as(Engine::plain, dying_by(3)), command(dying_by(3)));
  expect_left_behind(dying_by(3));
}

#ifdef PYMALLOC_ADDRESS_SANITIZER
TEST_F(DyingTarget, ASanitizersReportLeavesItsTrace) {
  EXPECT_DEATH(run_as(Engine::plain, dying_by(4)),
               AllOf(HasSubstr("heap-buffer-overflow"), command(dying_by(4))));
  expect_left_behind(dying_by(4));
}
#endif

TEST_F(DyingTarget, AnExactPathIsUsedForEveryFinding) {
  crash_report_settings().exact_artifact_path = prefix() + "only one";
  EXPECT_EXIT(run_as(Engine::plain, dying_by(1)), ::testing::ExitedWithCode(1),
              EndsWith("poolhammer replay '" + prefix() + "only one.trace'\n"));
  expect_left_behind(dying_by(1));
}

TEST_F(DyingTarget, AFileThatCannotBeWrittenIsSaidWithItsReason) {
  crash_report_settings().artifact_prefix = prefix() + "no/such/folder/";
  EXPECT_EXIT(
      run_as(Engine::plain, dying_by(1)), ::testing::ExitedWithCode(1),
      AllOf(HasSubstr("test.oracle"),
            HasSubstr("\npoolhammer: " + prefix() + "no/such/folder/" + finding_file_name(dying_by(1)) +
                      ": cannot be written: No such file or directory\n"),
            command(dying_by(1), "no/such/folder/")));
}

TEST_F(DyingTarget, AnInputThatEndsWellLeavesNothing) {
  EXPECT_EXIT(
      {
        run_as(Engine::plain, dying_by(0));
        report_crash({});
        std::_Exit(0);
      },
      ::testing::ExitedWithCode(0), "");
  EXPECT_EQ(nlohmann::json::parse(contents(stats())).at("findings"), 0);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(prefix()), {}), 1) << "the tally alone";
}

TEST_F(DyingTarget, GoesOnWhereItIsToAndReportsEachCauseOnce) {
  setenv("POOLHAMMER_KEEP_GOING", "1", 1);
  EXPECT_EXIT(
      {
        for (const std::uint64_t way : {5U, 5U, 0U, 6U}) run_as(Engine::plain, dying_by(way));
        std::exit(0);
      },
      ::testing::ExitedWithCode(1),
      AllOf(HasSubstr("test.five"), HasSubstr("test.six"), command(dying_by(6))));
  EXPECT_TRUE(std::filesystem::exists(prefix() + finding_file_name(dying_by(5))));
  const nlohmann::json tally = nlohmann::json::parse(contents(stats()));
  EXPECT_EQ(tally.at("executions"), 4);
  EXPECT_EQ(tally.at("findings"), 2);
  EXPECT_EQ(tally.at("known"), 3);
}

TEST_F(DyingTarget, PassesByWhatIsKnownAndNothingElse) {
  std::ofstream(prefix() + "known.json")
      << R"({"libraries": {"dying": {"test.five of malloc": "reported"}}})";
  setenv("POOLHAMMER_KNOWN", (prefix() + "known.json").c_str(), 1);
  EXPECT_EXIT(
      {
        run_as(Engine::plain, dying_by(5));
        std::exit(0);
      },
      ::testing::ExitedWithCode(0), "");
  EXPECT_EQ(nlohmann::json::parse(contents(stats())).at("known"), 1);
  EXPECT_EXIT(run_as(Engine::plain, dying_by(6)), ::testing::ExitedWithCode(1), command(dying_by(6)));
}

TEST_F(DyingTarget, RefusesAFileOfWhatIsKnownThatIsNone) {
  setenv("POOLHAMMER_KNOWN", (prefix() + "missing.json").c_str(), 1);
  EXPECT_EXIT(run_as(Engine::plain, dying_by(5)), ::testing::ExitedWithCode(2),
              HasSubstr("poolhammer: POOLHAMMER_KNOWN: " + prefix() + "missing.json: "));
}

TEST_F(DyingTarget, ArgumentsOfLibFuzzerSayWhereFilesGo) {
  std::string program = "fuzz_dying";
  std::string option = "-artifact_prefix=some/where-";
  std::string exact = "-exact_artifact_path=here";
  const std::vector<char*> arguments = {program.data(), option.data(), exact.data()};
  read_arguments(arguments);
  EXPECT_EQ(crash_report_settings().program, "fuzz_dying");
  EXPECT_EQ(crash_report_settings().artifact_prefix, "some/where-");
  EXPECT_EQ(crash_report_settings().exact_artifact_path, "here");
}

}  // namespace
}  // namespace poolhammer::fuzz

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <string>

#include "allocator/poison.hpp"
#include "harness/base/temporary_folder.hpp"
#include "harness/trace/file.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

struct Ended {
  int status = -1;
  std::string output;  ///< standard output and standard error
};

[[nodiscard]] Ended shell(const std::string& command) {
  Ended ended;
  std::FILE* const pipe = popen(fmt::format("({}) 2>&1", command).c_str(), "r");
  if (pipe == nullptr) return ended;
  std::array<char, 4096> buffer{};
  while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    ended.output.append(buffer.data(), got);
  }
  const int status = pclose(pipe);
  if (WIFEXITED(status)) ended.status = WEXITSTATUS(status);
  return ended;
}

/// The canary program, which fails on purpose, in a folder of its own.
class CanaryProgram : public testing::Test {
 protected:
  [[nodiscard]] Ended canary(const std::string& test, const std::string& parameters = "") const {
    return shell(fmt::format("TEST_TMPDIR='{}' RC_PARAMS='{}' '{}' --gtest_filter=Canary.{}",
                             folder_.path().string(), parameters, POOLHAMMER_PROPERTY_CANARY, test));
  }
  [[nodiscard]] std::string trace_file(const std::string& test) const {
    return (folder_.path() / ("Canary." + test + ".trace")).string();
  }

  TemporaryFolder folder_;
};

const Trace smallest_crash = {
    LayoutId::tiny,
    {{OperationKind::malloc, 0, 0, 0}, {OperationKind::malloc, 1, 0, 0}, {OperationKind::malloc, 2, 0, 65}}};

TEST_F(CanaryProgram, AnAbortIsShrunkAndLeavesItsProgramAndACommand) {
  const Ended ended = canary("Aborts");
  EXPECT_EQ(ended.status, 1);
  EXPECT_THAT(ended.output, HasSubstr("died by signal 6"));
  EXPECT_THAT(ended.output, HasSubstr("b0 = malloc(0)\nb1 = malloc(0)\nb2 = malloc(65)\n"));
  EXPECT_EQ(read_trace(trace_file("Aborts")), smallest_crash);
  EXPECT_THAT(ended.output,
              EndsWith(fmt::format("poolhammer replay {} --subject canary:abort\n", trace_file("Aborts"))));
}

TEST_F(CanaryProgram, ASanitizersReportIsShrunkAndShown) {
#ifndef PYMALLOC_ADDRESS_SANITIZER
  GTEST_SKIP() << "a byte written behind a block is for AddressSanitizer to see";
#endif
  const Ended ended = canary("WritesBehindABlock");
  EXPECT_EQ(ended.status, 1);
  EXPECT_THAT(ended.output, HasSubstr("SUMMARY: AddressSanitizer: use-after-poison"));
  EXPECT_THAT(ended.output, HasSubstr("write_behind"));
  EXPECT_EQ(read_trace(trace_file("WritesBehindABlock")), smallest_crash);
  EXPECT_THAT(ended.output, EndsWith("--subject canary:overflow\n"));
}

TEST_F(CanaryProgram, AFailureWithoutADeathLeavesItsProgramToo) {
  const Ended ended = canary("FailsWithoutDying");
  EXPECT_EQ(ended.status, 1);
  const Trace smallest = {LayoutId::tiny, {{OperationKind::free, 0, 0, 0}, {OperationKind::free, 0, 0, 0}}};
  EXPECT_EQ(read_trace(trace_file("FailsWithoutDying")), smallest);
  // No oracle of a replay counts frees: it must not be offered.
  EXPECT_THAT(ended.output, Not(HasSubstr("poolhammer replay")));
  EXPECT_THAT(ended.output, EndsWith("--gtest_filter=Canary.FailsWithoutDying\n"));
}

TEST_F(CanaryProgram, ADeathThatNoValueCausesAloneIsNotLost) {
  const Ended ended = canary("DiesOnlyAsALongStory");
  EXPECT_EQ(ended.status, 1);
  EXPECT_THAT(ended.output, HasSubstr("with all values in one process; each alone holds"));
  EXPECT_THAT(ended.output, EndsWith("--gtest_filter=Canary.DiesOnlyAsALongStory\n"));
}

TEST_F(CanaryProgram, TheCommandOfThePropertyShowsTheSameAgain) {
  const Ended first = canary("FailsWithoutDying", "seed=5 max_size=40");
  const std::string command = first.output.substr(first.output.rfind("RC_PARAMS="));
  EXPECT_THAT(command, HasSubstr("\"seed=5 max_size=40\""));
  const std::string program = to_text(read_trace(trace_file("FailsWithoutDying")));
  const Ended again = shell(fmt::format("TEST_TMPDIR='{}' {}", folder_.path().string(), command));
  EXPECT_EQ(again.status, 1);
  EXPECT_EQ(to_text(read_trace(trace_file("FailsWithoutDying"))), program);
  EXPECT_THAT(again.output, EndsWith(command));
}

TEST_F(CanaryProgram, TheStraightWayToTheValueTriesOnlyThat) {
  const Ended first = canary("FailsWithoutDying");
  const std::string mark = "Straight to this value: RC_PARAMS='";
  ASSERT_THAT(first.output, HasSubstr(mark));
  const std::size_t begin = first.output.find(mark) + mark.size();
  const Ended again =
      canary("FailsWithoutDying", first.output.substr(begin, first.output.find('\'', begin) - begin));
  EXPECT_EQ(again.status, 1);
  EXPECT_THAT(again.output, HasSubstr("free(b0)\nfree(b0)\n"));
}

TEST_F(CanaryProgram, TheSeedIsAlwaysSaid) {
  EXPECT_THAT(canary("Nothing").output, HasSubstr("RC_PARAMS=\"seed=1\""));
  EXPECT_THAT(canary("Nothing", "seed=77").output, HasSubstr("RC_PARAMS=\"seed=77\""));
}

TEST_F(CanaryProgram, AnUnknownKeyIsRefusedInOneLine) {
  const Ended ended = canary("Aborts", "max_sucess=5");
  EXPECT_EQ(ended.status, 2);
  EXPECT_EQ(ended.output,
            "RC_PARAMS: expected a key (seed, max_success, max_size, max_discard_ratio, noshrink, "
            "verbose_progress, "
            "verbose_shrinking, reproduce), found 'max_sucess'\n");
}

TEST_F(CanaryProgram, AFolderThatCannotBeWrittenIsSaid) {
  const Ended ended = shell(fmt::format("TEST_TMPDIR=/dev/null '{}' --gtest_filter=Canary.FailsWithoutDying",
                                        POOLHAMMER_PROPERTY_CANARY));
  EXPECT_EQ(ended.status, 1);
  EXPECT_THAT(ended.output, HasSubstr("No trace file: /dev/null/Canary.FailsWithoutDying.trace: "));
}

}  // namespace
}  // namespace poolhammer

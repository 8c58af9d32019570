#include "harness/record/record.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/format_error.hpp"
#include "harness/base/temporary_folder.hpp"
#include "harness/trace/file.hpp"

namespace poolhammer {
namespace {

using ::testing::HasSubstr;

/// A recording of the program that tests record, in a mode of its own.
class Recording {
 public:
  explicit Recording(const std::string& mode) : Recording({program(), mode}) {}
  explicit Recording(std::initializer_list<std::string> command) {
    RecordOptions options;
    options.command = command;
    options.output = folder_ / "out.trace";
    result = record(options);
    for (const RecordedProcess& process : result.processes) traces.push_back(read_trace(process.file));
  }

  static std::string program() { return POOLHAMMER_RECORDED_PROGRAM; }

  /// How many operations of this kind and size the trace of a process has.
  [[nodiscard]] std::ptrdiff_t count(std::size_t process, OperationKind kind, std::uint64_t size) const {
    return std::ranges::count_if(traces.at(process).operations, [&](const Operation& operation) {
      return operation.kind == kind && operation.size == size;
    });
  }
  [[nodiscard]] std::ptrdiff_t mallocs(std::size_t process, std::uint64_t size) const {
    return count(process, OperationKind::malloc, size);
  }
  [[nodiscard]] std::ptrdiff_t reallocs(std::size_t process, std::uint64_t size) const {
    return count(process, OperationKind::realloc, size);
  }
  [[nodiscard]] const ImportReport& import(std::size_t process) const {
    return result.processes.at(process).report.import;
  }
  /// How many files are left in the folder.
  [[nodiscard]] std::size_t files() const { return folder_.files(); }

 private:
  TemporaryFolder folder_;

 public:
  RecordResult result;
  std::vector<Trace> traces;
};

/// One call of each function; see the program.
void expect_every_call(const Recording& recording, std::size_t process) {
  for (const std::uint64_t size : {1001U, 1010U}) EXPECT_EQ(recording.mallocs(process, size), 1) << size;
  for (const std::uint64_t size : {1005U, 1006U, 1007U, 1008U, 1009U})
    EXPECT_EQ(recording.count(process, OperationKind::posix_memalign, size), 1) << size;
  EXPECT_EQ(recording.count(process, OperationKind::calloc, 1002), 1);
  EXPECT_EQ(recording.reallocs(process, 1003), 1);
  EXPECT_EQ(recording.reallocs(process, 1004), 1);
  EXPECT_EQ(recording.reallocs(process, SIZE_MAX), 1);
  EXPECT_EQ(recording.import(process), (ImportReport{.refused = 1}));
}

TEST(Recorder, SeesEveryFunctionOfTheFamily) {
  const Recording recording("calls");
  EXPECT_EQ(recording.result.exit_status, 0);
  ASSERT_EQ(recording.traces.size(), 1U);
  expect_every_call(recording, 0);
  EXPECT_EQ(recording.result.processes[0].report.program, Recording::program());
  EXPECT_FALSE(recording.result.processes[0].running);
}

TEST(Recorder, NeverSeesAnAddressHandedOutTwiceHoweverThreadsInterleave) {
  const Recording recording("threads");
  EXPECT_EQ(recording.result.exit_status, 0);
  ASSERT_EQ(recording.traces.size(), 1U);
  EXPECT_EQ(recording.mallocs(0, 2001), 80000);
  EXPECT_GT(recording.reallocs(0, 9002), 39000);
  EXPECT_EQ(to_string(recording.import(0)), "");
  EXPECT_EQ(recording.result.processes[0].report.threads, 5U);
}

TEST(Recorder, GivesAForkedChildATraceOfItsOwn) {
  for (const std::string mode : {"fork", "raw-fork"}) {
    const Recording recording(mode);
    EXPECT_EQ(recording.result.exit_status, 7) << mode;
    ASSERT_EQ(recording.traces.size(), 2U) << mode;
    EXPECT_EQ(recording.mallocs(0, 3001), 2) << mode;
    EXPECT_EQ(recording.mallocs(0, 3002), 0) << mode;
    EXPECT_EQ(to_string(recording.import(0)), "") << mode;
    EXPECT_EQ(recording.mallocs(1, 3002), 5) << mode;
    EXPECT_EQ(recording.mallocs(1, 3003), 1) << mode;
    EXPECT_EQ(recording.import(1), (ImportReport{.skipped_frees = 2})) << mode;
    EXPECT_EQ(recording.result.processes[1].report.operations, 12U) << mode;
    EXPECT_EQ(recording.result.processes[1].report.parent_pid, recording.result.processes[0].report.pid)
        << mode;
  }
}

TEST(Recorder, LetsChildrenOfAThreadedProcessAllocate) {
  const Recording recording("fork-threads");
  EXPECT_EQ(recording.result.exit_status, 0);
  ASSERT_EQ(recording.traces.size(), 21U);
  for (std::size_t child = 1; child < recording.traces.size(); ++child) {
    EXPECT_EQ(recording.mallocs(child, 6002), 10) << child;
    EXPECT_EQ(recording.mallocs(child, 6001), 0) << child;
  }
}

TEST(Recorder, FollowsAProcessIntoAnotherProgram) {
  const Recording recording("exec");
  EXPECT_EQ(recording.result.exit_status, 0);
  ASSERT_EQ(recording.traces.size(), 2U);
  EXPECT_EQ(recording.mallocs(0, 4001), 1);
  expect_every_call(recording, 1);
  EXPECT_EQ(recording.result.processes[0].report.pid, recording.result.processes[1].report.pid);
}

TEST(Recorder, FollowsASpawnedProgram) {
  const Recording recording("spawn");
  EXPECT_EQ(recording.result.exit_status, 0);
  ASSERT_EQ(recording.traces.size(), 2U);
  EXPECT_EQ(recording.mallocs(0, 4002), 1);
  EXPECT_EQ(recording.mallocs(0, 4003), 1);
  expect_every_call(recording, 1);
}

TEST(Recorder, LosesNothingWhenTheProgramIsKilled) {
  const Recording recording("kill");
  EXPECT_EQ(recording.result.exit_status, 128 + SIGKILL);
  EXPECT_EQ(recording.result.signal, SIGKILL);
  ASSERT_EQ(recording.traces.size(), 1U);
  EXPECT_EQ(recording.mallocs(0, 5001), 20000);
  EXPECT_GE(recording.result.processes[0].report.live_blocks, 20000U);
}

TEST(Recorder, OutlivesAnInterruptThatItsCommandGetsToo) {
  const Recording recording({"/bin/sh", "-c", "kill -INT $PPID; kill -INT $$"});
  EXPECT_EQ(recording.result.signal, SIGINT);
  EXPECT_EQ(recording.traces.size(), 1U);
}

TEST(Recorder, PassesATerminationOnToItsCommand) {
  const Recording recording({"/bin/sh", "-c", "kill -TERM $PPID; exec sleep 60"});
  EXPECT_EQ(recording.result.exit_status, 128 + SIGTERM);
  EXPECT_EQ(recording.result.signal, SIGTERM);
  EXPECT_GE(recording.traces.size(), 1U);
}

TEST(Recorder, NeedsNoDescriptorOfTheProgram) {
  const Recording recording("close");
  EXPECT_EQ(recording.result.exit_status, 0);
  EXPECT_EQ(recording.mallocs(0, 5002), 10000);
}

TEST(Recorder, StopsWhereTheLogCannotGrowAndLetsTheProgramGoOn) {
  // 600 blocks of 512 bytes: room for the first window of a log only.
  ::testing::internal::CaptureStderr();
  const Recording recording({"/bin/sh", "-c", "ulimit -f 600 && exec \"$0\" fill", Recording::program()});
  const std::string said = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(recording.result.exit_status, 3);
  EXPECT_THAT(
      said,
      HasSubstr("cannot extend its log: the file size limit is reached; recording stops after 8182 events"));
  ASSERT_EQ(recording.traces.size(), 2U);
  EXPECT_EQ(recording.result.processes[1].report.stopped, EFBIG);
  EXPECT_GT(recording.mallocs(1, 5003), 4000);
}

TEST(Recorder, KeepsALibraryThatWasPreloadedBefore) {
  ::setenv("LD_PRELOAD", "/nonexistent/before.so", 1);
  ::testing::internal::CaptureStderr();
  const Recording recording({"/bin/sh", "-c",
                             "case $LD_PRELOAD in "
                             "*libpoolhammer_record.so:/nonexistent/before.so) exit 5;; esac"});
  (void)::testing::internal::GetCapturedStderr();
  ::unsetenv("LD_PRELOAD");
  EXPECT_EQ(recording.result.exit_status, 5);
}

TEST(Recorder, LeavesOnlyTheTraces) {
  const Recording recording("fork");
  EXPECT_EQ(recording.files(), 2U);
}

TEST(Recorder, WritesIntoTheCurrentFolder) {
  const TemporaryFolder folder;
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  RecordOptions options;
  options.command = {Recording::program(), "calls"};
  options.output = "out.trace";
  const RecordResult result = record(options);
  std::filesystem::current_path(before);
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_TRUE(std::filesystem::exists(folder / "out.trace"));
  EXPECT_EQ(folder.files(), 1U);
}

TEST(Recorder, KeepsTheRawLogsWhereATraceCannotBeWritten) {
  const TemporaryFolder folder;
  RecordOptions options;
  options.output = folder / "out.trace";
  // By the time the trace is written, there is a folder of its name.
  options.command = {"/bin/mkdir", options.output.string()};
  try {
    (void)record(options);
    FAIL() << "no error";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr(options.output.string() + ": "));
    const std::string words = "; the raw logs are kept in ";
    const std::string_view what = error.what();
    ASSERT_THAT(error.what(), HasSubstr(words));
    const std::filesystem::path kept = what.substr(what.find(words) + words.size());
    EXPECT_FALSE(std::filesystem::is_empty(kept));
    std::filesystem::remove_all(kept);
  }
}

TEST(Recorder, SaysThatACommandCannotBeRun) {
  const TemporaryFolder folder;
  RecordOptions options;
  options.output = folder / "out.trace";
  options.command = {"no-such-command-anywhere"};
  try {
    (void)record(options);
    FAIL() << "no error";
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "no-such-command-anywhere: cannot be run: No such file or directory");
  }
  EXPECT_EQ(folder.files(), 0U);
  options.command = {};
  EXPECT_THROW((void)record(options), InputError);
}

TEST(Recorder, RefusesAnOutputThatCannotBeBeforeItRunsAnything) {
  const TemporaryFolder folder;
  RecordOptions options;
  options.command = {"/bin/sh", "-c", "echo ran > " + (folder / "ran").string()};
  for (const auto& output : {folder.path(), folder / "missing/out.trace"}) {
    options.output = output;
    EXPECT_THROW((void)record(options), InputError) << output;
  }
  options.output = folder / "out.trace";
  (void)folder.file("with space.so", "");
  for (const auto& library : {folder / "no.so", folder / "with space.so"}) {
    options.library = library;
    EXPECT_THROW((void)record(options), InputError) << library;
  }
  EXPECT_EQ(folder.files(), 1U);
}

TEST(Recorder, NumbersTheTracesOfLaterProcesses) {
  EXPECT_EQ(numbered_output("a/trace.bin", 1), "a/trace.bin");
  EXPECT_EQ(numbered_output("a/trace.bin", 2), "a/trace.2.bin");
  EXPECT_EQ(numbered_output("trace", 10), "trace.10");
}

}  // namespace
}  // namespace poolhammer

#include "harness/report/crash_reporter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdlib>
#include <string>

#include "allocator/poison.hpp"
#include "harness/base/temporary_folder.hpp"
#include "harness/run/runner.hpp"
#include "harness/testing/lying_subject.hpp"
#include "harness/trace/file.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::ExitedWithCode;
using testing::HasSubstr;
using testing::Not;

// The sanitizers report undefined behaviour of this kind where they are on; without them it is an abort all
// the same.
void undefined_behaviour() {
  volatile int shift = 40;
#if defined(__has_feature)
#if __has_feature(undefined_behavior_sanitizer)
  volatile int result = 1 << shift;
  static_cast<void>(result);
#endif
#endif
  if (shift == 40) std::abort();
}

void write_behind_a_block() {
  char* const block = new char[16];
  volatile std::size_t offset = 16;
#ifdef PYMALLOC_ADDRESS_SANITIZER
  block[offset] = 'x';
#endif
  delete[] block;
  if (offset == 16) std::abort();
}

void write_to_nowhere() {
  volatile std::uintptr_t nowhere = 8;
  *reinterpret_cast<volatile int*>(nowhere) = 1;
}

volatile bool forever = true;

void overflow_the_stack(volatile char* above) {
  volatile char frame[4096];
  frame[0] = above == nullptr ? '\0' : above[0];
  if (forever) overflow_the_stack(frame);
  frame[1] = frame[0];
}

/// Dies at its second malloc, in a way of its own.
class Dying final : public LyingSubject {
 public:
  explicit Dying(void (*death)()) : LyingSubject(Lie::none, 0, "dying"), death_(death) {}
  [[nodiscard]] void* malloc(std::size_t size) override {
    if (++calls_ == 2) death_();
    return LyingSubject::malloc(size);
  }

 private:
  void (*death_)();
  int calls_ = 0;
};

const Trace sample =
    parse_text("poolhammer trace 2\nlayout tiny\nb0 = malloc(24)\nfree(b0)\nb1 = malloc(48)\ncheck()\n");

void die_running_sample(void (*death)(), const std::string& prefix) {
  const rlimit no_core_file{0, 0};
  setrlimit(RLIMIT_CORE, &no_core_file);
  CrashReporter reporter(prefix);
  Dying subject(death);
  reporter.about(sample, subject.name());
  static_cast<void>(run(sample, subject));
}

struct WayToDie {
  const char* name;
  void (*die)();
};

class CrashReportOf : public testing::TestWithParam<WayToDie> {};

TEST_P(CrashReportOf, LeavesTheTraceAndTheCommandThatShowsItAgain) {
  const TemporaryFolder folder;
  const std::string prefix = (folder / "").string();
  const std::string file = prefix + finding_file_name(sample);
  EXPECT_EXIT(die_running_sample(GetParam().die, prefix), ExitedWithCode(1),
              AllOf(HasSubstr("FINDING: crash\n  at operation 2: b1 = malloc(48)\n"),
                    EndsWith("\npoolhammer replay " + file + " --subject dying\n")));
  EXPECT_EQ(folder.files(), 1U);
  EXPECT_EQ(read_trace(file), sample);
}

INSTANTIATE_TEST_SUITE_P(Each, CrashReportOf,
                         testing::Values(WayToDie{"abort", [] { std::abort(); }},
                                         WayToDie{"bad_access", &write_to_nowhere},
                                         WayToDie{"write_behind_a_block", &write_behind_a_block},
                                         WayToDie{"undefined_behaviour", &undefined_behaviour},
                                         WayToDie{"stack_overflow", [] { overflow_the_stack(nullptr); }},
                                         WayToDie{"arithmetic_trap", [] { std::raise(SIGFPE); }}),
                         [](const auto& test) { return test.param.name; });

TEST(CrashReport, QuotesAFolderWithBlanksAndQuotesForTheShell) {
  const TemporaryFolder folder;
  const std::filesystem::path odd = folder / "it's a $HOME";
  std::filesystem::create_directory(odd);
  const std::string quoted =
      "'" + (folder / "it").string() + "'\\''s a $HOME/" + finding_file_name(sample) + "'";
  EXPECT_EXIT(die_running_sample([] { std::abort(); }, (odd / "").string()), ExitedWithCode(1),
              EndsWith("\npoolhammer replay " + quoted + " --subject dying\n"));
  EXPECT_EQ(read_trace(odd / finding_file_name(sample)), sample);
}

TEST(CrashReport, SaysWhyTheTraceCannotBeWrittenAndGivesTheCommandAllTheSame) {
  const std::string file = "/proc/nowhere/" + finding_file_name(sample);
  EXPECT_EXIT(die_running_sample([] { std::abort(); }, "/proc/nowhere/"), ExitedWithCode(1),
              EndsWith("\npoolhammer: " + file +
                       ": cannot be written: No such file or directory\npoolhammer replay " + file +
                       " --subject dying\n"));
}

TEST(CrashReport, IsAboutTheLatestTraceOrFileOnly) {
  const auto die_about_a_file = [] {
    CrashReporter reporter("/proc/nowhere/");
    reporter.about(sample, "dying");
    reporter.about_file("poolhammer replay corpus/x");
    std::abort();
  };
  EXPECT_EXIT(
      die_about_a_file(), ExitedWithCode(1),
      AllOf(EndsWith("FINDING: crash\npoolhammer replay corpus/x\n"), Not(HasSubstr("cannot be written"))));
}

TEST(CrashReport, HoldsTheStepsThatWerePutAfterTheTraceLast) {
  const TemporaryFolder folder;
  const std::string prefix = (folder / "").string();
  const auto die_behind_the_trace = [&prefix] {
    const std::vector<Operation> two = {{OperationKind::fail_raw, 0, 0, 1},
                                        {OperationKind::malloc, 2, 0, 97}};
    const std::vector<Operation> one = {{OperationKind::free, 1, 0, 0}};
    CrashReporter reporter(prefix);
    reporter.about(sample, "pymalloc:tiny");
    reporter.about_more(two);
    reporter.about_more(one);
    std::abort();
  };
  EXPECT_EXIT(die_behind_the_trace(), ExitedWithCode(1), HasSubstr("poolhammer replay "));
  Trace longer = sample;
  longer.operations.push_back({OperationKind::free, 1, 0, 0});
  EXPECT_EQ(read_trace(prefix + finding_file_name(sample)), longer);
}

TEST(CrashReport, CallsARunThatDoesNotEndAHang) {
  const TemporaryFolder folder;
  const std::string prefix = (folder / "").string();
  const auto hang = [&prefix] {
    CrashReporter reporter(prefix);
    reporter.call_it_a_hang_after(1);
    Dying subject([] {
      while (forever) continue;
    });
    reporter.about(sample, subject.name());
    static_cast<void>(run(sample, subject));
  };
  EXPECT_EXIT(
      hang(), ExitedWithCode(1),
      AllOf(HasSubstr("FINDING: hang\n  at operation 2: b1 = malloc(48)\n"), EndsWith(" --subject dying\n")));
  EXPECT_EQ(folder.files(), 1U);
}

TEST(CrashReport, SaysNothingOfADeathThatIsNoneOfOurs) {
  const auto die_of_something_else = [] {
    CrashReporter reporter("/proc/nowhere/");
    reporter.about(sample, "dying");
    reporter.nothing();
    std::abort();
  };
  const rlimit no_core_file{0, 0};
  setrlimit(RLIMIT_CORE, &no_core_file);
  EXPECT_EXIT(die_of_something_else(), testing::KilledBySignal(SIGABRT), Not(HasSubstr("FINDING")));
}

TEST(CrashReport, NamesTheSubjectWhereTheTraceDoesNot) {
  const CrashReporter reporter("here/", "--check-every 64");
  EXPECT_EQ(reporter.command_for("x", sample, "pymalloc:tiny"), "poolhammer replay x --check-every 64");
  EXPECT_EQ(reporter.command_for("x", sample, "pymalloc:modern"),
            "poolhammer replay x --subject pymalloc:modern --check-every 64");
}

}  // namespace
}  // namespace poolhammer

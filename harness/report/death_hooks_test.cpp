#include "harness/report/death_hooks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <vector>

#include "harness/base/temporary_folder.hpp"
#include "harness/base/text_sink.hpp"
#include "harness/report/commands.hpp"
#include "harness/report/crash_reporter.hpp"
#include "harness/trace/file.hpp"

namespace poolhammer {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

void write_no_core_file() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
}

TEST(DeathHooks, HandleEverySignalOnceAndLetTheProcessDieOfIt) {
  for (const int signal : fatal_signals) {
    const auto die = [signal] {
      write_no_core_file();
      // Without the handler that a sanitizer may have.
      static_cast<void>(std::signal(signal, SIG_DFL));
      install_death_hooks([](Death death) noexcept {
        SafeText line;
        line << "handled " << static_cast<std::uint64_t>(death.signal) << "\n";
        write_all(STDERR_FILENO, line.view());
      });
      static_cast<void>(std::raise(signal));
    };
    EXPECT_EXIT(die(), testing::KilledBySignal(signal), "handled " + std::to_string(signal) + "\n");
  }
}

TEST(DeathHooks, EndTheProcessThatDiesAgainInTheHandler) {
  for (const int again : fatal_signals) {
    const auto die_twice = [again] {
      write_no_core_file();
      static int in_handler = 0;
      in_handler = again;
      install_death_hooks([](Death) noexcept {
        write_all(STDERR_FILENO, "handled\n");
        static_cast<void>(std::raise(in_handler));
      });
      std::abort();
    };
    EXPECT_DEATH(die_twice(),
                 AllOf(HasSubstr("handled\n"), Not(testing::ContainsRegex("handled\n.*handled\n"))));
  }
}

TEST(DeathHooks, LeaveTheTraceBeforeAnythingIsSaid) {
  const TemporaryFolder folder;
  const std::string prefix = (folder / "").string();
  const Trace trace{LayoutId::tiny, {{OperationKind::malloc, 0, 0, 24}}};
  const auto die_with_nobody_to_tell = [&] {
    write_no_core_file();
    CrashReporter reporter(prefix);
    reporter.about(trace, "pymalloc:tiny");
    std::array<int, 2> ends = {};
    ASSERT_EQ(pipe(ends.data()), 0);
    close(ends[0]);
    dup2(ends[1], STDERR_FILENO);
    std::abort();
  };
  EXPECT_EXIT(die_with_nobody_to_tell(), testing::KilledBySignal(SIGPIPE), "");
  EXPECT_EQ(read_trace(prefix + finding_file_name(trace)), trace);
}

}  // namespace
}  // namespace poolhammer

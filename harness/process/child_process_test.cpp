#include "harness/process/child_process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <thread>
#include <utility>

#include "harness/base/temporary_folder.hpp"
#include "harness/process/environment.hpp"
#include "harness/process/testing/left_over.hpp"

namespace poolhammer {
namespace {

using std::chrono::milliseconds;

constexpr ProcessLimits patient{.time = std::chrono::seconds(60)};

[[nodiscard]] ProcessEnd run(std::vector<std::string> words) {
  return ChildProcess(ProcessCommand{.words = std::move(words),
                                     .environment = child_environment(Inherited::all),
                                     .passed = {}})
      .wait(patient);
}

[[nodiscard]] ProcessEnd call(const std::function<int()>& body) {
  return ChildProcess(body).wait(patient);
}

/// A number that processes wait for.
class Signpost {
 public:
  void put(pid_t number) { value().store(number); }
  /// Waits until there is one.
  [[nodiscard]] pid_t take() {
    while (value() == 0) std::this_thread::yield();
    return value();
  }

 private:
  [[nodiscard]] std::atomic<pid_t>& value() {
    return *reinterpret_cast<std::atomic<pid_t>*>(memory_.bytes().data());
  }
  SharedMemory memory_{sizeof(std::atomic<pid_t>)};
};

[[nodiscard]] bool exists(pid_t process) {
  return kill(process, 0) == 0 || errno != ESRCH;
}

[[noreturn]] void sleep_for_ever() {
  for (;;) pause();
}

/// Starts a process that its parent and its session know nothing of, and that would live for ever.
void start_a_daemon(Signpost& daemon) {
  if (fork() == 0) {
    setsid();
    if (fork() == 0) {
      daemon.put(getpid());
      sleep_for_ever();
    }
    _exit(0);
  }
  (void)daemon.take();
}

TEST(ChildProcess, TellsStatusSignalAndOutput) {
  const ProcessEnd status = run({"sh", "-c", "echo out; echo err >&2; exit 3"});
  EXPECT_EQ(to_string(status), "ended with status 3");
  EXPECT_EQ(status.output, "out\nerr\n");
  EXPECT_FALSE(status.well());
  EXPECT_EQ(to_string(run({"sh", "-c", "kill -TERM $$"})), "died by signal 15 (Terminated)");
  EXPECT_TRUE(run({"true"}).well());
  const ProcessEnd function = call([] {
    std::fputs("words\n", stderr);
    return 5;
  });
  EXPECT_EQ(to_string(function), "ended with status 5");
  EXPECT_EQ(function.output, "words\n");
  EXPECT_EQ(to_string(call([] { return raise(SIGKILL); })), "died by signal 9 (Killed)");
}

TEST(ChildProcess, SaysThatThereIsNoSuchProgram) {
  const ProcessEnd end = run({"/no/such/program"});
  EXPECT_EQ(to_string(end), "could not be started: No such file or directory");
  EXPECT_EQ(to_string(run({"sh", "-c", "exit 127"})), "ended with status 127");
}

TEST(ChildProcess, GivesAProgramWhatWasPassedAndNothingElse) {
  const MemoryFile passed;
  const MemoryFile kept;
  ASSERT_TRUE(passed.write("text"));
  const int open_to_all = dup(kept.descriptor());
  ChildProcess child(ProcessCommand{.words = {"sh", "-c", "cat /proc/self/fd/5; ls /proc/$$/fd; cat"},
                                    .environment = {"PATH=/usr/bin:/bin"},
                                    .passed = {{passed.descriptor(), 5}}});
  EXPECT_EQ(child.wait(patient).output, "text0\n1\n2\n5\n");
  close(open_to_all);
}

TEST(ChildProcess, LeavesNoCoreFileAndNoSignalBlocked) {
  const ProcessEnd end = call([] {
    rlimit core{1, 1};
    getrlimit(RLIMIT_CORE, &core);
    sigset_t blocked;
    sigprocmask(SIG_BLOCK, nullptr, &blocked);
    return core.rlim_cur == 0 && sigismember(&blocked, SIGTERM) == 0 && sigismember(&blocked, SIGCHLD) == 0
               ? 0
               : 1;
  });
  EXPECT_TRUE(end.well());
}

TEST(ChildProcess, EndsOneThatComputesForEver) {
  ChildProcess child([]() -> int {
    for (std::atomic<int> number = 0;; ++number) continue;
  });
  EXPECT_EQ(child.wait({.time = milliseconds(50)}).how, ProcessEnd::How::hang);
}

TEST(ChildProcess, EndsOneWhoseChildComputesForEver) {
  ChildProcess child([]() -> int {
    if (fork() == 0) {
      for (std::atomic<int> number = 0;; ++number) continue;
    }
    sleep_for_ever();
  });
  EXPECT_EQ(child.wait({.time = milliseconds(50)}).how, ProcessEnd::How::hang);
}

TEST(ChildProcess, EndsOneThatSleepsForEver) {
  ChildProcess child([]() -> int { sleep_for_ever(); });
  EXPECT_EQ(child.wait({.time = milliseconds(50)}).how, ProcessEnd::How::hang);
}

TEST(ChildProcess, EndsOneThatSwells) {
  const auto swell = []() -> int {
    static std::array<char, std::size_t{64} << 20U> block;
    std::memset(block.data(), 1, block.size());
    sleep_for_ever();
  };
  constexpr ProcessLimits limits{.time = std::chrono::seconds(60), .resident_bytes = std::size_t{48} << 20U};
  EXPECT_EQ(ChildProcess(swell).wait(limits).how, ProcessEnd::How::memory);
}

TEST(ChildProcess, LeavesNothingThatItStarted) {
  Signpost daemon;
  EXPECT_TRUE(call([&daemon] {
                start_a_daemon(daemon);
                return 0;
              }).well());
  EXPECT_FALSE(exists(daemon.take()));
}

TEST(ChildProcess, LeavesNothingThatAProgramStarted) {
  const ProcessEnd end = run({"sh", "-c", "setsid sh -c 'sleep 100000 & echo $!' & wait"});
  ASSERT_TRUE(end.well()) << to_string(end);
  EXPECT_FALSE(exists(std::stoi(end.output))) << end.output;
}

TEST(ChildProcess, LeavesNothingWhenItHangsOrIsGivenUp) {
  for (const bool hangs : {true, false}) {
    Signpost daemon;
    {
      ChildProcess child([&daemon]() -> int {
        start_a_daemon(daemon);
        sleep_for_ever();
      });
      (void)daemon.take();
      if (hangs) {
        EXPECT_EQ(child.wait({.time = milliseconds(50)}).how, ProcessEnd::How::hang);
      }
    }
    EXPECT_FALSE(exists(daemon.take()));
  }
}

TEST(ChildProcess, LeavesNothingWhenItsParentIsKilled) {
  for (const int signal : {SIGKILL, SIGTERM, SIGINT}) {
    EXPECT_TRUE(leaves_no_process([signal] {
      Signpost daemon;
      const pid_t parent = fork();
      if (parent == 0) {
        std::signal(signal, SIG_DFL);
        const ChildProcess child([&daemon]() -> int {
          start_a_daemon(daemon);
          sleep_for_ever();
        });
        sleep_for_ever();
      }
      (void)daemon.take();
      kill(parent, signal);
    })) << strsignal(signal);
  }
}

TEST(ChildProcess, ItsScratchFolderGoesWhenItsParentIsKilled) {
  const TemporaryFolder outer;
  const std::filesystem::path scratch = outer / "scratch";
  std::filesystem::create_directory(scratch);
  EXPECT_TRUE(leaves_no_process([&scratch] {
    const std::filesystem::path file = scratch / "file";
    const pid_t parent = fork();
    if (parent == 0) {
      const ChildProcess child(
          ProcessCommand{.words = {"sh", "-c", "touch \"$0\"; sleep 100000", file.string()},
                         .environment = child_environment(Inherited::all),
                         .passed = {},
                         .scratch = scratch.string()});
      sleep_for_ever();
    }
    while (!std::filesystem::exists(file)) std::this_thread::yield();
    kill(parent, SIGKILL);
  }));
  EXPECT_EQ(outer.files(), 0U);
}

TEST(ChildProcess, EndsWhereItsSupervisorIsKilled) {
  EXPECT_TRUE(leaves_no_process([] {
    Signpost supervisor;
    ChildProcess child([&supervisor]() -> int {
      supervisor.put(getppid());
      sleep_for_ever();
    });
    kill(supervisor.take(), SIGKILL);
    if (child.wait(patient).how != ProcessEnd::How::signal) _exit(1);
  }));
}

TEST(ChildProcess, OutlivesTheThreadThatStartedIt) {
  Signpost go;
  std::optional<ChildProcess> child;
  std::thread([&] {
    child.emplace([&go] {
      (void)go.take();
      return 7;
    });
  }).join();
  go.put(1);
  EXPECT_EQ(to_string(child->wait(patient)), "ended with status 7");
}

TEST(ChildProcess, TakesNoEndOfOtherChildrenOfThisProcess) {
  const pid_t other = fork();
  if (other == 0) _exit(9);
  EXPECT_TRUE(call([] { return 0; }).well());
  int status = 0;
  EXPECT_EQ(waitpid(other, &status, 0), other);
  EXPECT_EQ(WEXITSTATUS(status), 9);
}

TEST(ChildProcess, TellsItsEndWhereThisProcessKeepsNone) {
  const auto before = std::signal(SIGCHLD, SIG_IGN);
  EXPECT_EQ(to_string(call([] { return 4; })), "ended with status 4");
  std::signal(SIGCHLD, before);
}

}  // namespace
}  // namespace poolhammer

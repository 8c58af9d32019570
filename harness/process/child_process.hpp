#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/process/limit_watch.hpp"
#include "harness/process/limits.hpp"
#include "harness/process/process_end.hpp"
#include "harness/process/shared_memory.hpp"
#include "harness/process/supervisor.hpp"

namespace poolhammer {

/// A program to be started.
struct ProcessCommand {
  std::vector<std::string> words;        ///< the first is its file, or a name to be searched for in PATH
  std::vector<std::string> environment;  ///< see child_environment()
  std::vector<PassedDescriptor> passed;  ///< besides the standard streams, which stand at 0, 1 and 2
  std::string scratch = {};              ///< a folder of its files, which this program removes; where this
                                         ///< program is killed meanwhile, it is removed, too. Empty: none
  bool same_addresses = false;           ///< the same addresses each time, where the system permits it
};

/// A process that this one started, watches and ends. It has a process group of its own and no core file. It
/// ends with everything that it started, in whichever session that is: when it ends itself, when it breaks a
/// limit, when this object is destroyed, and when this program ends, however that happens.
class ChildProcess {
 public:
  /// Starts a program. It reads nothing; both its output streams are captured. That it cannot be run is an
  /// end like others (not_started). Throws std::runtime_error where the machine refuses a process.
  explicit ChildProcess(ProcessCommand program);
  /// Forks, and calls `body` there; the process ends with the status that it returns, by _exit(): nothing
  /// buffered before is printed twice. Its standard error is captured. Throws as above.
  explicit ChildProcess(const std::function<int()>& body);
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess();

  /// How it ended, or nothing while it runs within `limits`; where it does not, it is ended. Does not wait,
  /// and is meant to be called every few milliseconds. The output is its first `most_output` bytes.
  [[nodiscard]] std::optional<ProcessEnd> look(const ProcessLimits& limits);
  /// Waits for its end, at most as long as `limits` permit.
  [[nodiscard]] ProcessEnd wait(const ProcessLimits& limits);
  /// The limits of time count from here, and no longer from the start.
  void restart_time() { watch_.restart(); }
  /// Of that limit, what is used up.
  [[nodiscard]] std::chrono::milliseconds spent() const { return watch_.spent(); }

  /// Its id; 0 while it is not started.
  [[nodiscard]] pid_t process() const { return board_->child; }
  /// What it writes to.
  [[nodiscard]] const MemoryFile& output() const { return output_; }

  static constexpr int look_every_milliseconds = LimitWatch::look_every_milliseconds;
  static constexpr std::size_t most_output = std::size_t{1} << 20U;

 private:
  void start(const SupervisedChild& plan);
  [[nodiscard]] bool supervisor_ended(int wait_milliseconds) const;
  void collect();
  void stop();

  struct Unmap {
    void operator()(SupervisorBoard* board) const;
  };
  std::unique_ptr<SupervisorBoard, Unmap> board_;
  MemoryFile output_;
  int supervisor_ = -1;
  int handle_ = -1;  ///< pidfd of the supervisor; -1 once it ended
  LimitWatch watch_;
  std::optional<ProcessEnd> end_;
};

/// Runs a program to its end with the neutral environment and `variables`: see child_environment().
/// `scratch`: see ProcessCommand.
[[nodiscard]] ProcessEnd run_program(std::vector<std::string> words,
                                     const std::vector<std::string>& variables = {},
                                     const ProcessLimits& limits = {.time = std::chrono::seconds(60),
                                                                    .resident_bytes = any_memory},
                                     const std::string& scratch = "");

}  // namespace poolhammer

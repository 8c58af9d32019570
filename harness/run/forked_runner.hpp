#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "harness/process/child_process.hpp"
#include "harness/report/finding.hpp"
#include "harness/trace/own_operation.hpp"
#include "harness/trace/trace.hpp"

namespace poolhammer {

struct ForkedOptions {
  std::chrono::milliseconds time{10'000};  ///< a run that takes longer is a hang, see HangWatch; 0: none is
  /// Whether a run that found something is the last of its process: for subjects whose reset cannot heal
  /// them.
  bool fresh_after_finding = true;
  /// Asked now and then during a run, and when a signal came; true gives the run up.
  std::function<bool()> give_up;
  std::span<const OwnOperation> own = {};  ///< of the allocator, for the names of steps
};

/// Runs programs in a child of this process, one after the other, so that one that kills its process is a
/// finding ("crash" or "hang") like any other. A child that died is replaced. Deterministic where the run is.
class ForkedRunner {
 public:
  /// What the child does with a program; it writes the index of every step to `step` before it begins.
  using Run = std::function<std::optional<Finding>(const Trace&, std::atomic<std::uint64_t>& step)>;

  /// Throws std::runtime_error where the machine refuses the memory that both share.
  ForkedRunner(Run run, ForkedOptions options);
  ForkedRunner(const ForkedRunner&) = delete;
  ForkedRunner& operator=(const ForkedRunner&) = delete;
  ~ForkedRunner();

  /// Throws std::runtime_error where no child can be started.
  [[nodiscard]] std::optional<Finding> run(const Trace& trace);

  /// Children that were started so far.
  [[nodiscard]] std::uint64_t children() const { return children_; }

 private:
  enum class Answer : std::uint8_t { came, none_came, given_up };

  void start();
  void end();
  void serve(int channel);
  [[nodiscard]] bool ask(const Trace& trace) const;
  [[nodiscard]] Answer wait_for_answer();
  [[nodiscard]] std::optional<std::string> read_answer() const;
  [[nodiscard]] ProcessLimits limits() const;
  [[nodiscard]] Finding death(const Trace& trace);
  [[nodiscard]] std::atomic<std::uint64_t>& step() const;

  Run run_;
  ForkedOptions options_;
  SharedMemory shared_;
  std::unique_ptr<ChildProcess> child_;  ///< null: there is none
  int channel_ = -1;                     ///< to the child, both ways
  std::uint64_t children_ = 0;
};

}  // namespace poolhammer

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "harness/report/finding.hpp"
#include "harness/run/judged_subject.hpp"
#include "harness/run/run_options.hpp"
#include "harness/subjects/subject.hpp"
#include "harness/trace/trace.hpp"

namespace poolhammer {

/// A block that the program holds, as it knows it itself.
struct HeldBlock {
  std::uint32_t slot = 0;
  std::uint64_t size = 0;  ///< bytes asked for

  friend bool operator==(const HeldBlock&, const HeldBlock&) = default;
};
using HeldBlocks = std::map<std::uintptr_t, HeldBlock>;  ///< by address

/// How a step ended.
enum class StepEnd : std::uint8_t {
  done = 0,
  skipped = 1,  ///< an allocation into a slot that holds a block, or one above the memory limit
  refused = 2,  ///< the subject answered NULL
};

/// What a step did to the block of its slot. 0 stands for no block.
struct StepResult {
  StepEnd end = StepEnd::done;
  std::uintptr_t before = 0;
  std::uintptr_t after = 0;
};

/// Runs a trace step by step, as run() does and with the same judges, so that somebody can look at the heap
/// in between.
class Playback {
 public:
  /// Resets `subject`; all three must outlive this.
  Playback(const Trace& trace, Subject& subject, const RunOptions& options);
  Playback(const Playback&) = delete;
  Playback& operator=(const Playback&) = delete;
  ~Playback() = default;

  /// Performs the next step. False, and nothing is done, behind the last one and once there is a finding.
  [[nodiscard]] bool step();
  /// What follows the last step: the last check, the drain, the end. Precondition: step() was false. The
  /// finding, if there is one, is then that of run(). True where the heap can still be looked at: it is gone
  /// when it was found guilty of nothing before its end.
  [[nodiscard]] bool finish();

  [[nodiscard]] std::size_t steps_done() const { return done_; }
  [[nodiscard]] const StepResult& last() const { return last_; }
  [[nodiscard]] const HeldBlocks& held() const { return held_; }
  [[nodiscard]] const std::optional<Finding>& finding() const { return finding_; }
  [[nodiscard]] Subject& subject() { return judged_.subject(); }

 private:
  void note_slot(std::uint32_t slot);
  void found(std::string operation, Complaint complaint);

  const Trace& trace_;
  const RunOptions& options_;
  JudgedSubject judged_;
  std::size_t done_ = 0;
  StepResult last_;
  HeldBlocks held_;
  std::map<std::uint32_t, std::uintptr_t> addresses_;  ///< of the slots that hold a block
  std::optional<Finding> finding_;
};

}  // namespace poolhammer

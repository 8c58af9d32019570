#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/run/judged_subject.hpp"
#include "harness/subjects/subject.hpp"
#include "harness/trace/trace.hpp"
#include "properties/support/property.hpp"

namespace poolhammer {

/// Runs a program step by step, as run() does in one go, so that a property can look at the heap between two
/// steps. Complaints are in words.
class Stepper {
 public:
  /// Resets `subject`, which must outlive this.
  explicit Stepper(Subject& subject);

  /// One step, judged by every oracle; a check point looks at everything.
  [[nodiscard]] Outcome perform(const Operation& operation);

  /// Every step of `trace`; the first complaint ends it.
  [[nodiscard]] Outcome perform(const Trace& trace);

  /// The invariants, and every byte of every live block.
  [[nodiscard]] Outcome check();

  /// Frees all blocks, and judges what is left.
  [[nodiscard]] Outcome drain();

  /// The block of a slot; its address is null where it holds none.
  [[nodiscard]] const ShadowBlock& block(std::uint32_t slot) { return judged_.block(slot); }
  [[nodiscard]] std::uint64_t live_blocks() const { return judged_.shadow().live_blocks(); }
  [[nodiscard]] Subject& subject() { return judged_.subject(); }

 private:
  RunOptions options_;
  JudgedSubject judged_;
};

/// What a client, and an observer of the heap, see of a run: after each step the address in the step's slot
/// (0 where there is none, or no slot) and the heap's digest.
struct History {
  std::vector<std::uintptr_t> addresses;
  std::vector<std::uint64_t> digests;
  Outcome complaint;

  friend bool operator==(const History&, const History&) = default;
};

/// Performs one step and notes what came of it. False once there is a complaint.
bool note_step(History& history, Stepper& stepper, const Operation& operation);

/// The history of a whole program on a subject that is reset first.
[[nodiscard]] History history_of(const Trace& trace, Subject& subject);

/// The first step at which two histories differ, in words; nothing where they are equal.
[[nodiscard]] Outcome difference(const History& expected, const History& found);

}  // namespace poolhammer

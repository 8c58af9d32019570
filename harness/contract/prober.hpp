#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "harness/contract/probe.hpp"
#include "harness/contract/target.hpp"
#include "harness/process/worker.hpp"

namespace poolhammer::contract {

/// Performs probes on a target, in worker processes that may die.
class Prober {
 public:
  explicit Prober(Target target);

  /// The outcomes of `probes`, in their order. All share a process until one kills it; the rest goes on in
  /// the next, and is not run once many processes were killed, or a few hung: each of these costs its whole
  /// limit. Where the library ends or hangs a process before its first call, the first has died. Throws
  /// std::runtime_error where no worker can be started, InputError where the library cannot be loaded.
  [[nodiscard]] std::vector<Outcome> run(std::span<const Probe> probes, const ProcessLimits& limits = {});
  /// The outcome of one probe in a fresh process.
  [[nodiscard]] Outcome run_alone(const Probe& probe, const ProcessLimits& limits = {});

  [[nodiscard]] const Target& target() const { return target_; }
  /// Which functions the library has itself; known once something was run.
  [[nodiscard]] bool has(Function function) const { return present_[static_cast<std::size_t>(function)]; }
  /// The file that its functions lie in, links resolved by the loader.
  [[nodiscard]] const std::string& found() const { return found_; }
  /// How the library ended a process before its first call, as it was loaded; empty where none did.
  [[nodiscard]] const std::string& death_at_start() const { return death_at_start_; }
  /// Processes that hung so far.
  [[nodiscard]] std::uint64_t hangs() const { return hangs_; }
  /// Processes started so far.
  [[nodiscard]] std::uint64_t workers() const { return workers_; }

 private:
  /// Runs probes in one process, and returns how many got an outcome.
  [[nodiscard]] std::size_t run_some(std::span<const Probe> probes, std::span<Outcome> outcomes,
                                     const ProcessLimits& limits);

  Target target_;
  std::array<bool, functions> present_{};
  std::string found_;
  std::string death_at_start_;
  std::uint64_t hangs_ = 0;
  std::uint64_t workers_ = 0;
};

/// Whether the probe died of a hang.
[[nodiscard]] bool hung(const Outcome& outcome);

}  // namespace poolhammer::contract

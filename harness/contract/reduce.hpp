#pragma once

#include <cstdint>
#include <span>

#include "harness/contract/prober.hpp"

namespace poolhammer::contract {

/// A probe that broke a promise, and where.
struct BrokenProbe {
  Function function = Function::malloc;  ///< that it was tried with: a reduced probe still calls it
  const Probe& probe;
  const Outcome& outcome;
  std::span<const Probe> before = {};  ///< that the same process performed before it
  ProcessLimits limits = {};           ///< that it was performed with
};

/// The least that breaks a promise alike.
struct Reduction {
  Probe probe;
  Outcome outcome;
  bool alone = true;             ///< it breaks in a fresh process
  std::uint32_t runs = 0;        ///< how often `probe` was performed at last, each time in a fresh process
  std::uint32_t shown = 0;       ///< and in how many of these it broke alike
  std::uint32_t candidates = 0;  ///< probes that were tried

  /// Whether it broke each time.
  [[nodiscard]] bool repeatable() const { return alone && shown == runs; }
};

/// The fewest steps and simplest numbers (0, 1, powers of two, the smallest others) that break the same
/// expectation, or end the process alike at the same kind of step. Every candidate is performed alone in a
/// fresh process, and must be lawful: a `control` library that keeps the whole probe must keep it, too.
/// `control` may be null. Bounded by 800 candidates. Deterministic, but that a slow
/// probe (75 ms and more) is given fewer, by what its first run took. Throws as Prober::run does.
[[nodiscard]] Reduction reduce(Prober& prober, Prober* control, const BrokenProbe& broken);

/// The probe up to a step, with the ends of what encloses that.
[[nodiscard]] Probe up_to(const Probe& probe, std::uint32_t step);

/// Whether the outcome of `probe` is the one of `other`: the same expectation, or the same death at the same
/// kind of step.
[[nodiscard]] bool alike(const Probe& probe, const Outcome& outcome, const Probe& other,
                         const Outcome& other_outcome);

}  // namespace poolhammer::contract

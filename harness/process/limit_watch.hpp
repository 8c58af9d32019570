#pragma once

#include <optional>

#include "harness/process/limits.hpp"
#include "harness/process/process_end.hpp"

namespace poolhammer {

/// Looks now and then whether a process keeps its limits.
class LimitWatch {
 public:
  /// How long whoever waits for something else of a process may wait between two looks.
  static constexpr int look_every_milliseconds = 20;

  LimitWatch() { restart(); }

  /// The limits of time count from here.
  void restart();
  /// The limit that `child` broke, hang or memory, with all that it and `supervisor` started besides; see
  /// sample_below(). Nothing where it keeps them, or the last look was a moment ago.
  [[nodiscard]] std::optional<ProcessEnd::How> look(int supervisor, int child, const ProcessLimits& limits);
  /// Of the limit of time, what is used up; see HangWatch.
  [[nodiscard]] std::chrono::milliseconds spent() const {
    return hang_ ? hang_->spent() : std::chrono::milliseconds{};
  }

 private:
  std::optional<HangWatch> hang_;
  HangWatch::Clock::time_point looked_;
};

}  // namespace poolhammer

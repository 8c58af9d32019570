#pragma once

#include <chrono>
#include <cstddef>
#include <limits>
#include <map>

#include "harness/process/process_tree.hpp"

namespace poolhammer {

/// For processes whose memory is not limited.
inline constexpr std::size_t any_memory = std::numeric_limits<std::size_t>::max();

struct ProcessLimits {
  /// How long a process may take, waiting for a processor left out: see HangWatch. 0: for ever.
  std::chrono::milliseconds time{20'000};
  std::size_t resident_bytes = std::size_t{2} << 30;  ///< more is an explosion of memory
};

/// Judges from one look to the next whether a process hangs. A correct program on a busy machine waits for a
/// processor, and must not be accused. So what counts is what the thread that computed most has computed, and
/// the time in which all threads slept, waiting for one another or for nothing; both of the process and of
/// all that it started. Together they are to be less than the limit. As a last resort, a process hangs that
/// has not ended after ten times the limit and some seconds.
class HangWatch {
 public:
  using Clock = std::chrono::steady_clock;

  /// The time counts from here.
  HangWatch(const TreeSample& start, Clock::time_point now)
      : start_(start.processor_times), begin_(now), looked_(now) {}

  /// Takes one look, and returns whether it hangs.
  [[nodiscard]] bool hangs(const TreeSample& sample, Clock::time_point now, std::chrono::milliseconds time);
  /// What counted so far, at the last look.
  [[nodiscard]] std::chrono::milliseconds spent() const {
    return computed_ + std::chrono::duration_cast<std::chrono::milliseconds>(asleep_);
  }

 private:
  using Times = std::map<int, std::chrono::milliseconds>;

  [[nodiscard]] std::chrono::milliseconds most_computed(const Times& times) const;

  Times start_;
  Clock::time_point begin_;
  Clock::time_point looked_;
  std::chrono::milliseconds computed_{};  ///< at the last look, by the thread that computed most
  Clock::duration asleep_{};
};

/// Gives this process itself so much time from now on, to compute or, ten times as much and some seconds, in
/// all; then a signal ends it, and hung_by_own_limit() knows it. 0 takes the limit away.
void limit_own_time(std::chrono::seconds time);
[[nodiscard]] bool hung_by_own_limit(int signal);

}  // namespace poolhammer

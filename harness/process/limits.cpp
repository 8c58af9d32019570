#include "harness/process/limits.hpp"

#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

namespace poolhammer {
namespace {

constexpr int wall_factor = 10;
constexpr std::chrono::seconds least_wall{10};
/// This process may get no processor either: of the time between two looks no more than this counts as slept.
constexpr std::chrono::milliseconds longest_step{100};

}  // namespace

std::chrono::milliseconds HangWatch::most_computed(const Times& times) const {
  std::chrono::milliseconds most{};
  for (const auto& [thread, time] : times) {
    const auto before = start_.find(thread);
    most = std::max(most, before == start_.end() ? time : time - before->second);
  }
  return most;
}

bool HangWatch::hangs(const TreeSample& sample, Clock::time_point now, std::chrono::milliseconds time) {
  const std::chrono::milliseconds computed = most_computed(sample.processor_times);
  const Clock::duration step = std::min<Clock::duration>(now - looked_, longest_step);
  if (!sample.awake) asleep_ += std::max<Clock::duration>(step - (computed - computed_), {});
  computed_ = computed;
  looked_ = now;
  if (time.count() == 0) return false;
  return computed + asleep_ >= time || now - begin_ >= wall_factor * time + least_wall;
}

void limit_own_time(std::chrono::seconds time) {
  itimerval timer{};
  timer.it_value.tv_sec = static_cast<time_t>(time.count());
  setitimer(ITIMER_PROF, &timer, nullptr);
  alarm(time.count() == 0 ? 0 : static_cast<unsigned>((wall_factor * time + least_wall).count()));
}

bool hung_by_own_limit(int signal) {
  return signal == SIGPROF || signal == SIGALRM;
}

}  // namespace poolhammer

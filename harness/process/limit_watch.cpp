#include "harness/process/limit_watch.hpp"

namespace poolhammer {

void LimitWatch::restart() {
  looked_ = HangWatch::Clock::now();
  // The first look begins: most runs are over before it, and need none.
  hang_.reset();
}

std::optional<ProcessEnd::How> LimitWatch::look(int supervisor, int child, const ProcessLimits& limits) {
  const auto now = HangWatch::Clock::now();
  if (now - looked_ < std::chrono::milliseconds(look_every_milliseconds) / 2) return std::nullopt;
  looked_ = now;
  const TreeSample sample = sample_below(supervisor, child);
  if (!hang_) hang_.emplace(sample, now);
  const bool hangs = hang_->hangs(sample, now, limits.time);
  if (sample.resident_bytes > limits.resident_bytes) return ProcessEnd::How::memory;
  return hangs ? std::optional(ProcessEnd::How::hang) : std::nullopt;
}

}  // namespace poolhammer

#pragma once

#include <cstddef>
#include <span>

#include "harness/trace/own_operation.hpp"
#include "harness/trace/trace.hpp"

namespace poolhammer {

/// The step that the thread is running, for a crash handler: written before every step, with no locks.
struct RunningStep {
  const Trace* trace = nullptr;            ///< null while no trace runs
  std::size_t index = 0;                   ///< the number of steps while draining
  std::span<const OwnOperation> own = {};  ///< of the allocator
};

/// Only ever one run at a time is in a thread; a crash handler reads the one of the thread that crashed.
[[nodiscard]] inline RunningStep& running_step() noexcept {
  thread_local RunningStep step;
  return step;
}

}  // namespace poolhammer

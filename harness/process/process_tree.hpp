#pragma once

#include <chrono>
#include <cstddef>
#include <map>

namespace poolhammer {

/// What a process and all that it started do at one moment.
struct TreeSample {
  /// What each thread has computed so far, by its id.
  std::map<int, std::chrono::milliseconds> processor_times;
  bool awake = false;              ///< a thread computes, waits for a processor, or for a disk
  std::size_t resident_bytes = 0;  ///< of the largest process; blocks that processes share count in each
};

/// Looks at `child`, which `supervisor` started (0: not yet), and at all that both started besides, as far as
/// it is still there. Where nothing can be seen, it may be awake.
[[nodiscard]] TreeSample sample_below(int supervisor, int child);

}  // namespace poolhammer

#pragma once

namespace poolhammer {

/// Kills each process whose parent the calling thread is. False where the system has no list of them. Neither
/// allocates, throws nor takes a lock.
[[nodiscard]] bool kill_children();

}  // namespace poolhammer

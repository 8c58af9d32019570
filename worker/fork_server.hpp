#pragma once

#include <atomic>
#include <cstdint>

namespace poolhammer::worker {

/// Where the tool wants a fork server, and this process can be one, forks a child whenever it asks, and
/// returns in the children alone; `answered` is 1 meanwhile, and whoever sleeps on it is woken at the end of
/// each. Else returns at once. Call it when the library is loaded and before it is called: a child begins as
/// a process does that loaded the library itself.
void serve_forks(std::atomic<std::uint32_t>& answered);

}  // namespace poolhammer::worker

#pragma once

namespace poolhammer::worker {

/// From now on this process ends by SIGALRM where it sleeps for `seconds`, computing for less than a
/// hundredth of them, or computes for as long in all: it waits for a lock that nobody releases, or for
/// itself. On a busy machine it may take any time. For a child whose threads are not those that held the
/// locks.
void end_where_hung(unsigned seconds);

}  // namespace poolhammer::worker

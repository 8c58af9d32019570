#pragma once

namespace poolhammer::worker {

struct Patience {
  unsigned computing = 0;  ///< seconds in all
  unsigned sleeping = 0;   ///< seconds in a row, in each of which less than a hundredth is computed
};

/// From now on this process ends by SIGALRM where it computes or sleeps for so long: it waits for itself, or
/// for a lock that nobody releases. On a busy machine it may take any time. For a child whose threads are not
/// those that held the locks.
void end_where_hung(Patience patience);

}  // namespace poolhammer::worker

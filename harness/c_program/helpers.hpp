#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

namespace poolhammer::c {

/// Functions that a program has beside its main, in the order in which they stand there.
enum class Helper : std::uint8_t {
  after,          ///< the next place of a block that is written and read
  fill,           ///< writes a pattern
  first_wrong,    ///< finds a byte that does not hold it
  first_nonzero,  ///< finds a byte that is not 0
  overlap,        ///< whether two blocks share a byte
  known,          ///< what is known of the block of each slot
  intact,         ///< judges one
  intact_all,     ///< judges all
  fill_anew,      ///< fills one
  given,          ///< judges a new block
  given_zero,     ///< judges one that must be zero
  resized,        ///< judges a resize
  leave,          ///< judges a block that is about to be freed
  refused,        ///< judges a request that nobody can meet
  limit_memory,
  unlimit,
  resident,    ///< whether the process took too much memory
  hung,        ///< whether it hangs, however busy the machine is
  watch,       ///< for the process's own death
  patience,    ///< ends a child that hangs
  in_handler,  ///< runs a part in a signal handler
  on_alternate_stack,
  in_thread,  ///< runs a part in a thread that ends then
  threads,    ///< threads that perform parts one at a time
  end_thread,
  in_destructor,  ///< has a thread perform a part in a destructor of its data, and end
  handled_times,
  handler,           ///< a new handler
  throwing_handler,  ///< one that throws
  crowd,             ///< threads that allocate, pass on and free
  churn,
  churn_with_heirs,
  fork_crowd,
  generations,  ///< threads that are born and end, one after the other
};

[[nodiscard]] std::string_view text_of(Helper helper);
/// The headers that it needs, such as "<signal.h>".
[[nodiscard]] std::set<std::string> headers_of(Helper helper);
/// Adds the helper, and those that it calls.
void need(std::set<Helper>& helpers, Helper helper);

}  // namespace poolhammer::c

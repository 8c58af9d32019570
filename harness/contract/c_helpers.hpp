#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

namespace poolhammer::contract {

/// Functions that an emitted program has beside its main, in the order in which they stand there.
enum class Helper : std::uint8_t {
  fill,           ///< writes a pattern
  first_wrong,    ///< finds a byte that does not hold it
  first_nonzero,  ///< finds a byte that is not 0
  overlap,        ///< whether two blocks share a byte
  limit_memory,
  resident,   ///< whether the process took too much memory
  watch,      ///< for the process's own death
  in_thread,  ///< runs a part in a thread that ends then
  threads,    ///< threads that perform parts one at a time
  handler,    ///< a new handler
  crowd,      ///< threads that allocate, pass on and free
  churn,
  fork_crowd,
};

/// What a text begins with, and the name of each function that it calls through a pointer.
[[nodiscard]] std::string_view text_of(Helper helper);
/// The headers that it needs, such as "<signal.h>".
[[nodiscard]] std::set<std::string> headers_of(Helper helper);

}  // namespace poolhammer::contract

#pragma once

#include <cstddef>
#include <string>

namespace poolhammer {

/// What a run reports: an oracle's statement that the subject is wrong.
struct Finding {
  std::string oracle;               ///< such as "shadow.contents" or "invariant.pool.ref-count"
  std::size_t operation_index = 0;  ///< the guilty step, from 0; the number of steps when seen in the drain
  std::string operation;            ///< that step in the text form, or "drain" or "teardown"
  std::string where;                ///< the place in the heap, empty where there is none
  std::string expected;
  std::string found;
};

/// Several lines of text, each ending in a newline.
[[nodiscard]] std::string to_string(const Finding& finding);

}  // namespace poolhammer

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace poolhammer {

// What happens after the last step of a trace.
inline constexpr std::string_view finding_at_end = "last check";     ///< every oracle looks at everything
inline constexpr std::string_view finding_at_drain = "drain";        ///< every block that is left is freed
inline constexpr std::string_view finding_at_teardown = "teardown";  ///< the subject gives everything back

/// What a run reports: an oracle's statement that the subject is wrong.
struct Finding {
  std::string oracle;               ///< such as "shadow.contents" or "invariant.pool.ref-count"
  std::size_t operation_index = 0;  ///< the guilty step, from 0; the number of steps when seen after the last
  std::string operation;            ///< that step in the text form, or one of the three above
  std::string where;                ///< the place in the heap, empty where there is none
  std::string expected;
  std::string found;
  /// The step that gave the block which the guilty one resizes, frees or asks about: "b2 = malloc(24),
  /// operation 3"; empty where there is none.
  std::string block = {};
};

/// Several lines of text, each ending in a newline.
[[nodiscard]] std::string to_string(const Finding& finding);

}  // namespace poolhammer

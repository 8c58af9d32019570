#pragma once

#include <string>

#include "harness/report/finding.hpp"
#include "harness/trace/trace.hpp"

namespace poolhammer {

/// What two findings of the same bug have in common, whatever the program: who accuses, and of what.
struct Cause {
  std::string oracle;  ///< such as "invariant.pool.ref-count"; it names the invariant
  /// What the oracle's name leaves open: the member that the exact model compared, how the process died, what
  /// was not given back. Without addresses and numbers. Empty where the name says all.
  std::string detail;

  friend bool operator==(const Cause&, const Cause&) = default;
};

[[nodiscard]] Cause cause_of(const Finding& finding);

/// "model.pool (ref.count)".
[[nodiscard]] std::string to_string(const Cause& cause);

/// The cause in words, and where the oracle judges a single call the function that was called:
/// "shadow.zeroed of calloc".
[[nodiscard]] std::string cause_word(const Trace& trace, const Finding& finding);

}  // namespace poolhammer

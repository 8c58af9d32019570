#pragma once

#include <string>

#include "harness/report/finding.hpp"
#include "harness/trace/trace.hpp"

namespace poolhammer {

/// What the guilty step does, in a sentence: "operation 5 frees the block of slot 3, 24 bytes that operation
/// 2 allocated by malloc".
[[nodiscard]] std::string told_step(const Finding& finding, const Trace& trace);

/// Two entries in the form of to_string(Finding): what the accusation means, and what the guilty step does.
[[nodiscard]] std::string explain(const Finding& finding, const Trace& trace);

}  // namespace poolhammer

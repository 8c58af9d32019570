#pragma once

#include <string>

#include "harness/oracles/finding.hpp"
#include "harness/trace/trace.hpp"

namespace poolhammer {

/// What the guilty step does, in a sentence: "operation 5 frees the block of slot 3, 24 bytes that operation
/// 2 allocated by malloc".
[[nodiscard]] std::string told_step(const Finding& finding, const Trace& trace);

/// Two entries in the form of to_string(Finding): what the accusation means, and what the guilty step does.
[[nodiscard]] std::string explain(const Finding& finding, const Trace& trace);

/// The debugger's command line that stops before the guilty step of `finding`, which `replay_command` shows.
[[nodiscard]] std::string debugger_command(const std::string& replay_command, const Finding& finding);

}  // namespace poolhammer

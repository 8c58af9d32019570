#pragma once

#include "harness/library/board.hpp"
#include "harness/run/runner.hpp"
#include "worker/library_calls.hpp"

namespace poolhammer::library {

/// What a run takes from a request.
[[nodiscard]] RunOptions run_options(const Request& request);
/// Puts a verdict on the board. The texts: oracle, operation, where, expected, found.
void write_reply(const Verdict& verdict, Reply& reply);

/// Cuts the trace into as many parts as there are threads, and runs them at the same time, each with a shadow
/// heap of its own. A quarter of what they free they hand over to each other.
void judge_at_once(const Trace& trace, Head& head, const LibraryCalls& calls);

}  // namespace poolhammer::library

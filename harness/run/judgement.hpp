#pragma once

#include <optional>
#include <string>

#include "harness/run/runner.hpp"
#include "harness/trace/trace.hpp"

namespace poolhammer {

/// A verdict, and how far it is one about the program that was run, by itself.
struct Judgement {
  Verdict verdict;
  /// The program that shows the finding in a fresh process where the one that was run does not: it with all
  /// that ran before it in the same process.
  std::optional<Trace> with_history;
  std::string remark;  ///< a sentence more about the finding or the run; empty where there is none
  /// The finding is one of the program that was run, alone, whenever it is run.
  bool shows_again = true;
};

}  // namespace poolhammer

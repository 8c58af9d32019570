#pragma once

#include <string>

#include "cli/options.hpp"
#include "harness/trace/trace.hpp"

namespace poolhammer::cli {

/// The trace as a program in C or C++. With a subject it is run there first, judged as `judge` says: the
/// program calls that allocator and looks for what was found, or judges every step where nothing was, or
/// where no client can see it, which is said on standard error. Without one it calls the C library and judges
/// every step. `file` names the program. Throws UsageError where no program can call the subject.
[[nodiscard]] std::string program_of(const Trace& trace, const std::string& subject, const std::string& file,
                                     const JudgeOptions& judge);

}  // namespace poolhammer::cli

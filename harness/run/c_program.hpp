#pragma once

#include <string>

#include "harness/trace/trace.hpp"

namespace poolhammer {

/// A trace as a stand-alone C11 program that makes the same requests of the C library's allocator, and
/// whatever is preloaded in its place. Each operation is a line that can be pasted into a test. Commands to
/// an arena source and check points, which C has no words for, become comments.
[[nodiscard]] std::string to_c_program(const Trace& trace);

}  // namespace poolhammer

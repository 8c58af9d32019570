#pragma once

#include <string>
#include <string_view>

#include "harness/trace/text.hpp"

namespace poolhammer {

/// The trace of these lines of its text form, without the first, which is the same in all.
[[nodiscard]] inline Trace trace_of(std::string_view lines) {
  return parse_text("poolhammer trace 2\n" + std::string(lines));
}

/// The same in a heap of the smallest layout.
[[nodiscard]] inline Trace tiny_trace_of(std::string_view lines) {
  return trace_of("layout tiny\n" + std::string(lines));
}

}  // namespace poolhammer

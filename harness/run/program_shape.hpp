#pragma once

#include <string>

#include "harness/trace/trace.hpp"

namespace poolhammer {

/// The form of a program without its exact numbers: "malloc a #0, malloc b #1, realloc b #0, free #1". Slots
/// are numbered by first use. Of sizes only the class and which is larger counts: a, b, c ascend; "zero",
/// "large" (no pool serves it) and "huge" (nobody grants it) stand for themselves. More than two requests of
/// a kind in a row are "several", because how many fill a pool is a matter of the layout.
[[nodiscard]] std::string program_shape(const Trace& trace);

}  // namespace poolhammer

#pragma once

#include <string>
#include <string_view>

namespace poolhammer {

/// How a process died, in words that are the same for the same bug: the sanitizer's name of the error and
/// what was done, or the signal. `status` is that of waitpid(); `output` what the process wrote to standard
/// error.
[[nodiscard]] std::string how_it_died(int status, std::string_view output);

}  // namespace poolhammer

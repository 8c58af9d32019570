#pragma once

#include <cstdint>
#include <string>

#include "harness/trace/function.hpp"

namespace poolhammer::c {

/// The number as C writes it: "24", "SIZE_MAX - 7", "(size_t)PTRDIFF_MAX + 1".
[[nodiscard]] std::string c_number(std::uint64_t value);
/// "ENOMEM", or a number for one without a name.
[[nodiscard]] std::string c_error(std::uint64_t value);
/// The name of the pointer through which a function is called: "do_malloc".
[[nodiscard]] std::string pointer_name(Function function);

}  // namespace poolhammer::c

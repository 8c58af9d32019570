#pragma once

#include <string>
#include <string_view>

#include "harness/process/worker.hpp"

namespace poolhammer::library {

/// How a user names a library as a subject: "lib:PATH", or "lib:NAME" for one that the dynamic loader finds.
/// "lib:libc.so.6" is the C library.
inline constexpr std::string_view prefix = "lib:";

[[nodiscard]] inline bool names_library(std::string_view subject) {
  return subject.starts_with(prefix);
}

/// The library that `subject` names, which names_library() takes. Whether it has an allocator, a worker tells
/// that is started on it. Throws InputError, in one line, where there is no such file, or what it is cannot
/// be a library.
[[nodiscard]] Library library_named(std::string_view subject);

/// Throws InputError, which begins with `subject`, where the loader cannot preload a file of that path: it
/// parts LD_PRELOAD at blanks and colons, and knows no way to write them.
void demand_loadable(std::string_view path, std::string_view subject);

}  // namespace poolhammer::library

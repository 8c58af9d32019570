#pragma once

#include <functional>
#include <optional>
#include <string>

namespace poolhammer {

/// What became of a child process.
struct ChildEnd {
  std::optional<std::string> answer;  ///< what its body returned; nothing where it died first
  std::string
      death;  ///< where it died: one line, by what, and a sanitizer's or the program's last word on it
  std::string errors;  ///< the first MiB of what it printed on standard error
};

/// Runs `body` in a forked child of this process and waits for its end. Whatever `body` does to its memory,
/// this process stays as it was. An exception that leaves `body` is a death. The child ends by _exit():
/// nothing buffered before the fork is printed twice. A broken heap may also hang its client: to see that,
/// `body` calls limit_own_time(). Throws std::runtime_error where the machine refuses a process.
[[nodiscard]] ChildEnd in_child(const std::function<std::string()>& body);

}  // namespace poolhammer

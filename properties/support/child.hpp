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
  std::string errors;  ///< all that it printed on standard error
};

/// Runs `body` in a forked child of this process and waits for its end. Whatever `body` does to its memory,
/// this process stays as it was. An exception that leaves `body` is a death. The child ends by _exit():
/// nothing buffered before the fork is printed twice. Throws std::system_error where the machine refuses a
/// process.
[[nodiscard]] ChildEnd in_child(const std::function<std::string()>& body);

/// Gives this process so many seconds from now on; then it dies. A broken heap may also hang its client: to
/// shrink that as well, a child calls this before each case. 0 takes the limit away.
void limit_time(unsigned seconds);

}  // namespace poolhammer

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace poolhammer {

/// Which of this process's variables a child gets.
enum class Inherited : std::uint8_t {
  all,
  /// All but those that load more into a process or change what its allocator does: the dynamic loader's
  /// (LD_...) and AddressSanitizer's options, which were meant for this process.
  neutral,
};

/// The environment of a child: what it inherits, and `variables` ("NAME=value"), which replace those of the
/// same name.
[[nodiscard]] std::vector<std::string> child_environment(Inherited inherited,
                                                         const std::vector<std::string>& variables = {});

/// Pointers to `texts` and a null pointer, as exec takes them; valid as long as `texts` is.
[[nodiscard]] std::vector<char*> pointers_to(std::vector<std::string>& texts);

}  // namespace poolhammer

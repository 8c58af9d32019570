#pragma once

#include <cstdint>
#include <string>
#include <string_view>
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

/// The variables by which the dynamic loader loads `files` before all else, in their order, and behind them
/// what this process's own variables say, where they are inherited. A file stands there by its path, or where
/// a blank is in its folder's, which LD_PRELOAD cannot say, by its name, with the folder to search in.
[[nodiscard]] std::vector<std::string> preloading(const std::vector<std::string>& files, Inherited inherited);
/// Whether there is a way to do that: no colon is in its path, and no blank in its name.
[[nodiscard]] bool can_be_preloaded(std::string_view file);

/// Pointers to `texts` and a null pointer, as exec takes them; valid as long as `texts` is.
[[nodiscard]] std::vector<char*> pointers_to(std::vector<std::string>& texts);

}  // namespace poolhammer

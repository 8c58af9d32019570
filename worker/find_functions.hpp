#pragma once

#include <array>
#include <span>
#include <string_view>

#include "worker/function_table.hpp"

namespace poolhammer::worker {

/// The symbol of each function, ended by a zero byte; empty: not called.
using Symbols = std::array<std::array<char, 64>, functions>;

/// What was found of a library.
struct Found {
  FunctionTable table;
  std::array<bool, functions> present{};
  bool loaded = false;
};

/// Loads the file `module` (empty: the C library) and finds its functions. A function counts as the library's
/// where it lies in its file, or in one that it brought along. `words` is given the first function's file, or
/// why the library was not loaded; it is cut to what fits.
[[nodiscard]] Found find_functions(const char* module, const Symbols& symbols, std::span<char> words);

}  // namespace poolhammer::worker

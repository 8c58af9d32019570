#pragma once

#include <cstddef>
#include <string>

namespace poolhammer::library {

/// The functions of the library under test. A function counts as the library's where it lies in its file, or
/// in one that it brought along.
struct LibraryCalls {
  void* (*malloc)(std::size_t) = nullptr;
  void* (*calloc)(std::size_t, std::size_t) = nullptr;
  void* (*realloc)(void*, std::size_t) = nullptr;
  void (*free)(void*) = nullptr;
  std::size_t (*usable_size)(void*) = nullptr;  ///< null where it has none

  [[nodiscard]] bool complete() const {
    return malloc != nullptr && calloc != nullptr && realloc != nullptr && free != nullptr;
  }
};

/// What was found of the library whose file is `module` (empty: the C library), and why it was not loaded, if
/// so.
struct Found {
  LibraryCalls calls;
  bool loaded = false;
  std::string reason;
};
[[nodiscard]] Found find_calls(const std::string& module);

}  // namespace poolhammer::library

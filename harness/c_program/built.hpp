#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/c_program/callee.hpp"

namespace poolhammer::c {

/// How sources are built that a program includes, or is linked with.
struct Built {
  std::string compiler;
  std::vector<std::string> flags;
  std::vector<std::string> includes;     ///< folders
  std::vector<std::string> definitions;  ///< of the preprocessor
  std::vector<std::string> sources;
  std::vector<std::string> libraries;  ///< and sources of this project

  /// The words behind the file of a program that includes `included`, one of the sources; the others are
  /// compiled with it.
  [[nodiscard]] Compiling compiling(std::string_view included = {}) const;
  /// The one among the sources that a compiler calls `file`; it itself where none is.
  [[nodiscard]] std::string source_called(std::string_view file) const;
};

/// How this project is built: its root is the folder of its headers.
[[nodiscard]] Built built_here();

/// What cmake/Allocators.cmake wrote to `file` of an allocator of a user's: a word for what it is and a value
/// on each line. Of a file that is not there, what is known of this project.
[[nodiscard]] Built built_as(std::string_view file);

/// A file of this project.
[[nodiscard]] std::string file_here(std::string_view path);

}  // namespace poolhammer::c

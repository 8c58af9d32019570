#pragma once

#include <string>
#include <utility>
#include <vector>

#include "harness/process/worker.hpp"
#include "harness/trace/function.hpp"

namespace poolhammer::library {

/// A library whose allocator is put to the test.
struct Target {
  Library library;     ///< name as the user spells it, and what is preloaded
  std::string module;  ///< the file whose functions are called; empty: the C library
  /// Symbols in place of the functions' own; empty: those that the standards name. Only these are called
  /// then.
  std::vector<std::pair<Function, std::string>> symbols;

  /// Whether its functions are those of the standards by name: what only these promise (errno, EINVAL) is
  /// asked of no other.
  [[nodiscard]] bool standard() const { return symbols.empty(); }
};

/// The target that `name` spells: "libc", "pymalloc" (this project's own library beside the command),
/// "cpython:raw", "cpython:mem", "cpython:object", "lib:PATH", or a path. Throws InputError for no such
/// thing.
[[nodiscard]] Target target_named(const std::string& name);

}  // namespace poolhammer::library

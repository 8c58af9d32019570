#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/c_program/c_program.hpp"
#include "harness/contract/check.hpp"
#include "harness/contract/reduce.hpp"
#include "harness/contract/verify.hpp"

namespace poolhammer::contract {

/// A broken promise as it is reported: one a clause and cause.
struct Finding {
  std::string clause;               ///< its id
  std::vector<Function> functions;  ///< that share the cause; the program calls the first
  std::string arguments;            ///< of its call, such as "1, 41"
  std::string promised;             ///< in words
  std::string happened;
  Reduction reduction;
  std::uint64_t others = 0;  ///< more programs that broke alike
  std::string name;          ///< of the program's file, without a folder: "calloc.zero-libfoo.c"
  CProgram program;
  Verification verification;
  std::string accepted = {};  ///< why a baseline accepts it; empty: it is new

  /// The steps, one a line.
  [[nodiscard]] std::string trace() const;
};

struct FindingOptions {
  bool compile = true;                                    ///< the programs are compiled and run
  std::chrono::milliseconds time = ProcessLimits{}.time;  ///< programs that take longer hang
  std::function<void(double share, std::string_view what)> progress;
};

/// Reduces what the check found, writes a program for each cause and runs it. Ordered as the clauses are.
/// Throws as LibraryRunner and verify do.
[[nodiscard]] std::vector<Finding> findings_of(const CheckResult& result, const FindingOptions& options = {});

/// What names the library in the names of files: "libfoo" of "/usr/lib/libfoo.so.2", "cpython-raw".
[[nodiscard]] std::string library_word(const Target& target);

}  // namespace poolhammer::contract

#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "harness/c_program/callee.hpp"
#include "harness/library/target.hpp"
#include "harness/report/finding.hpp"
#include "harness/trace/trace.hpp"

namespace poolhammer {

/// What a program says of the promise that it tries.
struct ProgramFacts {
  std::string clause;   ///< its id
  std::string tier;     ///< how binding it is
  std::string promise;  ///< in one sentence
  std::string source;
  std::string name;  ///< of its file, without the extension
  /// In the allocator's own process a run passes over what asks for more bytes: RunOptions::memory_limit.
  std::uint64_t memory_limit = std::numeric_limits<std::ptrdiff_t>::max();
};

/// A program in C, or in C++ where it calls operators.
struct CProgram {
  std::string text;
  bool cplusplus = false;
  bool looks_for_it = false;  ///< the finding; else it judges every step
  c::Compiling compiling = {};

  [[nodiscard]] const char* extension() const { return cplusplus ? ".cpp" : ".c"; }
  [[nodiscard]] const char* compiler() const { return cplusplus ? "c++" : "cc"; }
  /// The words that make the program `made` of its text in `file`.
  [[nodiscard]] std::vector<std::string> compile(const std::string& file, const std::string& made) const;
};

/// The trace as a stand-alone program, which its first lines tell how to compile, for functions of a library
/// by `cc FILE.c -o FILE -pthread` alone: it says in one line
/// what is promised and what happens, and exits 1 where a promise is broken, otherwise 0. With a finding it
/// looks for that where the run saw it and for nothing else; where the process died of it, the program
/// watches for its own death. Without one it checks at every step what the standards promise of every block.
///
/// It makes the calls that the trace comes to on an allocator which grants every request that may be granted:
/// what such an allocator passes over is left out, and commands to the world below become comments.
[[nodiscard]] CProgram c_program(const c::Callee& callee, const Trace& trace, const Finding* finding,
                                 const ProgramFacts& facts);
[[nodiscard]] CProgram c_program(const library::Target& target, const Trace& trace, const Finding* finding,
                                 const ProgramFacts& facts);

/// What is said of a trace in which nothing was found.
[[nodiscard]] ProgramFacts facts_without_finding();

/// The same of a trace that is shown to a reader, on the C library.
[[nodiscard]] CProgram c_program(const Trace& trace);

}  // namespace poolhammer

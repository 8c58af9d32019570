#pragma once

#include <string>

#include "harness/contract/probe.hpp"
#include "harness/contract/prober.hpp"

namespace poolhammer::contract {

/// What a program says of the promise that it tries.
struct ProgramFacts {
  std::string clause;   ///< its id
  std::string tier;     ///< how binding it is
  std::string promise;  ///< in one sentence
  std::string source;
  std::string name;  ///< of its file, without the extension
};

/// A program in C, or in C++ where it calls operators.
struct CProgram {
  std::string text;
  bool cplusplus = false;

  [[nodiscard]] const char* extension() const { return cplusplus ? ".cpp" : ".c"; }
  [[nodiscard]] const char* compiler() const { return cplusplus ? "c++" : "cc"; }
};

/// The probe as a stand-alone program, compiled by `cc FILE.c -o FILE -pthread` alone: it says in one line
/// what is promised and what happens, and exits 1 where the promise is broken, otherwise 0. `outcome` is how
/// the probe broke: where the process died of it, the program watches for its own death.
[[nodiscard]] CProgram c_program(const Target& target, const Probe& probe, const Outcome& outcome,
                                 const ProgramFacts& facts);

}  // namespace poolhammer::contract

#pragma once

#include "harness/c_program/c_program.hpp"
#include "harness/contract/probe.hpp"
#include "harness/contract/prober.hpp"

namespace poolhammer::contract {

using poolhammer::CProgram;
using poolhammer::ProgramFacts;

/// The probe as a stand-alone program, compiled by `cc FILE.c -o FILE -pthread` alone: it says in one line
/// what is promised and what happens, and exits 1 where the promise is broken, otherwise 0. `outcome` is how
/// the probe broke: where the process died of it, the program watches for its own death.
[[nodiscard]] CProgram c_program(const Target& target, const Probe& probe, const Outcome& outcome,
                                 const ProgramFacts& facts);

}  // namespace poolhammer::contract

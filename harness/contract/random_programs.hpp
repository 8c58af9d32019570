#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/contract/check.hpp"
#include "harness/report/finding.hpp"

namespace poolhammer::contract {

/// A clause that a random program broke, and the program.
struct BrokenByProgram {
  std::string clause;  ///< its id
  BrokenPromise promise;
};

struct RandomProgramsOptions {
  std::uint64_t programs = 0;  ///< how many, of 1000 operations each
  std::uint64_t seed = 1;
  bool threads = true;                          ///< whether several threads perform them
  std::vector<std::uint64_t> interesting = {};  ///< sizes in bytes that are asked for now and then
  std::vector<std::string> known;   ///< ids of clauses that are broken already: nothing more is said of them
  std::function<bool()> stop = {};  ///< asked before each program; true: enough
  bool first_death_ends = false;    ///< it took long, and the others will die, too
  std::function<void(double share)> progress = {};
  /// Called at the end, where they were stopped, with how many were not performed.
  std::function<void(std::uint64_t)> left_out = {};
};

/// Runs random programs of all functions that the library has, by several threads, with blocks of up to some
/// MiB, and judges every call by the contract. Each clause is accused once.
[[nodiscard]] std::vector<BrokenByProgram> try_random_programs(library::LibraryRunner& runner,
                                                               const RandomProgramsOptions& options);

/// The id of the clause that a finding of a run breaks.
[[nodiscard]] std::string clause_of(const Finding& finding, Function function);

}  // namespace poolhammer::contract

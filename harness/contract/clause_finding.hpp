#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/c_program/c_program.hpp"
#include "harness/contract/check.hpp"
#include "harness/contract/reduce.hpp"
#include "harness/contract/verify.hpp"

namespace poolhammer::contract {

/// A broken promise as it is reported: one a clause and cause.
struct ClauseFinding {
  std::string clause;               ///< its id
  std::vector<Function> functions;  ///< that share the cause; the program calls the first
  std::string arguments;            ///< of its call, such as "1, 41"
  std::string block = {};           ///< where the block of the call came from, "b0 = malloc(48)"; or empty
  std::string promised;             ///< in words
  std::string happened;
  Reduction reduction;
  std::uint64_t others = 0;  ///< more programs that broke alike
  std::size_t number = 0;    ///< of the causes of its clause
  std::string name;          ///< of the program's file, without a folder: "calloc.zero-libfoo.c"
  /// A long program that was not reduced to rest stands in a file of this name as a trace, too; empty: there
  /// is none.
  std::string trace_name = {};
  std::string subject = {};  ///< the library, as `--subject` names it: "lib:/usr/lib/libfoo.so"
  CProgram program;
  Verification verification;
  std::string accepted = {};  ///< why a baseline accepts it; empty: it is new

  /// The steps, one a line.
  [[nodiscard]] std::string trace() const;
  /// What looks for a shorter program than the trace in that folder; empty: there is none.
  [[nodiscard]] std::string minimize_command(const std::string& folder) const;
};

struct FindingOptions {
  bool compile = true;                                    ///< the programs are compiled and run
  std::chrono::milliseconds time = ProcessLimits{}.time;  ///< programs that take longer hang
  bool forks = true;                                      ///< see library::LibraryOptions
  const Budget* budget = nullptr;  ///< null: no limit; where it is used up, programs stay as long as they are
  std::function<void(double share, std::string_view what)> progress = {};
};

/// Makes findings of what a check found: reduces it, writes a program for each cause and runs it.
class FindingMaker {
 public:
  explicit FindingMaker(const Target& target, FindingOptions options = {})
      : target_(target), options_(std::move(options)) {}

  /// The findings of a clause that were not made yet: of its broken promises those that came since the last
  /// call. Throws as LibraryRunner and verify do.
  [[nodiscard]] std::vector<ClauseFinding> of(const ClauseResult& clause);

  /// Whether of() would make any.
  [[nodiscard]] bool owes(const ClauseResult& clause) const;
  /// All has been tried: the findings of so many clauses, and no others, share the time that is left.
  void share_rest(std::size_t clauses) { clauses_left_ = clauses; }

 private:
  /// What was made of a clause.
  struct Made {
    std::size_t promises = 0;                   ///< that were looked at
    std::map<std::string, std::size_t> causes;  ///< with the number of the finding of each, from 0
  };

  void add(const Clause& clause, const BrokenPromise& broken, Made& made,
           std::vector<ClauseFinding>& findings);
  [[nodiscard]] bool over() const;
  /// Whether what is left of the time is for making sure of the least program.
  [[nodiscard]] bool late() const;
  [[nodiscard]] library::LibraryRunner& runner();
  [[nodiscard]] Reduction reduced(const BrokenPromise& broken);
  void try_others(const Clause& clause, const BrokenPromise& broken, ClauseFinding& finding);
  void shrink_by_program(const Clause& clause, ClauseFinding& whole);
  void write_program(const Clause& clause, ClauseFinding& finding);

  const Target& target_;
  FindingOptions options_;
  double began_ = 0;                               ///< the clause, in seconds of the budget
  double share_ = part_for_clause;                 ///< of the time, for the clause
  std::size_t clauses_left_ = 0;                   ///< 0: not known
  std::optional<library::LibraryRunner> runner_;   ///< nothing: none was needed yet
  std::map<std::string, Made, std::less<>> made_;  ///< by the clause's id
};

/// All findings of a check, ordered as the clauses are. Throws as above.
[[nodiscard]] std::vector<ClauseFinding> findings_of(const CheckResult& result,
                                                     const FindingOptions& options = {});

/// What names the library in the names of files: "libfoo" of "/usr/lib/libfoo.so.2", "cpython-raw".
[[nodiscard]] std::string library_word(const Target& target);

}  // namespace poolhammer::contract

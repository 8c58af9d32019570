#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/contract/check.hpp"

namespace poolhammer::contract {

/// Tries the clauses one by one, and keeps what kills the library apart: whichever promise was being tried
/// then, the broken one is that a program that keeps the rules goes on.
class Checker {
 public:
  using Noticed = std::function<void(std::string_view clause, const BrokenPromise&)>;

  /// `time` is what a program gets before any hung; `noticed` is told of each new broken promise. All must
  /// outlive this.
  Checker(library::LibraryRunner& runner, const Target& target, const Knowledge& knowledge, Budget& budget,
          std::chrono::milliseconds time, const Noticed& noticed)
      : runner_(runner),
        target_(target),
        knowledge_(knowledge),
        budget_(budget),
        noticed_(noticed),
        time_(time) {}

  /// What is not tried as the time is over is said.
  [[nodiscard]] ClauseResult check(const Clause& clause);

  /// The deaths after a write into usable bytes that nobody asked for.
  [[nodiscard]] std::vector<BrokenPromise> take_overwritten() { return std::move(overwritten_); }
  /// The deaths that no clause has told of, in whichever clause's programs they came.
  [[nodiscard]] std::vector<BrokenPromise> take_deaths();
  /// What programs of other clauses showed of what is promised of every block.
  [[nodiscard]] std::vector<BrokenPromise> take_strays() { return std::move(strays_); }
  [[nodiscard]] std::uint64_t programs() const { return programs_; }

  /// One call of each function that allocates, for one byte: a library that hangs in such a call is known for
  /// it soon, before any program takes all of its time. Whether none hung.
  bool try_first_calls();

  /// The library ended its process as it was loaded: with the shortest program.
  void note_death_at_start(const BrokenPromise& death);

 private:
  /// The programs of a clause and function, as far as they were run.
  struct Tried {
    std::vector<Program> programs;
    std::vector<Observed> observed;  ///< of a profile
    std::uint64_t ends = 0;
    std::uint64_t hangs = 0;
    std::size_t done = 0;
    std::size_t first_of_process = 0;
  };

  void check(const Clause& clause, Function function, ClauseResult& result);
  [[nodiscard]] bool given_up(const Tried& tried) const;
  void run(const Clause& clause, Function function, const RunOptions& options, Tried& tried,
           ClauseResult& result);
  [[nodiscard]] library::LibraryRunner::Performed describe_briefly(const Trace& trace,
                                                                   const RunOptions& options);
  [[nodiscard]] library::LibraryRunner::Performed perform(const Trace& trace, const RunOptions& options,
                                                          bool& sure);
  void note(const Clause& clause, Function function, std::optional<Function> died_in, BrokenPromise found,
            const Tried& tried, ClauseResult& result);
  [[nodiscard]] bool dies_all_the_same(BrokenPromise& found);
  enum class Added : std::uint8_t {
    as_new,
    as_another,  ///< of those that are alike, it is counted
    not_at_all,  ///< no process that loads the library shows it
  };
  [[nodiscard]] Added add(std::vector<BrokenPromise>& all, BrokenPromise found, const Tried& tried);
  void tell(std::string_view clause, const BrokenPromise& broken);

  /// A program that hangs for so long is sure to hang.
  [[nodiscard]] std::chrono::milliseconds enough_time() const { return time_ / 4; }

  using Cause = std::pair<Function, std::string>;
  [[nodiscard]] static Cause cause_of_death(const BrokenPromise& death);

  library::LibraryRunner& runner_;
  const Target& target_;
  const Knowledge& knowledge_;
  Budget& budget_;
  const Noticed& noticed_;
  std::chrono::milliseconds time_;  ///< that a program gets before any hung
  double clause_began_ = 0;         ///< in seconds of the budget
  std::vector<BrokenPromise> deaths_;
  std::vector<BrokenPromise> strays_;
  std::vector<BrokenPromise> overwritten_;
  std::vector<Cause> told_;  ///< deaths that a clause is accused of
  std::uint64_t programs_ = 0;
  std::uint64_t hangs_ = 0;
  std::uint64_t sure_hangs_ = 0;  ///< of programs that had time enough
  bool ends_at_start_ = false;
};

}  // namespace poolhammer::contract

#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/oracles/complaint.hpp"
#include "harness/oracles/shadow_heap.hpp"
#include "harness/subjects/call.hpp"

namespace poolhammer {

/// What stands around a call, as far as a promise may depend on it.
struct Surroundings {
  bool limited = false;             ///< the process's memory is limited
  bool refusing = false;            ///< refusals below the allocator were commanded
  bool in_child = false;            ///< of a process that forked
  bool born_in_child = false;       ///< by a thread that the child bore
  bool in_signal_handler = false;   ///< that the thread's own signal called
  bool in_destructor = false;       ///< of data of the thread, which ends
  bool handler = false;             ///< a new handler is installed
  Thrown throws = Thrown::nothing;  ///< by a new handler that is installed
  bool bounded = false;             ///< the allocator's memory may have an end of its own, at any time
  std::uint64_t live_blocks = 0;    ///< before the call
  std::size_t granted = 0;          ///< the largest request that was met so far
  std::size_t aligned = 0;          ///< the largest alignment that was asked for and given so far
  std::uint64_t freed_alike =
      0;               ///< so many blocks of the function and size were freed, and none taken since
  bool alone = false;  ///< those are all that the process had: it took and freed one at a time
  /// So many the act had of which this is the last call; and so many one alike had before, of which none was
  /// refused and all were freed, with none taken since.
  std::uint64_t had = 0, had_before = 0;
  bool lifted = false;  ///< the process's memory was limited as such blocks were taken, and is no more
};

/// A call of a run, and what its caller saw.
struct ObservedCall {
  const FunctionCall& call;
  const Answer& answer;
  std::size_t total = 0;                   ///< bytes asked for; SIZE_MAX where the product overflows
  const ShadowBlock* block = nullptr;      ///< that the call gave or asked about; null where it was freed
  bool standard = false;                   ///< the function has its name from a standard
  std::optional<std::size_t> usable = {};  ///< of the block that the call gave, where the allocator tells
  Surroundings around = {};

  /// Whether a request of that size was met before, and nothing hinders it from being met again. What the
  /// system has of gigabytes may be less than before.
  [[nodiscard]] bool could_be_met() const {
    constexpr std::size_t always_there = std::size_t{64} << 20U;
    return total <= always_there && !around.limited && !around.refusing && !around.bounded && total > 0 &&
           total <= around.granted;
  }
  [[nodiscard]] bool refused() const { return allocates(call.function) && answer.block == nullptr; }
};

/// What a clause of the contract says of every call of its functions, in every run.
struct CallClause {
  std::string_view id;       ///< such as "free.errno"
  std::string_view promise;  ///< one sentence
  std::vector<OperationKind> functions;
  bool standard_only = false;  ///< said only of functions that have the standards' names
  /// What is wrong, or nothing. The complaint's oracle is filled in. Null: others judge by its id.
  std::optional<Complaint> (*judge)(const ObservedCall&) = nullptr;
};

/// Adds a clause; called before main, by the clause's own file.
void register_call_clause(const CallClause& clause);

/// What the first clause that is broken says of the call; the oracle is "contract." and the clause's id.
[[nodiscard]] std::optional<Complaint> judge_call(const ObservedCall& observed,
                                                  const ChosenOracles& chosen = {});

/// Whether there is a clause of that id, which a run can break.
[[nodiscard]] bool judges_calls(std::string_view id);
/// What that clause promises; empty where there is none.
[[nodiscard]] std::string_view promise_of(std::string_view id);

}  // namespace poolhammer

#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <vector>

#include "harness/explore/universe.hpp"
#include "harness/trace/trace.hpp"

namespace poolhammer {

/// How far an exploration has come.
struct ExploreProgress {
  std::uint64_t states = 1;       ///< different ones, the first included
  std::uint64_t transitions = 0;  ///< steps taken and judged
  std::uint32_t depth = 0;        ///< every program of so many steps was judged
  std::uint64_t bytes = 0;        ///< memory for the states
};

/// Why an exploration ended.
enum class ExploreEnd : std::uint8_t {
  exhausted,  ///< there is no other state
  depth,      ///< the limit
  memory,
  stopped,  ///< go_on said no
  finding,
};

/// What an oracle complained about.
struct ExploreFinding {
  Complaint complaint;
  std::vector<Operation> program;  ///< the one that it is about; its last operation is the guilty one
  bool at_end = false;             ///< it is about the heap's end behind the last operation
};

struct ExploreOptions {
  std::uint32_t depth = std::numeric_limits<std::uint32_t>::max();  ///< steps of a program, at most
  std::uint64_t memory = std::uint64_t{1} << 30U;                   ///< bytes for the states, at most
  /// Asked before each state is explored; the exploration stops where it says no.
  std::function<bool(const ExploreProgress&)> go_on;
  /// Told before each state is explored which program leads there, and before each step which operations it
  /// will be: for those who must know it when the process dies.
  std::function<void(const std::vector<Operation>&)> reached;
  std::function<void(const std::vector<Operation>&)> about_to;
  /// Asked about each finding but those of programs that have one already: whether to go on. Nothing is
  /// explored behind it. Null: the first ends the exploration.
  std::function<bool(const ExploreFinding&)> pass_by;
};

struct ExploreResult {
  ExploreEnd end = ExploreEnd::exhausted;
  ExploreProgress progress;
  /// The one that ended it: no shorter program has any that was not passed by.
  std::optional<ExploreFinding> finding;
};

/// Takes every program of a universe up to a depth, shortest first, and stops at the first finding that is
/// not passed by. Depends on its arguments alone, as long as `go_on` does.
[[nodiscard]] ExploreResult explore(Universe& universe, const ExploreOptions& options = {});

}  // namespace poolhammer

#include "harness/explore/explorer.hpp"

#include <algorithm>
#include <utility>

#include "harness/explore/visited.hpp"

namespace poolhammer {
namespace {

/// Every state that was reached, as the step that led to it first. A state needs no bytes of its own: its
/// program makes it again.
class Ancestry {
 public:
  Ancestry() { states_.push_back({0, {}}); }

  void add(std::uint32_t parent, const Step& step) { states_.push_back({parent, step}); }
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(states_.size()); }
  [[nodiscard]] const Step& step_to(std::uint32_t state) const { return states_[state].step; }

  /// The states on the way from the first, which is 0, to `state`, both included.
  void path_to(std::uint32_t state, std::vector<std::uint32_t>& path) const {
    path.clear();
    for (; state != 0; state = states_[state].parent) path.push_back(state);
    path.push_back(0);
    std::reverse(path.begin(), path.end());
  }

  [[nodiscard]] std::size_t bytes() const { return states_.capacity() * sizeof(Entry); }
  /// The most bytes that the next add() needs beside those that are there already.
  [[nodiscard]] std::size_t bytes_to_grow() const {
    return states_.size() == states_.capacity() ? 2 * bytes() : 0;
  }

 private:
  struct Entry {
    std::uint32_t parent;
    Step step;
  };
  std::vector<Entry> states_;
};

class Explorer {
 public:
  Explorer(Universe& universe, const ExploreOptions& options) : universe_(universe), options_(options) {}

  [[nodiscard]] ExploreResult explore() {
    universe_.start();
    static_cast<void>(visited_.insert(universe_.digest()));
    universe_.save(0);
    path_ = {0};
    universe_.preamble(program_);
    lengths_ = {program_.size()};
    if (const auto end = end_the_heap()) return finish(*end);
    universe_.restore(0);
    for (std::uint32_t level_begin = 0, level_end = 1; level_begin < level_end;) {
      for (std::uint32_t state = level_begin; state < level_end; ++state) {
        if (!may_go_on()) return finish(ExploreEnd::stopped);
        go_to(state);
        if (const auto end = expand(state)) return finish(*end);
      }
      level_begin = std::exchange(level_end, ancestry_.size());
      if (level_begin == level_end) break;
      if (++result_.progress.depth >= options_.depth) return finish(ExploreEnd::depth);
    }
    return finish(ExploreEnd::exhausted);
  }

 private:
  [[nodiscard]] bool may_go_on() {
    account();
    return !options_.go_on || options_.go_on(result_.progress);
  }

  /// Puts the universe into a state. Neighbours on a level have most of their ways in common: what is common
  /// is there already, and only the rest of the way is gone again.
  void go_to(std::uint32_t state) {
    ancestry_.path_to(state, next_path_);
    const auto [here, there] =
        std::mismatch(path_.begin(), path_.end(), next_path_.begin(), next_path_.end());
    auto level = static_cast<std::size_t>(here - path_.begin()) - 1;
    universe_.restore(level);
    lengths_.resize(level + 1);
    program_.resize(lengths_.back());
    for (auto next = there; next != next_path_.end(); ++next) {
      // It was judged when the state was reached first.
      static_cast<void>(universe_.take(ancestry_.step_to(*next)));
      universe_.describe(program_);
      lengths_.push_back(program_.size());
      universe_.save(++level);
    }
    path_.swap(next_path_);
  }

  /// Takes every step from the current state, which is `state`.
  [[nodiscard]] std::optional<ExploreEnd> expand(std::uint32_t state) {
    const std::size_t level = path_.size() - 1;
    if (options_.reached) options_.reached(program_);
    universe_.steps(steps_);
    for (const Step& step : steps_) {
      if (options_.about_to) announce(step);
      ++result_.progress.transitions;
      if (auto complaint = universe_.take(step)) {
        universe_.describe(program_);
        if (const auto end = found(std::move(*complaint), false)) return end;
      } else if (universe_.inside() && visited_.insert(universe_.digest())) {
        if (!has_room()) return ExploreEnd::memory;
        ancestry_.add(state, step);
        universe_.describe(program_);
        if (const auto end = end_the_heap()) return end;
      }
      program_.resize(lengths_.back());
      universe_.restore(level);
    }
    return std::nullopt;
  }

  /// The heap's end is judged once in every state. `program_` leads to the current one.
  [[nodiscard]] std::optional<ExploreEnd> end_the_heap() {
    if (auto complaint = universe_.end()) return found(std::move(*complaint), true);
    return std::nullopt;
  }

  void announce(const Step& step) {
    announced_.clear();
    universe_.announce(step, announced_);
    options_.about_to(announced_);
  }

  /// Whether the next state fits, and the table for the one behind it.
  [[nodiscard]] bool has_room() const {
    const std::size_t needed =
        visited_.bytes() + ancestry_.bytes() + visited_.bytes_to_grow() + ancestry_.bytes_to_grow();
    return needed <= options_.memory && ancestry_.size() < std::numeric_limits<std::uint32_t>::max() - 1;
  }

  /// `program_` is the one that the complaint is about. Nothing where it is passed by.
  [[nodiscard]] std::optional<ExploreEnd> found(Complaint complaint, bool at_end) {
    ExploreFinding finding{std::move(complaint), program_, at_end};
    if (options_.pass_by && options_.pass_by(finding)) return std::nullopt;
    result_.finding = std::move(finding);
    return ExploreEnd::finding;
  }

  void account() {
    result_.progress.states = ancestry_.size();
    result_.progress.bytes = visited_.bytes() + ancestry_.bytes();
  }
  [[nodiscard]] ExploreResult finish(ExploreEnd end) {
    account();
    result_.end = end;
    return std::move(result_);
  }

  Universe& universe_;
  const ExploreOptions& options_;
  VisitedSet visited_;
  Ancestry ancestry_;
  std::vector<std::uint32_t> path_;  ///< the states on the way to the one that the universe is in
  std::vector<std::uint32_t> next_path_;
  std::vector<Operation> program_;    ///< the operations of that way
  std::vector<std::size_t> lengths_;  ///< how many of them lead to each state of it
  std::vector<Step> steps_;
  std::vector<Operation> announced_;
  ExploreResult result_;
};

}  // namespace

ExploreResult explore(Universe& universe, const ExploreOptions& options) {
  return Explorer(universe, options).explore();
}

}  // namespace poolhammer

#include "harness/trace/own_programs.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "harness/trace/liveness.hpp"

namespace poolhammer {
namespace {

/// The slots that hold a block, as far as the steps so far tell.
class LiveSlots {
 public:
  [[nodiscard]] bool empty() const { return slots_.empty(); }
  [[nodiscard]] std::uint32_t pick(Random& random) const { return random.pick(slots_); }

  void note(const Operation& operation, OwnEffect effect) {
    if (effect == OwnEffect::frees_all) {
      slots_.clear();
      places_.clear();
    } else if (frees(operation.kind) || effect == OwnEffect::frees) {
      remove(operation.slot);
    } else if (allocates(operation.kind) || effect == OwnEffect::gives) {
      add(operation.slot);
    }
  }

 private:
  void add(std::uint32_t slot) {
    if (places_.emplace(slot, slots_.size()).second) slots_.push_back(slot);
  }
  void remove(std::uint32_t slot) {
    const auto found = places_.find(slot);
    if (found == places_.end()) return;
    const std::size_t place = found->second;
    slots_[place] = slots_.back();
    places_[slots_[place]] = place;
    slots_.pop_back();
    places_.erase(slot);
  }

  std::vector<std::uint32_t> slots_;
  std::unordered_map<std::uint32_t, std::size_t> places_;  ///< of each in `slots_`
};

class Mixing {
 public:
  Mixing(std::span<const OwnOperation> own, Random& random) : own_(own), random_(random) {
    // A reset ends what other operations need time for.
    constexpr std::uint64_t usual = 4;
    for (const OwnOperation& declaration : own) {
      const bool left_out = own.size() > 1 && random.chance(1, 4);
      const std::uint64_t weight = declaration.effect == OwnEffect::frees_all ? 1 : usual;
      weights_.push_back(left_out ? 0 : weight);
    }
    one_in_ = std::uint64_t{2} << random.below(6);
  }

  /// Takes the next step of the program, and what comes before it or in its place.
  void take(Operation next, std::vector<Operation>& program) {
    if (random_.chance(1, one_in_)) {
      if (const auto number = pick_for(next)) {
        const bool gives = own_[*number].effect == OwnEffect::gives;
        const std::uint32_t slot = gives ? next.slot : live_.empty() ? 0 : live_.pick(random_);
        const Operation step = draw_own(own_, *number, slot, random_);
        if (gives) {
          next = step;
        } else {
          add(step, program);
        }
      }
    }
    add(next, program);
  }

 private:
  void add(const Operation& step, std::vector<Operation>& program) {
    const OwnOperation* const declaration = declared(step, own_);
    live_.note(step, declaration == nullptr ? OwnEffect::none : declaration->effect);
    program.push_back(step);
  }

  [[nodiscard]] bool fits(const OwnOperation& declaration, const Operation& next) const {
    if (declaration.effect == OwnEffect::gives) return allocates(next.kind) && !resizes(next.kind);
    return !declaration.takes_block() || !live_.empty();
  }

  /// An operation that may come before the step, or in its place.
  [[nodiscard]] std::optional<std::uint8_t> pick_for(const Operation& next) {
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < own_.size(); ++i) total += fits(own_[i], next) ? weights_[i] : 0;
    if (total == 0) return std::nullopt;
    std::uint64_t point = random_.below(total);
    for (std::size_t i = 0; i < own_.size(); ++i) {
      const std::uint64_t weight = fits(own_[i], next) ? weights_[i] : 0;
      if (point < weight) return static_cast<std::uint8_t>(i);
      point -= weight;
    }
    return std::nullopt;
  }

  std::span<const OwnOperation> own_;
  Random& random_;
  std::vector<std::uint64_t> weights_;  ///< of each; 0: the program has none
  std::uint64_t one_in_ = 1;            ///< one before every so many steps
  LiveSlots live_;
};

}  // namespace

void add_own_operations(Trace& trace, std::span<const OwnOperation> own, Random& random, std::size_t most) {
  Mixing mixing(own, random);
  std::vector<Operation> program;
  program.reserve(trace.operations.size());
  for (const Operation& operation : trace.operations) mixing.take(operation, program);
  if (program.size() > most) program.resize(most);
  trace.operations = std::move(program);
}

void add_own_a_little(Trace& trace, std::span<const OwnOperation> own, Random& random, std::size_t most) {
  std::vector<Operation>& operations = trace.operations;
  if (!operations.empty() && random.chance(1, 3)) {
    Operation& found = random.pick(operations);
    if (declared(found, own) != nullptr) {
      found = draw_own(own, found.own, found.slot, random);
      return;
    }
  }
  if (operations.size() >= most) return;
  const auto number = static_cast<std::uint8_t>(random.below(own.size()));
  const std::size_t place = static_cast<std::size_t>(random.below(operations.size() + 1));
  const bool gives = own[number].effect == OwnEffect::gives;
  const std::uint32_t fresh = gives ? first_fresh_slot(operations) : 0;
  const std::uint32_t slot = find_slot(operations, place, !gives, random).value_or(fresh);
  operations.insert(operations.begin() + static_cast<std::ptrdiff_t>(place),
                    draw_own(own, number, slot, random));
}

}  // namespace poolhammer

#include "harness/contract/lawful.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <optional>
#include <vector>

#include "harness/contract/walk.hpp"

namespace poolhammer::contract {
namespace {

constexpr std::uint64_t fundamental_alignment = alignof(std::max_align_t);

/// A step that expects something, and what is known at its place.
struct Demand {
  Step step;
  SlotFacts block;
  std::optional<Step> answer;  ///< the last call before it that is not passed over
};

[[nodiscard]] std::vector<Demand> demands(const Probe& probe) {
  std::vector<Demand> all;
  Walk walk;
  std::optional<Step> answer;
  for (const Step& step : probe) {
    if (step.verb == Verb::expect && walk.acts(step)) all.push_back({step, walk.slot(step.slot), answer});
    if (answers(step) && walk.acts(step)) answer = step;
    walk.pass(step);
  }
  return all;
}

/// Whether numbers of a block's own request warrant what is demanded of it.
[[nodiscard]] bool warranted(const Demand& demand) {
  const SlotFacts& block = demand.block;
  switch (demand.step.expect) {
    case Expect::zero:
      return demand.step.b <= block.size;
    case Expect::usable:
      return demand.step.a <= block.size;
    case Expect::aligned: {
      const std::uint64_t for_any_object =
          block.size == 0 ? 1 : std::min(std::bit_floor(block.size), fundamental_alignment);
      return demand.step.a <= std::max(for_any_object, block.alignment);
    }
    default:
      return true;
  }
}

[[nodiscard]] bool same_request(const std::optional<Step>& one, const std::optional<Step>& other) {
  if (!one || !other) return !one && !other;
  if (one->verb != other->verb || one->function != other->function) return false;
  // aligned_alloc may refuse a size that is no multiple of the alignment.
  if (one->verb == Verb::exhaust && one->a % fundamental_alignment != other->a % fundamental_alignment)
    return false;
  if (one->verb != Verb::call || !allocates(one->function)) return true;
  return request_kind(*one) == request_kind(*other);
}

[[nodiscard]] bool same_numbers(const Probe& candidate, const Probe& original) {
  // Steps may be missing: those that are there must be in the original, in its order.
  auto place = original.begin();
  for (const Step& step : candidate) {
    place = std::find(place, original.end(), step);
    if (place == original.end()) return false;
    ++place;
  }
  return true;
}

/// What decides whether memory is there, or what errno holds: an expectation of a call's success rests on it.
[[nodiscard]] bool sets_the_scene(const Step& step) {
  switch (step.verb) {
    case Verb::set_errno:
    case Verb::limit_memory:
    case Verb::unlimit:
    case Verb::exhaust:
    case Verb::release:
    case Verb::set_handler:
      return true;
    default:
      return step.verb == Verb::call && frees(step.function);
  }
}

[[nodiscard]] std::vector<Step> scene(const Probe& probe) {
  std::vector<Step> steps;
  std::copy_if(probe.begin(), probe.end(), std::back_inserter(steps), sets_the_scene);
  return steps;
}

[[nodiscard]] bool has(const Probe& probe, Verb verb) {
  return std::any_of(probe.begin(), probe.end(), [verb](const Step& step) { return step.verb == verb; });
}

/// An alignment that a function need not take: such a request is made where the original makes one alone.
[[nodiscard]] bool odd_request(const Step& step) {
  if (step.verb != Verb::call || !allocates(step.function) || !takes_alignment(step.function)) return false;
  const RequestKind kind = request_kind(step);
  return kind.odd_alignment || (step.function == Function::posix_memalign && kind.small_alignment) ||
         (step.function == Function::aligned_alloc && !kind.whole_alignments);
}

[[nodiscard]] bool makes_odd_requests(const Probe& probe) {
  return std::any_of(probe.begin(), probe.end(), odd_request);
}

}  // namespace

bool lawful(const Probe& candidate, const Probe& original) {
  if (!balanced(candidate) || (makes_odd_requests(candidate) && !makes_odd_requests(original))) return false;
  const std::vector<Demand> now = demands(candidate);
  const std::vector<Demand> before = demands(original);
  // Where the original's own demands rest on something else, nothing is known of other numbers.
  if (!std::all_of(before.begin(), before.end(), warranted) && !same_numbers(candidate, original))
    return false;
  if (std::all_of(before.begin(), before.end(), warranted) && !std::all_of(now.begin(), now.end(), warranted))
    return false;
  if (before.empty() || !of_the_call(before.back().step.expect)) return true;
  if (now.empty() || !same_request(now.back().answer, before.back().answer)) return false;
  const bool scarce = has(original, Verb::limit_memory) || has(original, Verb::exhaust);
  if (scarce && (scene(candidate) != scene(original) || !same_numbers(candidate, original))) return false;
  // errno is what it was set to: of the words that set it none may go; and a handler is called where it is.
  return std::count_if(candidate.begin(), candidate.end(), [](const Step& step) {
           return step.verb == Verb::set_errno || step.verb == Verb::set_handler;
         }) == std::count_if(original.begin(), original.end(), [](const Step& step) {
           return step.verb == Verb::set_errno || step.verb == Verb::set_handler;
         });
}

}  // namespace poolhammer::contract

#include "harness/contract/c_outline.hpp"

#include <map>

#include "harness/contract/walk.hpp"

namespace poolhammer::contract {
namespace {

void find_dynamic(const Probe& probe, Outline& outline) {
  std::map<std::uint16_t, int> allocations;
  for (const Step& step : probe) {
    if (step.verb == Verb::fill_usable) outline.dynamic.insert(step.slot);
    if (step.verb != Verb::call || !allocates(step.function)) continue;
    if (resizes(step.function) && step.other == step.slot) outline.dynamic.insert(step.slot);
    if (++allocations[step.slot] > 1 && outline.nested) outline.dynamic.insert(step.slot);
  }
  for (bool more = true; more;) {
    more = false;
    for (const Step& step : probe) {
      if (step.verb != Verb::call || !resizes(step.function) || step.other >= slot_count) continue;
      if (outline.dynamic.contains(step.other) != outline.dynamic.contains(step.slot)) {
        outline.dynamic.insert({step.other, step.slot});
        more = true;
      }
    }
  }
}

/// Whether each thread ends as soon as it has done its steps.
[[nodiscard]] bool threads_last(const Probe& probe) {
  for (std::size_t index = 0; index < probe.size(); ++index) {
    const std::uint16_t thread = probe[index].thread;
    if (thread == 0 || probe[index].verb == Verb::end_thread) continue;
    if (index + 1 == probe.size() || probe[index + 1].thread != thread) return true;
  }
  return false;
}

}  // namespace

Outline outline_of(const Probe& probe) {
  Outline outline;
  Walk walk;
  std::size_t answer = probe.size();
  for (std::size_t index = 0; index < probe.size(); ++index) {
    const Step& step = probe[index];
    outline.threads = outline.threads || step.thread != 0;
    outline.nested = outline.nested || step.verb == Verb::repeat || step.verb == Verb::fork;
    if (answers(step) && walk.acts(step)) answer = index;
    if (step.verb == Verb::misuse) outline.last_wanted.insert(step.slot);
    if (step.verb == Verb::expect) {
      if (step.expect == Expect::error || step.expect == Expect::failed_with)
        outline.error_wanted.insert(answer);
      if (step.expect == Expect::same_place) outline.last_wanted.insert(step.other);
      if (step.expect == Expect::usable_stable) outline.usable_wanted.insert(step.slot);
    }
    walk.pass(step);
  }
  outline.lasting_threads = threads_last(probe);
  find_dynamic(probe, outline);
  return outline;
}

}  // namespace poolhammer::contract

#include "harness/contract/walk.hpp"

#include <algorithm>
#include <bit>
#include <set>
#include <utility>

namespace poolhammer::contract {
namespace {

constexpr std::uint64_t largest_object = ~std::uint64_t{0} >> 1U;

[[nodiscard]] bool product_overflows(const Step& step) {
  std::uint64_t bytes = 0;
  return takes_count(step.function) && __builtin_mul_overflow(step.a, step.b, &bytes);
}

[[nodiscard]] bool allocating_call(const Step& step) {
  return step.verb == Verb::call && allocates(step.function);
}

}  // namespace

std::uint64_t requested_bytes(const Step& step) {
  if (takes_count(step.function)) return step.a * step.b;
  return takes_alignment(step.function) ? step.b : step.a;
}

RequestKind request_kind(const Step& step) {
  RequestKind kind;
  kind.overflows = product_overflows(step);
  kind.nothing = !kind.overflows && requested_bytes(step) == 0;
  kind.too_large = kind.overflows || requested_bytes(step) > largest_object;
  if (takes_alignment(step.function)) {
    kind.odd_alignment = !std::has_single_bit(step.a);
    kind.small_alignment = step.a < sizeof(void*);
    kind.whole_alignments = step.a != 0 && step.b % step.a == 0;
  }
  return kind;
}

bool RequestKind::refused(Function function) const {
  return too_large || odd_alignment || (function == Function::posix_memalign && small_alignment);
}

const SlotFacts& Walk::slot(std::uint16_t number) const {
  static const SlotFacts none;
  const auto found = slots_.find(number);
  return found == slots_.end() ? none : found->second;
}

bool Walk::acts(const Step& step) const {
  const bool live = slot(step.slot).live;
  switch (step.verb) {
    case Verb::call:
      if (resizes(step.function)) {
        if (step.slot >= slot_count || (step.other < slot_count && !slot(step.other).live)) return false;
        return step.other == step.slot || !live;
      }
      if (allocates(step.function)) return step.slot < slot_count && !live;
      return step.slot >= slot_count || live;
    case Verb::fill:
    case Verb::fill_usable:
      return live;
    case Verb::expect:
      return step.slot >= slot_count || live;
    default:
      return true;
  }
}

void Walk::pass(const Step& step) {
  if (!acts(step)) return;
  if (step.verb == Verb::call) call(step);
  if (step.verb == Verb::misuse) slots_[step.slot].live = false;
  if (step.verb == Verb::fill || step.verb == Verb::fill_usable) {
    SlotFacts& filled = slots_[step.slot];
    filled.known = filled.size;
    filled.pattern_of = step.slot;
  }
}

void Walk::call(const Step& step) {
  if (allocating_call(step)) {
    const RequestKind kind = request_kind(step);
    if (kind.refused(step.function)) return;
    SlotFacts old;
    if (resizes(step.function) && step.other < slot_count) {
      old = slots_[step.other];
      slots_[step.other].live = false;
      slots_[step.other].known = 0;
    }
    const std::uint64_t size = requested_bytes(step);
    slots_[step.slot] = {.live = true,
                         .size = size,
                         .known = std::min(old.known, size),
                         .alignment = takes_alignment(step.function) ? step.a : 0,
                         .pattern_of = old.pattern_of,
                         .origin = step.function};
  } else if (frees(step.function) && step.slot < slot_count) {
    slots_[step.slot].live = false;
    slots_[step.slot].known = 0;
  }
}

bool answers(const Step& step) {
  return step.verb == Verb::call || step.verb == Verb::exhaust || step.verb == Verb::release ||
         step.verb == Verb::misuse;
}

bool of_the_call(Expect expect) {
  switch (expect) {
    case Expect::null:
    case Expect::not_null:
    case Expect::error:
    case Expect::failed_with:
    case Expect::status:
    case Expect::result_kept:
    case Expect::handled:
      return true;
    default:
      return false;
  }
}

bool balanced(const Probe& probe) {
  bool repeating = false;
  bool in_child = false;
  for (const Step& step : probe) {
    if (step.verb == Verb::repeat && std::exchange(repeating, true)) return false;
    if (step.verb == Verb::repeat_ends && !std::exchange(repeating, false)) return false;
    if (step.verb == Verb::fork && std::exchange(in_child, true)) return false;
    if (step.verb == Verb::child_ends && !std::exchange(in_child, false)) return false;
  }
  return !repeating && !in_child;
}

Probe with_its_end(Probe probe) {
  Walk walk;
  std::set<std::uint16_t> threads;
  bool limited = false;
  bool exhausted = false;
  bool in_child = false;
  for (const Step& step : probe) {
    if (step.verb == Verb::fork || step.verb == Verb::child_ends) in_child = step.verb == Verb::fork;
    // What a child does to its blocks is not done to this process's.
    if (in_child) continue;
    walk.pass(step);
    if (step.verb == Verb::end_thread)
      threads.erase(step.thread);
    else if (step.thread != 0)
      threads.insert(step.thread);
    if (step.verb == Verb::limit_memory || step.verb == Verb::unlimit)
      limited = step.verb == Verb::limit_memory;
    if (step.verb == Verb::exhaust || step.verb == Verb::release) exhausted = step.verb == Verb::exhaust;
  }
  if (limited) probe.push_back(plain(Verb::unlimit));
  if (exhausted) probe.push_back(plain(Verb::release));
  for (const std::uint16_t thread : threads) probe.push_back(on(thread, plain(Verb::end_thread)));
  for (const auto& [number, facts] : walk.slots()) {
    if (facts.live) probe.push_back(release(number, plain_free(facts.origin)));
  }
  return probe;
}

Probe joined(std::span<const Probe> before, const Probe& probe) {
  Probe all;
  for (const Probe& each : before) {
    Probe whole = with_its_end(each);
    std::erase_if(whole,
                  [](const Step& step) { return step.verb == Verb::expect || step.verb == Verb::note; });
    all.insert(all.end(), whole.begin(), whole.end());
  }
  all.insert(all.end(), probe.begin(), probe.end());
  return all;
}

}  // namespace poolhammer::contract

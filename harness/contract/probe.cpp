#include "harness/contract/probe.hpp"

#include <fmt/format.h>

#include "harness/trace/text.hpp"

namespace poolhammer::contract {
namespace {

[[nodiscard]] std::string block(std::uint16_t slot) {
  return slot == no_slot ? "NULL" : fmt::format("b{}", slot);
}

[[nodiscard]] std::string arguments(const Step& step) {
  switch (facts(step.function).signature) {
    case Signature::size:
      return number_text(step.a);
    case Signature::count_size:
    case Signature::alignment_size:
      return fmt::format("{}, {}", number_text(step.a), number_text(step.b));
    case Signature::out_alignment_size:
      return fmt::format("&b{}, {}, {}", step.slot, number_text(step.a), number_text(step.b));
    case Signature::size_alignment:
      return fmt::format("{}, {}", number_text(step.b), number_text(step.a));
    case Signature::block_size:
      return resizes(step.function) ? fmt::format("{}, {}", block(step.other), number_text(step.a))
                                    : block(step.slot);
    case Signature::block_count_size:
      return fmt::format("{}, {}, {}", block(step.other), number_text(step.a), number_text(step.b));
    default:
      return block(step.slot);
  }
}

[[nodiscard]] std::string call_text(const Step& step) {
  const std::string text = fmt::format("{}({})", facts(step.function).name, arguments(step));
  const bool assigns = allocates(step.function) && step.function != Function::posix_memalign;
  return assigns ? fmt::format("b{} = {}", step.slot, text) : text;
}

[[nodiscard]] std::string expect_text(const Step& step) {
  const std::string of = step.slot == no_slot ? "the call" : block(step.slot);
  return fmt::format("expect of {}: {}", of, promised(step));
}

[[nodiscard]] std::string note_text(const Step& step) {
  constexpr std::string_view words[] = {
      "the address",         "the usable size",   "errno",
      "the status",          "the memory in use", "whether the gain is zero",
      "whether there is one"};
  const std::string_view word = words[static_cast<std::size_t>(step.note)];
  return step.slot == no_slot ? fmt::format("note {}", word)
                              : fmt::format("note {} of {}", word, block(step.slot));
}

[[nodiscard]] std::string verb_text(const Step& step) {
  switch (step.verb) {
    case Verb::call:
      return call_text(step);
    case Verb::set_errno:
      return fmt::format("errno = {}", errno_text(step.a));
    case Verb::fill:
      return fmt::format("fill {}", block(step.slot));
    case Verb::fill_usable:
      return fmt::format("fill {} to its usable size", block(step.slot));
    case Verb::expect:
      return expect_text(step);
    case Verb::note:
      return note_text(step);
    case Verb::end_thread:
      return "end";
    case Verb::fork:
      return "fork {";
    case Verb::child_ends:
    case Verb::repeat_ends:
      return "}";
    case Verb::repeat:
      return fmt::format("repeat {} {{", step.a);
    case Verb::limit_memory:
      return fmt::format("limit memory to {} bytes more", step.a);
    case Verb::unlimit:
      return "unlimit memory";
    case Verb::exhaust:
      return fmt::format("{} blocks of {} until none is had, at most {}", facts(step.function).name, step.a,
                         step.b);
    case Verb::release:
      return "free all of these";
    case Verb::churn:
      return fmt::format("{} threads pass on {} blocks each", step.a, step.b);
    case Verb::fork_crowd:
      return fmt::format("{} threads allocate while {} children are forked, which allocate too", step.a,
                         step.b);
    case Verb::set_handler:
      return "install a new handler";
    case Verb::misuse:
      return fmt::format("misuse: {}({} + {})", facts(step.function).name, block(step.slot), step.a);
  }
  return {};
}

}  // namespace

std::string to_string(const Step& step) {
  return step.thread == 0 ? verb_text(step) : fmt::format("thread {}: {}", step.thread, verb_text(step));
}

std::string to_string(const Probe& probe) {
  std::string text;
  for (const Step& step : probe) text += to_string(step) + '\n';
  return text;
}

std::string promised(const Step& step) {
  switch (step.expect) {
    case Expect::null:
      return "no block (NULL, or std::bad_alloc)";
    case Expect::not_null:
      return "a block";
    case Expect::error:
    case Expect::failed_with:
      return fmt::format("errno is {}", errno_text(step.a));
    case Expect::status:
      return fmt::format("the result {}", errno_text(step.a));
    case Expect::result_kept:
      return "the pointer is left as it was, or NULL";
    case Expect::aligned:
      return fmt::format("an address that is a multiple of {}", step.a);
    case Expect::disjoint:
      return "no byte of another live block";
    case Expect::zero:
      return fmt::format("bytes {} to {} are 0", step.a, step.b - 1);
    case Expect::kept:
      return "the bytes that were written into it";
    case Expect::all_kept:
      return "every live block holds what was written into it";
    case Expect::usable:
      return fmt::format("a usable size of at least {}", step.a);
    case Expect::usable_stable:
      return "the same usable size as before";
    case Expect::usable_multiple:
      return fmt::format("a usable size that is a multiple of {}", step.a);
    case Expect::same_place:
      return fmt::format("the place of {}", block(step.other));
    case Expect::usable_none:
      return "a usable size of 0 for NULL";
    case Expect::handled:
      return "the new handler is called";
  }
  return {};
}

std::string happened(const Step& step, const Outcome& outcome) {
  if (outcome.result == Result::died) return outcome.death;
  switch (step.expect) {
    case Expect::null:
    case Expect::aligned:
    case Expect::same_place:
      return fmt::format("a block at {:#x}", outcome.observed);
    case Expect::not_null:
      return fmt::format("no block (errno {})", errno_text(outcome.observed));
    case Expect::error:
    case Expect::failed_with:
      return fmt::format("errno is {}", errno_text(outcome.observed));
    case Expect::status:
      return fmt::format("the result {}", errno_text(outcome.observed));
    case Expect::result_kept:
      return "another pointer";
    case Expect::disjoint:
      return fmt::format("bytes of b{}", outcome.observed);
    case Expect::zero:
      return fmt::format("byte {} is {:#04x}", outcome.detail, outcome.observed);
    case Expect::kept:
    case Expect::all_kept:
      if (outcome.detail == among_threads)
        return "a block that a thread held did not, or a child did not end well in time";
      return fmt::format("byte {} is {:#04x}", outcome.detail, outcome.observed);
    case Expect::usable:
    case Expect::usable_multiple:
    case Expect::usable_none:
      return fmt::format("{}", outcome.observed);
    case Expect::usable_stable:
      return fmt::format("{}, and {} before", outcome.observed, outcome.detail);
    case Expect::handled:
      return "it is not";
  }
  return {};
}

Step call(std::uint16_t slot, Function function, std::uint64_t a, std::uint64_t b) {
  return {.verb = Verb::call, .function = function, .slot = slot, .a = a, .b = b};
}
Step resize(std::uint16_t slot, Function function, std::uint16_t other, std::uint64_t a, std::uint64_t b) {
  return {.verb = Verb::call, .function = function, .slot = slot, .other = other, .a = a, .b = b};
}
Step release(std::uint16_t slot, Function function) {
  return {.verb = Verb::call, .function = function, .slot = slot};
}
Step fill(std::uint16_t slot) {
  return {.verb = Verb::fill, .slot = slot};
}
Step fill_usable(std::uint16_t slot) {
  return {.verb = Verb::fill_usable, .slot = slot};
}
Step expect(Expect expect, std::uint16_t slot, std::uint64_t a, std::uint64_t b) {
  return {.verb = Verb::expect, .expect = expect, .slot = slot, .a = a, .b = b};
}
Step note(Note note, std::uint16_t slot) {
  return {.verb = Verb::note, .note = note, .slot = slot};
}
Step plain(Verb verb, std::uint64_t a, std::uint64_t b) {
  return {.verb = verb, .a = a, .b = b};
}
Step on(std::uint16_t thread, Step step) {
  step.thread = thread;
  return step;
}

}  // namespace poolhammer::contract

#include <cerrno>

#include "harness/contract/clause.hpp"

namespace poolhammer::contract {
namespace {

/// The calls of a function that ask for no byte.
[[nodiscard]] std::vector<Step> empty_calls(std::uint16_t slot, Function function) {
  switch (facts(function).signature) {
    case Signature::count_size:
    case Signature::block_count_size:
      return {call(slot, function, 0, 0), call(slot, function, 0, 8), call(slot, function, 8, 0),
              call(slot, function, 0, ~std::uint64_t{0}), call(slot, function, ~std::uint64_t{0}, 0)};
    case Signature::alignment_size:
    case Signature::out_alignment_size:
    case Signature::size_alignment:
      return {call(slot, function, 8, 0), call(slot, function, 16, 0), call(slot, function, 64, 0),
              call(slot, function, 4096, 0)};
    default:
      return {call(slot, function, 0)};
  }
}

/// Blocks of no bytes among others: none may lie where another begins, and all may be freed.
[[nodiscard]] std::vector<Probe> lawful_probes(const Knowledge&, Function function) {
  std::vector<Probe> probes;
  for (std::size_t form = 0; form < empty_calls(0, function).size(); ++form) {
    Probe probe;
    for (std::uint16_t slot = 0; slot < 24; ++slot) {
      const Step one = slot % 3 == 2 ? allocation(slot, function, 16) : empty_calls(slot, function)[form];
      probe.insert(probe.end(), {one, expect(Expect::disjoint, slot), fill(slot)});
    }
    for (std::uint16_t slot = 0; slot < 24; slot += 2) probe.push_back(release(slot, plain_free(function)));
    probe.push_back(expect(Expect::all_kept));
    probes.push_back(probe);
  }
  return probes;
}

[[nodiscard]] std::vector<Probe> new_probes(const Knowledge& knowledge, Function function) {
  std::vector<Probe> probes = lawful_probes(knowledge, function);
  for (Probe& probe : probes) probe.insert(probe.begin() + 1, expect(Expect::not_null));
  return probes;
}

[[nodiscard]] std::vector<Probe> choice_probes(const Knowledge&, Function function) {
  std::vector<Probe> probes;
  for (const Step& step : empty_calls(0, function))
    probes.push_back({step, note(Note::live, 0), note(Note::error), note(Note::usable, 0)});
  return probes;
}

[[nodiscard]] std::string words_of(const Outcome& outcome) {
  if (outcome.result == Result::died) return outcome.death;
  if (outcome.notes.size() < 3) return "unknown";
  if (outcome.notes[0] == 0) return outcome.notes[1] == 0 ? "NULL" : "NULL, and errno is set";
  return "a block of " + std::to_string(outcome.notes[2]) + " usable bytes";
}

[[nodiscard]] std::string describe_choice(const Knowledge&, Function, std::span<const Probe> probes,
                                          std::span<const Outcome> outcomes) {
  const std::string first = words_of(outcomes.front());
  std::string text = first;
  for (std::size_t index = 1; index < outcomes.size(); ++index) {
    if (words_of(outcomes[index]) != first)
      text += "; " + to_string(probes[index].front()) + ": " + words_of(outcomes[index]);
  }
  return text;
}

[[nodiscard]] std::vector<Probe> realloc_probes(const Knowledge&, Function function) {
  std::vector<Probe> probes;
  for (const std::uint64_t size : {1U, 24U, 1000U, 200'000U}) {
    Step step = allocation(1, function, 0);
    step.other = 0;
    probes.push_back({call(0, Function::malloc, size), step, note(Note::live, 1), note(Note::error),
                      note(Note::usable, 1)});
  }
  return probes;
}

const ClauseRegistration lawful({
    .id = "zero.lawful",
    .tier = Tier::must,
    .promise = "A request for no bytes gives NULL, or a block that overlaps no other and can be freed.",
    .source = "ISO C17 7.22.3p1; POSIX.1-2024 malloc, posix_memalign",
    .functions = c_allocators(),
    .generate = lawful_probes,
});

const ClauseRegistration of_new({
    .id = "new.zero",
    .tier = Tier::must,
    .promise = "operator new gives a block of its own also for no bytes.",
    .source = "ISO C++20 [basic.stc.dynamic.allocation]p2",
    .functions = {Function::op_new, Function::op_new_array, Function::op_new_nothrow,
                  Function::op_new_array_nothrow, Function::op_new_aligned, Function::op_new_array_aligned,
                  Function::op_new_aligned_nothrow, Function::op_new_array_aligned_nothrow},
    .generate = new_probes,
});

const ClauseRegistration choice({
    .id = "profile.zero-size",
    .tier = Tier::profile,
    .promise = "What a request for no bytes gives.",
    .source = "ISO C17 7.22.3p1: implementation-defined",
    .functions = c_allocators(),
    .generate = choice_probes,
    .describe = describe_choice,
});

const ClauseRegistration realloc_choice({
    .id = "profile.realloc-to-zero",
    .tier = Tier::profile,
    .promise = "What resizing a block to no bytes does (NULL: it was freed).",
    .source = "ISO C17 7.22.3.5p4: implementation-defined; C23 7.24.3.7p3: undefined",
    .functions = {Function::realloc, Function::reallocarray},
    .generate = realloc_probes,
    .describe = describe_choice,
});

}  // namespace
}  // namespace poolhammer::contract

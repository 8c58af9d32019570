#include "harness/contract/clause.hpp"

namespace poolhammer::contract {
namespace {

constexpr std::uint64_t most = 1U << 20U;

/// Fresh memory is zero anyway: blocks are written to their last usable byte and freed first, so that their
/// bytes may come again.
[[nodiscard]] Probe dirty(std::uint64_t size) {
  Probe probe;
  for (std::uint16_t slot = 0; slot < 3; ++slot) {
    probe.push_back(call(slot, Function::malloc, size));
    probe.push_back(fill_usable(slot));
  }
  for (std::uint16_t slot = 0; slot < 3; ++slot) probe.push_back(release(slot));
  return probe;
}

[[nodiscard]] std::vector<Probe> zero_probes(const Knowledge& knowledge, Function function) {
  std::vector<Probe> probes;
  for (const std::uint64_t size : telling_sizes(knowledge, most)) {
    Probe probe = dirty(size);
    for (std::uint16_t slot = 3; slot < 6; ++slot) {
      probe.push_back(call(slot, function, size % 3 == 0 ? size / 3 : 1, size % 3 == 0 ? 3 : size));
      probe.push_back(expect(Expect::zero, slot, 0, size));
    }
    probes.push_back(probe);
  }
  return probes;
}

[[nodiscard]] std::vector<Probe> gain_probes(const Knowledge& knowledge, Function function) {
  std::vector<Probe> probes;
  if (!knowledge.has(Function::malloc_usable_size)) return probes;
  for (const std::uint64_t size : telling_sizes(knowledge, 10'000)) {
    Probe probe = dirty(size);
    for (std::uint16_t slot = 3; slot < 6; ++slot) {
      probe.push_back(call(slot, function, 1, size));
      probe.push_back(note(Note::zero_gain, slot));
    }
    probes.push_back(probe);
  }
  return probes;
}

[[nodiscard]] std::string describe_gain(const Knowledge&, Function, std::span<const Probe> probes,
                                        std::span<const Outcome> outcomes) {
  for (std::size_t index = 0; index < outcomes.size(); ++index) {
    for (const std::uint64_t zero : outcomes[index].notes) {
      if (zero == 0)
        return "not zero, for example of a block of " +
               std::to_string(probes[index][probes[index].size() - 2].b);
    }
  }
  return "zero";
}

const ClauseRegistration zero({
    .id = "calloc.zero",
    .tier = Tier::must,
    .promise = "calloc gives memory whose bits are all 0, also where it was used before.",
    .source = "ISO C17 7.22.3.2p2",
    .functions = {Function::calloc},
    .generate = zero_probes,
});

const ClauseRegistration gain({
    .id = "profile.calloc-gain",
    .tier = Tier::profile,
    .promise = "What the usable bytes behind those that calloc was asked for hold.",
    .source = "ISO C17 7.22.3.2p2 promises those asked for",
    .functions = {Function::calloc},
    .generate = gain_probes,
    .describe = describe_gain,
});

}  // namespace
}  // namespace poolhammer::contract

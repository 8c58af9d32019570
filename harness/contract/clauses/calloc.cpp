#include "harness/contract/clause.hpp"

namespace poolhammer::contract {
namespace {

constexpr std::uint64_t most = 1U << 20U;

/// Fresh memory is zero anyway: a block is written and freed first, so that its bytes may come again.
[[nodiscard]] std::vector<Probe> zero_probes(const Knowledge& knowledge, Function function) {
  std::vector<Probe> probes;
  for (const std::uint64_t size : telling_sizes(knowledge, most)) {
    Probe probe;
    for (std::uint16_t slot = 0; slot < 3; ++slot) {
      probe.push_back(call(slot, Function::malloc, size));
      probe.push_back(fill(slot));
    }
    for (std::uint16_t slot = 0; slot < 3; ++slot) probe.push_back(release(slot));
    for (std::uint16_t slot = 3; slot < 6; ++slot) {
      probe.push_back(call(slot, function, 1, size));
      probe.push_back(expect(Expect::zero, slot, 0, size));
    }
    probes.push_back(probe);
  }
  return probes;
}

const ClauseRegistration zero({
    .id = "calloc.zero",
    .tier = Tier::must,
    .promise = "calloc gives memory whose bits are all 0, also where it was used before.",
    .source = "ISO C17 7.22.3.2p2",
    .functions = {Function::calloc},
    .generate = zero_probes,
});

}  // namespace
}  // namespace poolhammer::contract

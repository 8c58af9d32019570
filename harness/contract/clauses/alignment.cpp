#include "harness/contract/clause.hpp"

namespace poolhammer::contract {
namespace {

constexpr std::uint64_t fundamental =
    16;  // alignof(std::max_align_t) on the 64-bit machines that are checked
constexpr std::uint64_t most = 1U << 20U;

/// What an object that fits into `size` bytes can need: the largest power of two up to the fundamental one.
[[nodiscard]] std::uint64_t owed(std::uint64_t size) {
  std::uint64_t alignment = fundamental;
  while (alignment > size) alignment /= 2;
  return alignment;
}

[[nodiscard]] std::vector<Probe> fundamental_probes(const Knowledge& knowledge, Function function) {
  std::vector<Probe> probes;
  for (const std::uint64_t size : telling_sizes(knowledge, most)) {
    Probe probe;
    // More than one block: the first of a page is aligned by chance.
    for (std::uint16_t slot = 0; slot < 4; ++slot) {
      probe.push_back(allocation(slot, function, size));
      probe.push_back(expect(Expect::aligned, slot, owed(size)));
    }
    probes.push_back(probe);
  }
  return probes;
}

const ClauseRegistration fundamental_alignment({
    .id = "alignment.fundamental",
    .tier = Tier::must,
    .promise = "A block is aligned for every object of fundamental alignment that fits into it.",
    .source = "ISO C17 7.22.3p1, as C23 7.24.3p1 words it",
    .functions = {Function::malloc, Function::calloc, Function::realloc, Function::reallocarray},
    .generate = fundamental_probes,
});

}  // namespace
}  // namespace poolhammer::contract

#include "harness/contract/clause.hpp"

namespace poolhammer::contract {
namespace {

constexpr std::uint64_t most = 300'000;

[[nodiscard]] Step resized(std::uint16_t slot, Function function, std::uint16_t other, std::uint64_t size) {
  Step step = allocation(slot, function, size);
  step.other = other;
  return step;
}

/// A block grows and shrinks through `sizes`, with neighbours before and behind it so that it cannot always
/// stay.
[[nodiscard]] Probe through(Function origin, Function function, std::uint64_t alignment,
                            std::span<const std::uint64_t> sizes) {
  Probe probe = {call(1, Function::malloc, sizes.front()),        fill(1),
                 allocation(0, origin, sizes.front(), alignment), fill(0),
                 call(2, Function::malloc, sizes.front()),        fill(2)};
  for (const std::uint64_t size : sizes.subspan(1)) {
    probe.push_back(resized(0, function, 0, size));
    probe.push_back(expect(Expect::kept, 0));
    probe.push_back(fill(0));
  }
  probe.push_back(expect(Expect::all_kept));
  return probe;
}

[[nodiscard]] std::vector<Probe> keeps_probes(const Knowledge& knowledge, Function function) {
  std::vector<Probe> probes;
  const std::vector<std::uint64_t> sizes = telling_sizes(knowledge, most);
  for (std::size_t index = 0; index + 4 < sizes.size(); ++index) {
    const std::uint64_t here = sizes[index];
    const std::uint64_t next = sizes[index + 1];
    const std::uint64_t far = sizes[(index * 7 + 3) % sizes.size()];
    const std::array around = {here, next, here, sizes[index + 4], here, far, next, std::uint64_t{1}, far};
    probes.push_back(through(Function::malloc, function, 0, around));
  }
  for (const Function origin : c_allocators()) {
    if (!knowledge.has(origin)) continue;
    for (const std::uint64_t alignment : {16U, 64U, 256U, 4096U, 65'536U}) {
      for (const std::uint64_t size : {alignment, 2 * alignment, std::uint64_t{131'072}}) {
        const std::array around = {size, size + 1, size / 2, 3 * size, size, std::uint64_t{8}};
        probes.push_back(through(origin, function, alignment, around));
      }
    }
  }
  return probes;
}

[[nodiscard]] std::vector<Probe> null_probes(const Knowledge& knowledge, Function function) {
  std::vector<Probe> probes;
  for (const std::uint64_t size : telling_sizes(knowledge, most)) {
    probes.push_back({allocation(0, function, size), expect(Expect::not_null), fill(0),
                      allocation(1, function, size), expect(Expect::not_null), fill(1),
                      expect(Expect::all_kept)});
  }
  return probes;
}

[[nodiscard]] std::vector<Probe> failure_probes(const Knowledge& knowledge, Function function) {
  std::vector<Probe> probes;
  for (const std::uint64_t size : telling_sizes(knowledge, most)) {
    for (const std::uint64_t too_large :
         {~std::uint64_t{0}, ~std::uint64_t{0} - 4096, std::uint64_t{1} << 63U})
      probes.push_back({call(0, Function::malloc, size), fill(0), resized(1, function, 0, too_large),
                        expect(Expect::kept, 0), call(2, Function::malloc, size), fill(2),
                        expect(Expect::disjoint, 0), expect(Expect::all_kept)});
  }
  return probes;
}

[[nodiscard]] std::vector<Probe> overflow_probes(const Knowledge&, Function function) {
  std::vector<Probe> probes;
  for (const std::uint64_t size : {2U, 8U, 24U, 4096U}) {
    const std::uint64_t count = ~std::uint64_t{0} / size + 1;
    Step step = call(1, function, count, size);
    step.other = 0;
    probes.push_back(
        {call(0, Function::malloc, 64), fill(0), step, expect(Expect::null), expect(Expect::kept, 0)});
  }
  return probes;
}

const ClauseRegistration keeps({
    .id = "realloc.keeps",
    .tier = Tier::must,
    .promise = "A resized block holds what the old one held, up to the smaller of both sizes.",
    .source = "ISO C17 7.22.3.5p2",
    .functions = {Function::realloc, Function::reallocarray},
    .generate = keeps_probes,
});

const ClauseRegistration null({
    .id = "realloc.null",
    .tier = Tier::must,
    .promise = "Resizing a null pointer allocates.",
    .source = "ISO C17 7.22.3.5p3; POSIX.1-2024 realloc",
    .functions = {Function::realloc, Function::reallocarray},
    .generate = null_probes,
});

const ClauseRegistration failure({
    .id = "realloc.failure-keeps",
    .tier = Tier::must,
    .promise = "Where a block cannot be resized, it is not freed and holds what it held.",
    .source = "ISO C17 7.22.3.5p3-4",
    .functions = {Function::realloc, Function::reallocarray},
    .generate = failure_probes,
});

const ClauseRegistration overflow({
    .id = "reallocarray.overflow",
    .tier = Tier::must,
    .promise = "reallocarray refuses a product that does not fit into size_t, and leaves the block alone.",
    .source = "POSIX.1-2024 realloc, ERRORS",
    .functions = {Function::reallocarray},
    .generate = overflow_probes,
});

}  // namespace
}  // namespace poolhammer::contract

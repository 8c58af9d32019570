#include "harness/contract/clause.hpp"
#include "harness/trace/random.hpp"

namespace poolhammer::contract {
namespace {

constexpr std::uint64_t most = 100'000;
constexpr std::uint16_t slots = 48;
constexpr std::uint64_t programs = 40;

/// A block by any function of the same family: what one hands out must be right beside the others.
[[nodiscard]] Step any_allocation(const Knowledge& knowledge, Random& random, std::uint16_t slot,
                                  Function function, std::uint64_t size) {
  const std::uint64_t alignment = std::uint64_t{8} << random.below(5);
  if (facts(function).family == Family::c && random.below(3) == 0) {
    const std::vector<Function> all = c_allocators();
    const Function other = all[random.below(all.size())];
    if (knowledge.has(other)) function = other;
  }
  const std::uint64_t rounded = (size + alignment - 1) / alignment * alignment;
  return allocation(slot, function, takes_alignment(function) ? rounded : size, alignment);
}

[[nodiscard]] std::uint64_t any_size(Random& random, const std::vector<std::uint64_t>& sizes) {
  return random.below(2) == 0 ? 1 + random.below(600) : sizes[random.below(sizes.size())];
}

/// Random programs over some slots; `judge` says what must hold behind each new block.
template <class Judge>
[[nodiscard]] std::vector<Probe> random_programs(const Knowledge& knowledge, Function function, Judge judge) {
  const std::vector<std::uint64_t> sizes = telling_sizes(knowledge, most);
  std::vector<Probe> probes;
  Random seeds(knowledge.seed);
  for (std::uint64_t program = 0; program < programs * knowledge.effort; ++program) {
    Random random(seeds.next());
    Probe probe;
    for (int step = 0; step < 200; ++step) {
      const auto slot = static_cast<std::uint16_t>(random.below(slots));
      if (random.below(3) == 0) {
        probe.push_back(release(slot, plain_free(function)));
        continue;
      }
      probe.push_back(any_allocation(knowledge, random, slot, function, any_size(random, sizes)));
      judge(probe, slot);
    }
    probes.push_back(probe);
  }
  return probes;
}

[[nodiscard]] std::vector<Probe> disjoint_probes(const Knowledge& knowledge, Function function) {
  return random_programs(knowledge, function, [](Probe& probe, std::uint16_t slot) {
    probe.push_back(expect(Expect::disjoint, slot));
  });
}

[[nodiscard]] std::vector<Probe> kept_probes(const Knowledge& knowledge, Function function) {
  std::vector<Probe> probes = random_programs(knowledge, function, [](Probe& probe, std::uint16_t slot) {
    probe.push_back(fill(slot));
    if (probe.size() % 16 == 0) probe.push_back(expect(Expect::all_kept));
  });
  for (Probe& probe : probes) probe.push_back(expect(Expect::all_kept));
  return probes;
}

/// Blocks that are freed must serve again: under a limit of memory, many times its worth is asked for and
/// freed.
[[nodiscard]] std::vector<Probe> available_probes(const Knowledge&, Function function) {
  constexpr std::uint64_t limit = std::uint64_t{512} << 20U;
  std::vector<Probe> probes;
  for (const std::uint64_t size : {std::uint64_t{4096}, std::uint64_t{65'536}, std::uint64_t{2} << 20U}) {
    probes.push_back({plain(Verb::limit_memory, limit), plain(Verb::repeat, 3 * limit / size),
                      allocation(0, function, size, 64), expect(Expect::not_null),
                      release(0, plain_free(function)), plain(Verb::repeat_ends)});
  }
  return probes;
}

const ClauseRegistration disjoint({
    .id = "blocks.disjoint",
    .tier = Tier::must,
    .promise = "A block overlaps no other live block.",
    .source = "ISO C17 7.22.3p1; ISO C++20 [basic.stc.dynamic.allocation]p2",
    .functions = all_allocators(),
    .generate = disjoint_probes,
});

const ClauseRegistration kept({
    .id = "blocks.kept",
    .tier = Tier::must,
    .promise = "A block holds what was written into it until it is freed.",
    .source = "ISO C17 6.2.4p2",
    .functions = all_allocators(),
    .generate = kept_probes,
});

const ClauseRegistration available({
    .id = "free.available",
    .tier = Tier::must,
    .promise = "A block that is freed is made available for further allocation.",
    .source = "ISO C17 7.22.3.3p2; ISO C++20 [new.delete.single]p12",
    .functions = all_allocators(),
    .generate = available_probes,
});

}  // namespace
}  // namespace poolhammer::contract

#include "harness/contract/clause.hpp"

namespace poolhammer::contract {
namespace {

constexpr std::uint64_t most = 300'000;

[[nodiscard]] std::vector<Probe> at_least_probes(const Knowledge& knowledge, Function function) {
  std::vector<Probe> probes;
  if (!knowledge.has(Function::malloc_usable_size)) return probes;
  for (const std::uint64_t size : telling_sizes(knowledge, most)) {
    for (const std::uint64_t alignment : {16U, 64U, 4096U}) {
      if (alignment != 16 && !takes_alignment(function)) continue;
      const std::uint64_t asked =
          takes_alignment(function) ? (size + alignment - 1) / alignment * alignment : size;
      probes.push_back({allocation(0, function, asked, alignment), expect(Expect::usable, 0, asked)});
    }
  }
  return probes;
}

/// Blocks side by side, each written to its last usable byte, survive each other, and the library's checks
/// when they are freed and taken again.
[[nodiscard]] std::vector<Probe> writable_probes(const Knowledge& knowledge, Function function) {
  std::vector<Probe> probes;
  if (!knowledge.has(Function::malloc_usable_size)) return probes;
  for (const std::uint64_t size : telling_sizes(knowledge, most)) {
    const std::uint64_t asked = takes_alignment(function) ? (size + 15) / 16 * 16 : size;
    Probe probe;
    for (std::uint16_t slot = 0; slot < 6; ++slot)
      probe.insert(probe.end(), {allocation(slot, function, asked), fill_usable(slot)});
    probe.push_back(expect(Expect::all_kept));
    for (std::uint16_t slot = 0; slot < 6; slot += 2) probe.push_back(release(slot));
    for (std::uint16_t slot = 6; slot < 10; ++slot)
      probe.insert(probe.end(), {allocation(slot, function, asked), fill_usable(slot)});
    probe.push_back(expect(Expect::all_kept));
    probes.push_back(probe);
  }
  return probes;
}

[[nodiscard]] std::vector<Probe> stable_probes(const Knowledge& knowledge, Function function) {
  std::vector<Probe> probes;
  for (const std::uint64_t size : telling_sizes(knowledge, most)) {
    probes.push_back({call(0, Function::malloc, size), call(0, function, 0), call(1, Function::malloc, size),
                      fill(1), expect(Expect::usable_stable, 0), release(1),
                      call(2, Function::malloc, size / 2 + 1), expect(Expect::usable_stable, 0)});
  }
  return probes;
}

/// Whoever writes up to the usable size finds it again behind a realloc to that size.
[[nodiscard]] std::vector<Probe> realloc_probes(const Knowledge& knowledge, Function function) {
  std::vector<Probe> probes;
  if (!knowledge.has(Function::malloc_usable_size)) return probes;
  for (const std::uint64_t size : telling_sizes(knowledge, most)) {
    for (const std::uint64_t more : {size + 1, size + 7, size + 64, 2 * size}) {
      Step step = allocation(0, function, more);
      step.other = 0;
      probes.push_back({call(0, Function::malloc, size), fill_usable(0), step, expect(Expect::kept, 0)});
    }
  }
  return probes;
}

[[nodiscard]] std::vector<Probe> null_probes(const Knowledge&, Function) {
  return {{expect(Expect::usable_none)}};
}

const ClauseRegistration at_least({
    .id = "usable.at-least",
    .tier = Tier::expected,
    .promise = "malloc_usable_size is at least what was asked for.",
    .source = "Linux man-pages, malloc_usable_size(3)",
    .functions = c_allocators(),
    .generate = at_least_probes,
});

const ClauseRegistration writable({
    .id = "usable.writable",
    .tier = Tier::expected,
    .promise = "All usable bytes of a block may be written, without damage to others or to the library.",
    .source = "Linux man-pages 6.03, malloc_usable_size(3), NOTES: without ill effects; later editions "
              "advise against",
    .functions = c_allocators(),
    .generate = writable_probes,
});

const ClauseRegistration stable({
    .id = "usable.stable",
    .tier = Tier::expected,
    .promise = "The usable size of a block does not change while it lives.",
    .source = "Linux man-pages, malloc_usable_size(3)",
    .functions = {Function::malloc_usable_size},
    .generate = stable_probes,
});

const ClauseRegistration keeps({
    .id = "usable.realloc-keeps",
    .tier = Tier::expected,
    .promise = "A block that grows keeps what was written into its usable bytes.",
    .source =
        "Linux man-pages, malloc_usable_size(3): the excess bytes may be overwritten without ill effects",
    .functions = {Function::realloc, Function::reallocarray},
    .generate = realloc_probes,
});

const ClauseRegistration null({
    .id = "usable.null",
    .tier = Tier::expected,
    .promise = "The usable size of a null pointer is 0.",
    .source = "Linux man-pages, malloc_usable_size(3)",
    .functions = {Function::malloc_usable_size},
    .generate = null_probes,
});

}  // namespace
}  // namespace poolhammer::contract

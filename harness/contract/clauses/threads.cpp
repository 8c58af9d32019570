#include "harness/contract/clause.hpp"

namespace poolhammer::contract {
namespace {

constexpr std::uint64_t most = 100'000;
constexpr std::uint16_t many = 8;

/// Blocks that are freed where they were not taken come again, to whichever thread, and none twice.
[[nodiscard]] std::vector<Probe> elsewhere_probes(const Knowledge& knowledge, Function function) {
  const Function free = plain_free(function);
  std::vector<Probe> probes;
  for (const std::uint64_t size : telling_sizes(knowledge, most)) {
    const std::uint64_t asked = takes_alignment(function) ? (size + 15) / 16 * 16 : size;
    Probe probe;
    for (std::uint16_t slot = 0; slot < many; ++slot) {
      probe.push_back(on(1, allocation(slot, function, asked)));
      probe.push_back(on(1, fill(slot)));
    }
    for (std::uint16_t slot = 0; slot < many; slot += 2)
      probe.push_back(on(slot % 4 == 0 ? 2 : 0, release(slot, free)));
    for (std::uint16_t slot = many; slot < 2 * many; ++slot) {
      const auto thread = static_cast<std::uint16_t>(slot % 3);
      probe.push_back(on(thread, allocation(slot, function, asked)));
      probe.push_back(expect(Expect::disjoint, slot));
      probe.push_back(on(thread, fill(slot)));
    }
    probe.push_back(expect(Expect::all_kept));
    probes.push_back(probe);
  }
  return probes;
}

/// A thread's blocks outlive it: others read, resize and free them, also one that is born later.
[[nodiscard]] std::vector<Probe> death_probes(const Knowledge& knowledge, Function function) {
  const Function free = plain_free(function);
  std::vector<Probe> probes;
  for (const std::uint64_t size : telling_sizes(knowledge, most)) {
    const std::uint64_t asked = takes_alignment(function) ? (size + 15) / 16 * 16 : size;
    Probe probe;
    for (std::uint16_t slot = 0; slot < many; ++slot) {
      probe.push_back(on(1, allocation(slot, function, asked)));
      probe.push_back(on(1, fill(slot)));
    }
    probe.push_back(on(1, release(1, free)));
    probe.push_back(on(1, plain(Verb::end_thread)));
    probe.push_back(expect(Expect::all_kept));
    if (facts(function).family == Family::c && knowledge.has(Function::realloc))
      probe.push_back(resize(2, Function::realloc, 2, 2 * asked));
    probe.push_back(on(2, release(0, free)));
    probe.push_back(release(3, free));
    for (std::uint16_t slot = many; slot < 2 * many; ++slot) {
      probe.push_back(on(slot % 2 == 0 ? 2 : 0, allocation(slot, function, asked)));
      probe.push_back(expect(Expect::disjoint, slot));
      probe.push_back(fill(slot));
    }
    probe.push_back(expect(Expect::all_kept));
    probes.push_back(probe);
  }
  return probes;
}

[[nodiscard]] std::vector<Probe> concurrent_probes(const Knowledge&, Function) {
  std::vector<Probe> probes;
  for (const std::uint64_t threads : {2U, 3U, 4U, 8U, 16U})
    probes.push_back({plain(Verb::churn, threads, 20'000 / threads), expect(Expect::all_kept)});
  return probes;
}

[[nodiscard]] std::vector<Probe> child_probes(const Knowledge& knowledge, Function function) {
  std::vector<Probe> probes;
  for (const std::uint64_t size : telling_sizes(knowledge, 10'000)) {
    // One in eight: a fork costs more than all else.
    if (size % 8 != 0) continue;
    probes.push_back({on(1, call(0, function, size)), on(1, fill(0)), call(1, function, size), fill(1),
                      plain(Verb::fork), call(2, function, size), expect(Expect::not_null),
                      expect(Expect::disjoint, 2), fill(2), release(0), call(3, function, size), fill(3),
                      expect(Expect::all_kept), plain(Verb::child_ends), call(2, function, size),
                      expect(Expect::disjoint, 2), fill(2), expect(Expect::all_kept)});
  }
  return probes;
}

[[nodiscard]] std::vector<Probe> crowd_probes(const Knowledge&, Function) {
  return {{plain(Verb::fork_crowd, 1, 40), expect(Expect::all_kept)},
          {plain(Verb::fork_crowd, 3, 60), expect(Expect::all_kept)}};
}

const ClauseRegistration elsewhere({
    .id = "threads.free-elsewhere",
    .tier = Tier::must,
    .promise = "A block may be freed by another thread than the one that allocated it.",
    .source = "ISO C17 7.22.3p2",
    .functions = {Function::malloc, Function::calloc, Function::posix_memalign, Function::op_new,
                  Function::op_new_array},
    .generate = elsewhere_probes,
});

const ClauseRegistration after_death({
    .id = "threads.outlives",
    .tier = Tier::must,
    .promise = "A block outlives the thread that allocated it, and may then be resized and freed by others.",
    .source = "ISO C17 6.2.4p2 and 7.22.3p1: it lives until it is deallocated",
    .functions = {Function::malloc, Function::calloc, Function::posix_memalign, Function::op_new,
                  Function::op_new_array},
    .generate = death_probes,
});

const ClauseRegistration concurrent({
    .id = "threads.concurrent",
    .tier = Tier::must,
    .promise = "Threads may allocate, and free each other's blocks, at the same time.",
    .source = "ISO C17 7.22.3p2: no data races",
    .functions = {Function::malloc},
    .standard_only = true,
    .generate = concurrent_probes,
});

const ClauseRegistration child({
    .id = "fork.child",
    .tier = Tier::expected,
    .promise = "A child of a process with threads may allocate, and free what its parent allocated.",
    .source = "What programs rely on: POSIX.1-2024 fork allows a child of threads async-signal-safe "
              "functions alone",
    .functions = {Function::malloc},
    .standard_only = true,
    .generate = child_probes,
});

const ClauseRegistration crowd({
    .id = "fork.amid-threads",
    .tier = Tier::expected,
    .promise = "A child that is forked while threads allocate may allocate.",
    .source = "What programs rely on: POSIX.1-2024 fork allows a child of threads async-signal-safe "
              "functions alone",
    .functions = {Function::malloc},
    .standard_only = true,
    .generate = crowd_probes,
});

}  // namespace
}  // namespace poolhammer::contract

#include <cerrno>

#include "harness/contract/clause.hpp"

namespace poolhammer::contract {
namespace {

constexpr std::uint64_t limit = std::uint64_t{96} << 20U;

/// What asks for `size` bytes until none are left. A library that holds address space from before may have
/// more than the limit says: it is asked for three times the limit and no more.
[[nodiscard]] Step until_none(Function function, std::uint64_t size) {
  Step step = plain(Verb::exhaust, size, 3 * limit / size);
  step.function = function;
  return step;
}

/// Multiples of the alignment: aligned_alloc may refuse others for that alone.
constexpr std::uint64_t sizes[] = {1008, 20'000, 400'000, 5'000'000};

[[nodiscard]] std::vector<Probe> errno_probes(const Knowledge&, Function function) {
  std::vector<Probe> probes;
  for (const std::uint64_t size : sizes)
    probes.push_back({plain(Verb::limit_memory, limit), until_none(function, size),
                      expect(Expect::failed_with, no_slot, ENOMEM)});
  return probes;
}

[[nodiscard]] std::vector<Probe> keeps_probes(const Knowledge& knowledge, Function function) {
  std::vector<Probe> probes;
  for (const std::uint64_t size : sizes) {
    Probe probe;
    std::uint16_t slot = 0;
    for (const std::uint64_t other : {16U, 100U, 600U, 5000U, 70'000U, 300'000U})
      probe.insert(probe.end(), {call(slot, Function::malloc, other), fill(slot++)});
    probe.insert(probe.end(), {plain(Verb::limit_memory, limit), until_none(function, size)});
    if (knowledge.has(Function::realloc)) probe.push_back(resize(slot, Function::realloc, 3, 900'000));
    probe.insert(probe.end(), {call(static_cast<std::uint16_t>(slot + 1), Function::malloc, 40),
                               fill(static_cast<std::uint16_t>(slot + 1)), expect(Expect::all_kept)});
    probes.push_back(probe);
  }
  return probes;
}

[[nodiscard]] std::vector<Probe> recovers_probes(const Knowledge&, Function function) {
  std::vector<Probe> probes;
  for (const std::uint64_t size : sizes) {
    Probe probe = {plain(Verb::limit_memory, limit), until_none(function, size), plain(Verb::release)};
    for (std::uint16_t slot = 0; slot < 8; ++slot)
      probe.insert(probe.end(), {allocation(slot, function, size), expect(Expect::not_null), fill(slot)});
    probe.push_back(expect(Expect::all_kept));
    probes.push_back(probe);
  }
  return probes;
}

const ClauseRegistration errno_when_exhausted({
    .id = "exhaustion.errno",
    .tier = Tier::must,
    .promise = "Where the system gives no more memory, a request gives no block and sets errno to ENOMEM.",
    .source = "POSIX.1-2024 malloc, calloc, aligned_alloc, ERRORS; posix_memalign returns it",
    .functions = {Function::malloc, Function::calloc, Function::aligned_alloc, Function::posix_memalign},
    .standard_only = true,
    .generate = errno_probes,
});

const ClauseRegistration keeps({
    .id = "exhaustion.keeps",
    .tier = Tier::must,
    .promise = "Where the system gives no more memory, live blocks hold what they held.",
    .source = "ISO C17 6.2.4p2",
    .functions = {Function::malloc, Function::calloc, Function::posix_memalign},
    .generate = keeps_probes,
});

const ClauseRegistration recovers({
    .id = "exhaustion.recovers",
    .tier = Tier::expected,
    .promise = "Once blocks are freed again, requests that were refused for want of memory are met.",
    .source = "ISO C17 7.22.3.3p2: freed memory is available for further allocation",
    .functions = {Function::malloc, Function::calloc, Function::posix_memalign},
    .generate = recovers_probes,
});

}  // namespace
}  // namespace poolhammer::contract

#include "harness/contract/clause.hpp"

#include <algorithm>
#include <set>
#include <tuple>

namespace poolhammer::contract {
namespace {

// Filled before main by the registrations, read-only after.
std::vector<Clause>& registered() {
  static std::vector<Clause> all;
  return all;
}

constexpr std::uint64_t page = 4096;
/// Usable sizes are asked up to here: the small classes of the allocators that have any.
constexpr std::uint64_t learned_up_to = 40'000;

[[nodiscard]] std::vector<std::uint64_t> usual_edges() {
  std::vector<std::uint64_t> edges;
  for (std::uint64_t size = 1; size <= 1024; size += 16) edges.push_back(size);
  for (std::uint64_t size = 1024; size < learned_up_to; size += size / 4) edges.push_back(size + 1);
  return edges;
}

}  // namespace

ClauseRegistration::ClauseRegistration(Clause clause) {
  if (clause.judge != nullptr)
    register_call_clause({.id = clause.id,
                          .promise = clause.promise,
                          .functions = clause.functions,
                          .standard_only = clause.standard_only,
                          .judge = clause.judge});
  registered().push_back(std::move(clause));
}

std::vector<Clause> clauses() {
  std::vector<Clause> sorted = registered();
  std::sort(sorted.begin(), sorted.end(),
            [](const Clause& a, const Clause& b) { return std::tie(a.tier, a.id) < std::tie(b.tier, b.id); });
  return sorted;
}

Knowledge learn(Prober& prober, const ProcessLimits& limits) {
  Probe probe;
  for (std::uint64_t size = 1; size <= learned_up_to; ++size) {
    probe.push_back(call(0, Function::malloc, size));
    probe.push_back(note(Note::usable, 0));
    probe.push_back(release(0));
  }
  const Outcome outcome = prober.run_alone(probe, limits);
  Knowledge knowledge;
  for (const Function function : all_functions())
    knowledge.present[static_cast<std::size_t>(function)] = prober.has(function);
  if (!knowledge.has(Function::malloc_usable_size)) {
    knowledge.edges = usual_edges();
    return knowledge;
  }
  std::uint64_t last = 0;
  for (std::size_t index = 0; index < outcome.notes.size(); ++index) {
    if (outcome.notes[index] == last) continue;
    last = outcome.notes[index];
    knowledge.edges.push_back(index + 1);
  }
  // A library that gives just what was asked for has an edge at every size: as good as none.
  constexpr std::size_t most_edges = 1024;
  knowledge.classes = knowledge.edges.size();
  if (knowledge.edges.size() > most_edges) knowledge.edges = usual_edges();
  return knowledge;
}

std::vector<std::uint64_t> telling_sizes(const Knowledge& knowledge, std::uint64_t most) {
  std::set<std::uint64_t> sizes;
  const auto add_with_neighbours = [&sizes](std::uint64_t size) { sizes.insert({size - 1, size, size + 1}); };
  for (const std::uint64_t edge : knowledge.edges) add_with_neighbours(edge);
  for (std::uint64_t power = 2; power != 0 && power <= most; power *= 2) add_with_neighbours(power);
  for (std::uint64_t pages = 1; pages <= 16; ++pages) add_with_neighbours(pages * page);
  sizes.erase(0);
  sizes.erase(sizes.upper_bound(most), sizes.end());
  return {sizes.begin(), sizes.end()};
}

Step allocation(std::uint16_t slot, Function function, std::uint64_t size, std::uint64_t alignment) {
  switch (facts(function).signature) {
    case Signature::count_size:
    case Signature::block_count_size:
      return call(slot, function, 1, size);
    case Signature::alignment_size:
    case Signature::out_alignment_size:
    case Signature::size_alignment:
      return call(slot, function, alignment, size);
    default:
      return call(slot, function, size);
  }
}

std::vector<Function> c_allocators() {
  using enum OperationKind;
  return {malloc, calloc, realloc, reallocarray, aligned_alloc, posix_memalign, memalign, valloc, pvalloc};
}

std::vector<Function> all_allocators() {
  std::vector<Function> all;
  for (const Function function : all_functions()) {
    if (allocates(function)) all.push_back(function);
  }
  return all;
}

}  // namespace poolhammer::contract

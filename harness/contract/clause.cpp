#include "harness/contract/clause.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>
#include <tuple>
#include <utility>

#include "harness/library/looks.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer::contract {
namespace {

// Filled before main by the registrations, read-only after.
std::vector<Clause>& registered() {
  static std::vector<Clause> all;
  return all;
}

constexpr std::uint64_t page = 4096;
[[nodiscard]] std::vector<std::uint64_t> usual_edges() {
  std::vector<std::uint64_t> edges;
  for (std::uint64_t size = 1; size <= 1024; size += 16) edges.push_back(size);
  for (std::uint64_t size = 1024; size < library::asked_one_by_one; size += size / 4)
    edges.push_back(size + 1);
  return edges;
}

}  // namespace

bool Clause::of_contents() const {
  const auto looks = library::looks_for(all_oracles());
  return std::ranges::find(looks, true) != looks.end();
}

std::vector<std::string> Clause::all_oracles() const {
  std::vector<std::string> all(oracles.begin(), oracles.end());
  all.push_back("contract." + std::string(id));
  return all;
}

ClauseRegistration::ClauseRegistration(Clause clause) {
  if (clause.judge != nullptr || clause.judged_by_id)
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

Knowledge knowledge_of(library::LibraryRunner& runner) {
  Knowledge knowledge;
  for (const Function function : all_functions())
    knowledge.present[static_cast<std::size_t>(function)] = runner.has(function);
  const library::Learned& learned = runner.learned();
  knowledge.leaves_untouched = learned.leaves_untouched;
  knowledge.bounded = learned.bounded;
  if (learned.bounded && runner.has(Function::malloc)) knowledge.largest_block = largest_block(runner);
  knowledge.classes = learned.small_classes;
  knowledge.edges = learned.edges;
  // A library that gives just what was asked for has an edge at every size: as good as none.
  constexpr std::size_t most_edges = 1200;
  if (knowledge.edges.empty() || knowledge.edges.size() > most_edges) knowledge.edges = usual_edges();
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

std::vector<std::uint64_t> large_sizes() {
  std::vector<std::uint64_t> sizes;
  constexpr std::uint64_t most = std::uint64_t{64} << 20U;
  for (std::uint64_t power = std::uint64_t{128} << 10U; power <= most; power *= 2)
    sizes.push_back(sizes.size() % 3 == 0 ? power + 1 : sizes.size() % 3 == 1 ? power / 2 * 3 : power - 1);
  return sizes;
}

std::vector<std::uint64_t> wrapping_sizes(const Knowledge& knowledge) {
  if (!knowledge.leaves_untouched) return {};
  constexpr std::uint64_t two = std::uint64_t{1} << 31U;
  constexpr std::uint64_t four = std::uint64_t{1} << 32U;
  return {two - 8,       two,  two + 100, two + 70'000, four - 6,
          four - 1,      four, four + 16, four + 5000,  four + (std::uint64_t{1} << 20U),
          2 * four + 100};
}

Operation allocation(std::uint32_t slot, Function function, std::uint64_t size, std::uint64_t alignment) {
  return canonical({.kind = function, .slot = slot, .count = 1, .size = size, .alignment = alignment});
}

Operation allocation_of(std::uint32_t slot, Function function, std::uint64_t count, std::uint64_t size) {
  return {.kind = function, .slot = slot, .count = count, .size = size};
}

Operation freeing(std::uint32_t slot, Function function) {
  return {.kind = function, .slot = slot};
}

Operation many(OperationKind act, Function function, std::uint64_t count, std::uint64_t size,
               std::uint64_t alignment) {
  return canonical({.kind = act, .count = count, .size = size, .alignment = alignment, .by = function});
}

Operation act(OperationKind kind, std::uint64_t size) {
  return {.kind = kind, .size = size};
}

std::uint64_t askable(Function function, std::uint64_t size, std::uint64_t alignment) {
  return takes_alignment(function) ? (size + alignment - 1) / alignment * alignment : size;
}

Complaint refused_with_errno(const ObservedCall& seen, std::string expected) {
  return {"", "", std::move(expected),
          fmt::format("none (errno {})", errno_text(static_cast<std::uint64_t>(seen.answer.error)))};
}

std::optional<Complaint> demand_block(const ObservedCall& seen, bool made_there, std::string expected) {
  if (!seen.refused() || !made_there || !seen.could_be_met()) return std::nullopt;
  return refused_with_errno(seen, std::move(expected));
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

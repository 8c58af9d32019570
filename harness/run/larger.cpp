// Fewer operations by larger numbers.
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "harness/run/search.hpp"
#include "harness/run/simplicity.hpp"
#include "harness/trace/lifetimes.hpp"

namespace poolhammer {
namespace {

/// What a pass over larger numbers may cost: so many trials, or a quarter of those that there are.
class Purse {
 public:
  explicit Purse(MinimizeSearch& search)
      : search_(search), until_(search.trials() + std::min(most, search.most_trials() / 4)) {}
  [[nodiscard]] bool empty() { return search_.stopped() || search_.trials() >= until_; }

 private:
  static constexpr std::uint64_t most = 2000;
  MinimizeSearch& search_;
  std::uint64_t until_;
};

/// Sizes for one request, the surest refusal first: nobody may grant the first, no machine has the next,
/// small heaps have none of the others. Of a program with many requests, fewer.
[[nodiscard]] std::vector<std::uint64_t> larger_sizes(std::size_t requests) {
  constexpr std::size_t few = 16;
  std::vector<std::uint64_t> sizes = {std::uint64_t{1} << 63U, std::uint64_t{1} << 40U,
                                      std::uint64_t{1} << 20U};
  if (requests > few) return sizes;
  for (const unsigned exponent : {24U, 18U, 16U, 14U, 12U, 10U, 8U})
    sizes.push_back(std::uint64_t{1} << exponent);
  return sizes;
}

/// The first larger request that leads to fewer operations. Whether there is one.
[[nodiscard]] bool try_larger_request(MinimizeSearch& search, Purse& purse) {
  const std::vector<Operation> operations = search.operations();
  const auto requests =
      static_cast<std::size_t>(std::count_if(operations.begin(), operations.end(), has_bytes));
  for (const std::uint64_t bytes : larger_sizes(requests)) {
    for (std::size_t place = operations.size(); place-- > 0;) {
      if (purse.empty()) return false;
      const Operation& request = operations[place];
      if (!has_bytes(request) || request.bytes().value_or(std::numeric_limits<std::uint64_t>::max()) >= bytes)
        continue;
      Trace start = search.best();
      start.operations[place] = with_bytes(request, bytes);
      if (search.excursion(start, MinimizeSearch::Depth::blocks)) return true;
    }
  }
  return false;
}

/// The places of the steps that take blocks which nothing is done with after, as far as the program tells.
[[nodiscard]] std::vector<std::size_t> fillers(const MinimizeSearch& search) {
  const std::vector<Operation>& operations = search.operations();
  const Lifetimes lifetimes = lifetimes_of(operations);
  std::vector<std::size_t> steps(lifetimes.count, 0);
  for (const std::uint32_t lifetime : lifetimes.of) ++steps[lifetime];
  std::vector<std::size_t> places;
  const std::size_t end = std::min(search.finding().operation_index, operations.size());
  for (std::size_t place = 0; place < end; ++place) {
    if (has_bytes(operations[place]) && steps[lifetimes.of[place]] == 1) places.push_back(place);
  }
  return places;
}

/// Single steps that may do what some requests do together.
[[nodiscard]] std::vector<Operation> stand_ins(const std::vector<Operation>& requests) {
  constexpr std::uint64_t largest = std::uint64_t{64} << 20U;
  std::uint64_t together = 0;
  std::uint64_t most = 0;
  for (const Operation& request : requests) {
    const std::uint64_t bytes = std::min(request.bytes().value_or(largest), largest);
    together += bytes;
    most = std::max(most, bytes);
  }
  const auto number = static_cast<std::uint64_t>(requests.size());
  constexpr std::uint64_t between = 16;  // what many allocators add to a block
  std::vector<Operation> steps;
  for (const std::uint64_t bytes : {together, together + between * number, std::bit_ceil(together)}) {
    if (bytes <= largest) steps.push_back(with_bytes({OperationKind::malloc, requests[0].slot}, bytes));
  }
  for (const std::uint64_t count : {std::bit_ceil(number + 1), number}) {
    if (number >= many_blocks)
      steps.push_back({.kind = OperationKind::exhaust, .count = count, .size = most});
  }
  for (Operation& step : steps) step.thread = requests[0].thread;
  return steps;
}

/// One step for the fillers of the numbers from `begin` to before `end`, in the place of the first or last.
[[nodiscard]] bool try_one_for(MinimizeSearch& search, const std::vector<std::size_t>& places,
                               std::size_t begin, std::size_t end) {
  const std::vector<Operation> operations = search.operations();
  std::vector<Operation> requests;
  for (std::size_t number = begin; number < end; ++number) requests.push_back(operations[places[number]]);
  for (const Operation& step : stand_ins(requests)) {
    for (const std::size_t place : {places[begin], places[end - 1]}) {
      std::vector<Operation> changed = operations;
      changed[place] = step;
      for (std::size_t number = end; number-- > begin;) {
        if (places[number] != place)
          changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(places[number]));
      }
      if (search.attempt(std::move(changed))) return true;
    }
  }
  return false;
}

}  // namespace

void try_larger_requests(MinimizeSearch& search) {
  constexpr std::size_t few = 2;
  Purse purse(search);
  while (search.operations().size() > few && try_larger_request(search, purse)) shorten::operations(search);
}

void try_one_for_many(MinimizeSearch& search) {
  constexpr std::size_t few = 2;
  if (search.operations().size() <= few) return;
  Purse purse(search);
  std::vector<std::size_t> places = fillers(search);
  // What is damaged may be the last one of them.
  if (places.size() > 2 && try_one_for(search, places, 0, places.size() - 1)) return;
  for (std::size_t chunk = places.size(); chunk > 1; chunk = (chunk + 1) / 2) {
    for (std::size_t begin = 0; begin + 1 < places.size() && !purse.empty(); begin += chunk) {
      if (!try_one_for(search, places, begin, std::min(begin + chunk, places.size()))) continue;
      places = fillers(search);
    }
    if (purse.empty()) return;
  }
}

void try_few_one_by_one(MinimizeSearch& search) {
  for (std::size_t place = search.operations().size(); place-- > 0 && !search.stopped();) {
    if (place >= search.operations().size()) continue;
    std::vector<Operation> operations = search.operations();
    const Operation act = operations[place];
    if (act.kind != OperationKind::exhaust || act.count >= many_blocks) continue;
    std::uint32_t slot = 0;
    for (const Operation& operation : operations) slot = std::max(slot, operation.slot + 1);
    std::vector<Operation> requests;
    while (requests.size() < act.count) {
      requests.push_back(with_bytes(
          {.kind = act.by, .slot = slot++, .alignment = act.alignment, .thread = act.thread}, act.size));
    }
    const auto at = operations.erase(operations.begin() + static_cast<std::ptrdiff_t>(place));
    operations.insert(at, requests.begin(), requests.end());
    search.attempt(std::move(operations));
  }
}

}  // namespace poolhammer

#include <algorithm>
#include <vector>

#include "harness/run/search.hpp"
#include "harness/trace/lifetimes.hpp"

namespace poolhammer::shorten {
namespace {

// Programs up to so many operations are tried without any two of them: 32 * 31 / 2 trials.
constexpr std::size_t pairs_up_to = 32;

/// What only a check at the end shows is there before: the shortest beginning that a bisection finds.
void bisect_end(MinimizeSearch& search) {
  std::size_t without = 0;
  while (without + 1 < search.operations().size() && !search.stopped()) {
    const std::size_t middle = without + (search.operations().size() - without) / 2;
    const auto begin = search.operations().begin();
    if (!search.attempt(std::vector<Operation>(begin, begin + static_cast<std::ptrdiff_t>(middle))))
      without = middle;
  }
}

/// Most bugs need only what happened last.
void keep_last(MinimizeSearch& search) {
  const Lifetimes lifetimes = lifetimes_of(search.operations());
  for (std::size_t tail = 4; tail < search.operations().size(); tail *= 2) {
    if (search.attempt(last_of(search.operations(), lifetimes, tail)) || search.stopped()) return;
  }
}

/// Tries the best program without each chunk of so many units, the last first. `units_of` tells how many
/// there are, `drop` makes the program without those from one to before another.
template <class UnitsOf, class Drop>
void drop_chunks(MinimizeSearch& search, std::size_t chunk, UnitsOf&& units_of, Drop&& drop) {
  for (std::size_t end = units_of(); end > 0 && !search.stopped();) {
    const std::size_t begin = end - std::min(end, chunk);
    search.attempt(drop(begin, end));
    end = std::min(begin, units_of());
  }
}

void drop_pairs(MinimizeSearch& search) {
  if (search.operations().size() > pairs_up_to) return;
  for (std::size_t later = 1; later < search.operations().size(); ++later) {
    for (std::size_t earlier = 0; earlier < later && later < search.operations().size(); ++earlier) {
      std::vector<Operation> left = search.operations();
      left.erase(left.begin() + static_cast<std::ptrdiff_t>(later));
      left.erase(left.begin() + static_cast<std::ptrdiff_t>(earlier));
      search.attempt(std::move(left));
    }
  }
}

}  // namespace

void cut(MinimizeSearch& search) {
  search.cut_behind();
  if (search.finding().operation_index >= search.operations().size()) bisect_end(search);
  keep_last(search);
}

void blocks(MinimizeSearch& search) {
  Lifetimes lifetimes;
  std::uint64_t known = 0;  // of the search, when the lifetimes were worked out
  const auto refresh = [&] {
    if (!lifetimes.of.empty() && known == search.steps()) return;
    lifetimes = lifetimes_of(search.operations());
    known = search.steps();
  };
  const auto units = [&] { return refresh(), std::size_t{lifetimes.count}; };
  const auto drop = [&](std::size_t begin, std::size_t end) {
    refresh();
    return without(search.operations(), lifetimes, static_cast<std::uint32_t>(begin),
                   static_cast<std::uint32_t>(end));
  };
  for (std::size_t chunk = (units() + 1) / 2; chunk > 0 && !search.stopped(); chunk /= 2)
    drop_chunks(search, chunk, units, drop);
}

void operations(MinimizeSearch& search) {
  const auto units = [&] { return search.operations().size(); };
  const auto drop = [&](std::size_t begin, std::size_t end) {
    std::vector<Operation> left = search.operations();
    left.erase(left.begin() + static_cast<std::ptrdiff_t>(begin),
               left.begin() + static_cast<std::ptrdiff_t>(end));
    return left;
  };
  for (std::size_t chunk = (units() + 1) / 2; chunk > 0 && !search.stopped(); chunk /= 2)
    drop_chunks(search, chunk, units, drop);
  drop_pairs(search);
}

}  // namespace poolhammer::shorten

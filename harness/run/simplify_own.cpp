// How the allocator's own operations become simpler.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "harness/run/search.hpp"
#include "harness/run/simplicity.hpp"

namespace poolhammer::simplify {
namespace {

/// The call of a plain function that does the same to a block; nothing where there is none.
[[nodiscard]] std::optional<Operation> plain_call(const Operation& step, const OwnOperation& declaration) {
  const std::uint64_t size = number_with(ParameterRole::size, declaration, numbers_of(step)).value_or(0);
  switch (declaration.effect) {
    case OwnEffect::gives:
      return Operation{OperationKind::malloc, step.slot, 0, size};
    case OwnEffect::resizes:
      return Operation{OperationKind::realloc, step.slot, 0, size};
    case OwnEffect::frees:
      return Operation{OperationKind::free, step.slot};
    default:
      return std::nullopt;
  }
}

/// Whether the search took the program with that step at `place`.
[[nodiscard]] bool attempt_at(MinimizeSearch& search, std::size_t place, const Operation& step) {
  if (place >= search.operations().size()) return false;
  std::vector<Operation> changed = search.operations();
  changed[place] = step;
  return search.attempt(std::move(changed));
}

/// The simplest numbers and sizes of all steps at once: those of one step may have to suit another's.
void all_simplest(MinimizeSearch& search, std::span<const OwnOperation> own) {
  std::vector<Operation> changed = search.operations();
  bool has_own = false;
  for (Operation& operation : changed) {
    if (has_bytes(operation)) operation.size = 1;
    const OwnOperation* const declaration = declared(operation, own);
    if (declaration == nullptr) continue;
    has_own = true;
    operation = in_range(operation, own);
    for (std::size_t number = 0; number < declaration->numbers(); ++number)
      operation = with_index(operation, *declaration, number, 0);
  }
  if (has_own) search.attempt(std::move(changed));
}

/// The simplest value of a number, or the least by bisection that shows the finding, too.
void simplest_number(MinimizeSearch& search, std::size_t place, const OwnOperation& declaration,
                     std::size_t number) {
  const Operation step = search.operations()[place];
  const auto shows = [&](std::uint64_t index) {
    return attempt_at(search, place, with_index(step, declaration, number, index));
  };
  std::uint64_t with = index_of_number(step, declaration, number);
  if (with == 0 || shows(0)) return;
  std::uint64_t without = 0;
  while (without + 1 < with && !search.stopped()) {
    const std::uint64_t middle = without + (with - without) / 2;
    (shows(middle) ? with : without) = middle;
  }
}

}  // namespace

void own(MinimizeSearch& search, std::span<const OwnOperation> own) {
  all_simplest(search, own);
  for (std::size_t i = search.operations().size(); i-- > 0 && !search.stopped();) {
    if (i >= search.operations().size()) continue;
    const Operation found = search.operations()[i];
    const OwnOperation* const declaration = declared(found, own);
    if (declaration == nullptr) continue;
    // What is performed is what the numbers stand for: the same program, written plainly.
    const Operation step = in_range(found, own);
    (void)attempt_at(search, i, step);
    const auto plain = plain_call(step, *declaration);
    if (plain && attempt_at(search, i, *plain)) continue;
    for (std::size_t number = 0; number < declaration->numbers() && i < search.operations().size(); ++number)
      simplest_number(search, i, *declaration, number);
  }
}

}  // namespace poolhammer::simplify

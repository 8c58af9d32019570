#include <algorithm>
#include <bit>
#include <functional>
#include <set>
#include <vector>

#include "harness/run/search.hpp"
#include "harness/run/simplicity.hpp"
#include "harness/trace/lifetimes.hpp"
#include "harness/trace/shape.hpp"

namespace poolhammer::simplify {
namespace {

/// Whether the finding stays with a size.
using Try = std::function<bool(std::uint64_t size)>;

/// The least number above `without` and up to `with` that `shows` takes, by bisection: it takes `with`.
template <class Shows>
void bisect(std::uint64_t without, std::uint64_t with, Shows&& shows) {
  while (without + 1 < with) {
    const std::uint64_t middle = without + (with - without) / 2;
    (shows(middle) ? with : without) = middle;
  }
}

/// The least power of two that `attempt` takes, also one above `size`. Whether there is one.
[[nodiscard]] bool simplest_power(std::uint64_t size, const Try& attempt) {
  const auto bits = static_cast<std::uint64_t>(std::bit_width(size));
  const auto shows = [&](std::uint64_t exponent) {
    const std::uint64_t power = std::uint64_t{1} << exponent;
    const bool fits = power <= size && !is_refused(size);
    return (fits || may_grow_to(power)) && attempt(power);
  };
  // Those next to it, then what more and more allocators refuse, at last what nobody may grant.
  for (const std::uint64_t exponent :
       {bits, bits - 1, bits + 1, bits + 4, std::uint64_t{40}, std::uint64_t{63}}) {
    if (bits == 0 || exponent > 63 || (std::uint64_t{1} << exponent != size && !shows(exponent))) continue;
    bisect(0, exponent, shows);
    return true;
  }
  return false;
}

/// A number next to the power of two below `size` or above it. Whether `attempt` takes one, or it is one.
[[nodiscard]] bool next_to_power(std::uint64_t size, const Try& attempt) {
  const std::uint64_t below = std::bit_floor(size);
  if (below == 0 || is_next_to_power(size)) return true;
  if (attempt(below + 1) || attempt(2 * below - 1)) return true;
  return attempt(below - 1) || (2 * below != 0 && attempt(2 * below + 1));
}

/// The number that needs the fewest decimal digits, by rounding `size` down and up; of those alike the least.
/// Whether there is one. Close to what 64 bits hold, the distance to that says more than digits do.
[[nodiscard]] bool roundest(std::uint64_t size, const Try& attempt) {
  constexpr std::uint64_t most = std::uint64_t{1} << 60U;
  std::uint64_t unit = 1;
  while (size / unit >= 10) unit *= 10;
  for (; unit > 1 && size < most; unit /= 10) {
    const std::uint64_t down = size / unit;
    std::uint64_t with = down;
    if (size % unit != 0 && !attempt(down * unit)) {
      with = down + 1;
      if (!attempt(with * unit)) continue;
    }
    bisect(0, with, [&](std::uint64_t middle) { return attempt(middle * unit); });
    return true;
  }
  return false;
}

/// Tries sizes simpler than `size`, until one of the simplest kind that shows the finding is the least.
void simplest(std::uint64_t size, const LayoutShape& shape, const Try& shows) {
  const Simplicity present = simplicity(size, shape);
  const auto attempt = [&](std::uint64_t other) {
    return simplicity(other, shape) < present && shows(other);
  };
  if (attempt(1)) return;
  // The ends of the classes, and the first size above them.
  const std::uint64_t above = shape.classes() + 1;
  const auto end_of = [&](std::uint64_t number) {
    return number == above ? shape.largest + 1 : number * shape.step;
  };
  const std::uint64_t own =
      size > shape.largest ? above : (std::max<std::uint64_t>(size, 1) - 1) / shape.step + 1;
  for (const std::uint64_t number : {own, own - 1}) {
    if (number == 0 || (end_of(number) != size && !attempt(end_of(number)))) continue;
    return bisect(0, number, [&](std::uint64_t middle) { return attempt(end_of(middle)); });
  }
  if (simplest_power(size, attempt) || next_to_power(size, attempt) || roundest(size, attempt)) return;
  bisect(0, size, attempt);
}

/// The same size wherever it occurs, so that what must be equal stays so.
void each_size(MinimizeSearch& search) {
  const LayoutShape shape = shape_of(search.best().layout);
  std::set<std::uint64_t> sizes;
  for (const Operation& operation : search.operations()) {
    if (has_bytes(operation)) sizes.insert(operation.size);
  }
  for (const std::uint64_t first : sizes) {
    if (search.stopped()) return;
    std::uint64_t present = first;
    simplest(first, shape, [&](std::uint64_t other) {
      std::vector<Operation> changed = search.operations();
      for (Operation& operation : changed) {
        if (has_bytes(operation) && operation.size == present) operation.size = other;
      }
      if (!search.attempt(std::move(changed))) return false;
      present = other;
      return true;
    });
  }
}

void each_operation(MinimizeSearch& search) {
  const LayoutShape shape = shape_of(search.best().layout);
  for (std::size_t i = search.operations().size(); i-- > 0 && !search.stopped();) {
    if (i >= search.operations().size() || !takes_bytes(search.operations()[i])) continue;
    const auto shows_with = [&](std::uint64_t Operation::*number) {
      return [&search, i, number](std::uint64_t other) {
        if (i >= search.operations().size()) return false;
        std::vector<Operation> changed = search.operations();
        changed[i].*number = other;
        return search.attempt(std::move(changed));
      };
    };
    simplest(search.operations()[i].size, shape, shows_with(&Operation::size));
    if (i < search.operations().size() && search.operations()[i].has_by())
      bisect(0, search.operations()[i].count, shows_with(&Operation::count));
  }
}

/// All of one size: of programs that fill pools, it is the only way in few trials.
void all_alike(MinimizeSearch& search) {
  const LayoutShape shape = shape_of(search.best().layout);
  for (const std::uint64_t size : {std::uint64_t{1}, shape.step, shape.largest}) {
    std::vector<Operation> changed = search.operations();
    bool simpler = true;
    for (Operation& operation : changed) {
      if (!has_bytes(operation) || operation.size == size) continue;
      simpler = simpler && simplicity(size, shape) < simplicity(operation.size, shape);
      operation.size = size;
    }
    if (simpler) search.attempt(std::move(changed));
  }
}

/// Smaller numbers: fewer refusals, a plainer placement.
[[nodiscard]] std::vector<Operation> smaller_commands(const Operation& operation) {
  std::vector<Operation> simpler;
  if (!operation.has_size() || has_bytes(operation) || operation.has_own() || operation.has_by() ||
      operation.kind == OperationKind::set_errno)
    return simpler;
  const std::uint64_t least = choices_of(operation.kind).words.empty() ? 1 : 0;
  for (std::uint64_t size = least; size < std::min<std::uint64_t>(operation.size, 8); ++size)
    simpler.push_back({operation.kind, 0, 0, size});
  return simpler;
}

/// The same step with a smaller alignment, from a pointer's size on.
[[nodiscard]] std::vector<Operation> smaller_alignments(const Operation& operation) {
  std::vector<Operation> simpler;
  if (!operation.has_alignment()) return simpler;
  for (std::uint64_t alignment = sizeof(void*); alignment < operation.alignment && alignment != 0;
       alignment *= 2) {
    simpler.push_back(operation);
    simpler.back().alignment = alignment;
  }
  return simpler;
}

/// Simpler operations that may stand for one, the simplest first: the first thread, no signal handler,
/// plainer functions, smaller numbers.
[[nodiscard]] std::vector<Operation> simpler_calls(const Operation& operation, bool has_block) {
  std::vector<Operation> simpler;
  const auto add = [&](Operation other) {
    other.thread = operation.thread;
    other.context = operation.context;
    simpler.push_back(canonical(other));
  };
  if (operation.thread != 0) {
    simpler.push_back(canonical(on_thread(0, operation)));
  }
  if (operation.context != Context::program) simpler.push_back(in_context(Context::program, operation));
  if (operation.context == Context::alternate_stack)
    simpler.push_back(in_context(Context::signal_handler, operation));
  const auto total = operation.bytes();
  if (resizes(operation.kind)) {
    if (has_block) add({OperationKind::free, operation.slot});
    if (!has_block) add({OperationKind::malloc, operation.slot, 0, total.value_or(operation.size)});
    if (operation.kind == OperationKind::reallocarray && total)
      add({OperationKind::realloc, operation.slot, 0, *total});
  } else if (allocates(operation.kind) && operation.kind != OperationKind::malloc) {
    if (total || operation.kind == OperationKind::calloc)
      add({OperationKind::malloc, operation.slot, 0, total.value_or(operation.size)});
    if (operation.kind == OperationKind::calloc && total && operation.count != 1)
      add({OperationKind::calloc, operation.slot, 1, *total});
    for (const Operation& other : smaller_alignments(operation)) add(other);
  } else if (frees(operation.kind) && operation.kind != OperationKind::free) {
    add({OperationKind::free, operation.slot});
  }
  for (const Operation& other : smaller_commands(operation)) add(other);
  return simpler;
}

/// Whether the slot of step `place` holds a block before it, as far as the program tells.
[[nodiscard]] bool continues(const Lifetimes& lifetimes, std::size_t place) {
  const auto begin = lifetimes.of.begin();
  const auto end = begin + static_cast<std::ptrdiff_t>(place);
  return std::find(begin, end, lifetimes.of[place]) != end;
}

}  // namespace

void slots(MinimizeSearch& search) {
  search.attempt(with_own_slots(search.operations()));
}

void calls(MinimizeSearch& search) {
  for (std::size_t i = search.operations().size(); i-- > 0 && !search.stopped();) {
    if (i >= search.operations().size()) continue;
    if (simpler_calls(search.operations()[i], false).empty()) continue;
    const bool has_block = continues(lifetimes_of(search.operations()), i);
    for (const Operation& simpler : simpler_calls(search.operations()[i], has_block)) {
      std::vector<Operation> changed = search.operations();
      changed[i] = simpler;
      if (search.attempt(std::move(changed))) break;
    }
  }
}

void sizes(MinimizeSearch& search) {
  all_alike(search);
  each_size(search);
  each_operation(search);
}

void layout(MinimizeSearch& search) {
  if (search.best().layout == LayoutId::tiny || search.stopped()) return;
  const LayoutShape from = shape_of(search.best().layout);
  const LayoutShape to = shape_of(LayoutId::tiny);
  Trace other{LayoutId::tiny, search.operations()};
  // Sizes of one class stay of one class, and what no pool serves stays so.
  for (Operation& operation : other.operations) {
    if (!has_bytes(operation) || operation.kind == OperationKind::calloc || operation.size == 0) continue;
    if (operation.size > from.largest) continue;
    const std::uint64_t number = (operation.size - 1) / from.step % to.classes();
    operation.size = (number + 1) * to.step;
  }
  if (!search.attempt(std::move(other))) search.attempt(Trace{LayoutId::tiny, search.operations()});
}

}  // namespace poolhammer::simplify

namespace poolhammer {

void try_larger_blocks(MinimizeSearch& search) {
  constexpr std::size_t few = 1;
  const LayoutShape shape = shape_of(search.best().layout);
  std::set<std::uint64_t> present;
  for (const Operation& operation : search.operations()) {
    if (has_bytes(operation) && operation.size <= shape.largest) present.insert(operation.size);
  }
  for (const std::uint64_t size : {shape.largest, shape.class_size(shape.largest / 2)}) {
    for (const std::uint64_t from : present) {
      if (search.operations().size() <= few || search.stopped()) return;
      Trace start = search.best();
      for (Operation& operation : start.operations) {
        if (has_bytes(operation) && operation.size == from) operation.size = size;
      }
      if (from != size) search.excursion(start);
    }
  }
}

}  // namespace poolhammer

#include "harness/trace/surroundings.hpp"

#include <algorithm>
#include <set>
#include <vector>

namespace poolhammer {
namespace {

using Operations = std::vector<Operation>;

[[nodiscard]] Context any_handler(Random& random) {
  return random.chance(1, 2) ? Context::signal_handler : Context::alternate_stack;
}

/// The first thread does not end.
[[nodiscard]] Context elsewhere(const Operation& operation, Random& random) {
  return operation.thread != 0 && random.chance(1, 3) ? Context::destructor : any_handler(random);
}

/// Which steps a child performs.
struct Part {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// From `first` on, mostly a short one.
[[nodiscard]] Part draw_part(std::size_t first, std::size_t all, Random& random) {
  constexpr std::uint64_t longest = 64;
  const std::size_t begin = first + static_cast<std::size_t>(random.below(all - first));
  const std::uint64_t length = 1 + random.below(1 + random.below(longest));
  return {begin, std::min(all, begin + static_cast<std::size_t>(length))};
}

/// Whether it comes from a child or ends one: a child forks none.
[[nodiscard]] bool is_of_children(const Operation& operation) {
  return operation.kind == OperationKind::fork || operation.kind == OperationKind::child_ends;
}

/// The threads beside the first that are there after these steps.
[[nodiscard]] std::set<std::uint8_t> living_threads(std::span<const Operation> operations) {
  std::set<std::uint8_t> living;
  for (const Operation& operation : operations) {
    if (operation.kind == OperationKind::end_thread)
      living.erase(operation.thread);
    else if (operation.has_thread() && operation.thread != 0)
      living.insert(operation.thread);
  }
  return living;
}

/// The part as a child's: the thread that forked and those that it bears perform it.
[[nodiscard]] Operations in_child(const Operations& operations, Part part, std::uint8_t threads,
                                  Random& random) {
  Operations child;
  for (const std::uint8_t thread : living_threads(std::span(operations).first(part.begin)))
    child.push_back(on_thread(thread, {OperationKind::end_thread}));
  child.push_back({OperationKind::fork});
  std::uint8_t turn = 0;
  for (std::size_t i = part.begin; i < part.end; ++i) {
    if (random.chance(1, 4)) turn = static_cast<std::uint8_t>(random.below(threads));
    child.push_back(canonical(on_thread(turn, operations[i])));
  }
  child.push_back({OperationKind::child_ends});
  return child;
}

/// Where the steps after the child begin. Nothing changes where there is no room for it.
std::size_t have_child_perform(Operations& operations, Part part, std::uint8_t threads, Random& random,
                               std::size_t most) {
  const Operations child = in_child(operations, part, threads, random);
  if (part.begin + child.size() > most) return operations.size();
  const auto begin = operations.begin() + static_cast<std::ptrdiff_t>(part.begin);
  const auto after = operations.erase(begin, begin + static_cast<std::ptrdiff_t>(part.end - part.begin));
  operations.insert(after, child.begin(), child.end());
  if (operations.size() > most) operations.resize(most);
  return part.begin + child.size();
}

void add_children(Operations& operations, const Breadth& breadth, Random& random, std::size_t most) {
  std::size_t first = 0;
  for (std::uint64_t children = 1 + random.below(2); children > 0 && first < operations.size(); --children)
    first = have_child_perform(operations, draw_part(first, operations.size(), random),
                               std::max<std::uint8_t>(breadth.threads, 1), random, most);
}

void add_handlers(Operations& operations, Random& random) {
  const std::uint64_t one_in = std::uint64_t{2} << random.below(6);
  const bool both = random.chance(1, 2);
  const Context one = any_handler(random);
  for (Operation& operation : operations) {
    if (operation.has_context() && random.chance(1, one_in))
      operation.context = both ? any_handler(random) : one;
  }
}

/// A thread ends by some calls, of which some are the last of several in its destructors.
void add_destructors(Operations& operations, Random& random) {
  const std::uint64_t one_in = std::uint64_t{4} << random.below(5);
  std::set<std::uint8_t> ending;
  for (Operation& operation : operations) {
    if (!operation.has_context() || operation.thread == 0) continue;
    const bool goes_on = ending.erase(operation.thread) != 0 && random.chance(2, 3);
    if (!goes_on && !random.chance(1, one_in)) continue;
    operation.context = Context::destructor;
    ending.insert(operation.thread);
  }
}

}  // namespace

void surround(Trace& trace, const Breadth& breadth, Random random, std::size_t most) {
  if (random.chance(1, 2)) add_handlers(trace.operations, random);
  if (random.chance(1, 2)) add_destructors(trace.operations, random);
  if (random.chance(1, 4)) add_children(trace.operations, breadth, random, most);
}

void surround_a_little(Trace& trace, const Breadth& breadth, Random& random, std::size_t most) {
  if (trace.operations.empty()) return;
  const bool has_child = std::ranges::any_of(trace.operations, is_of_children);
  if (!has_child && random.chance(1, 4)) {
    have_child_perform(trace.operations, draw_part(0, trace.operations.size(), random),
                       std::max<std::uint8_t>(breadth.threads, 1), random, most);
    return;
  }
  Operation& operation = trace.operations[static_cast<std::size_t>(random.below(trace.operations.size()))];
  if (operation.has_context())
    operation.context =
        operation.context == Context::program ? elsewhere(operation, random) : Context::program;
}

}  // namespace poolhammer

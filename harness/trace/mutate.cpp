#include "harness/trace/mutate.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "allocator/placement.hpp"
#include "harness/trace/generate.hpp"
#include "harness/trace/liveness.hpp"
#include "harness/trace/program_writer.hpp"
#include "harness/trace/shape.hpp"
#include "harness/trace/sizes.hpp"

namespace poolhammer {
namespace {

using Operations = std::vector<Operation>;

constexpr std::array plain_kinds = {OperationKind::malloc, OperationKind::calloc, OperationKind::realloc,
                                    OperationKind::free};

std::ptrdiff_t offset(std::size_t index) {
  return static_cast<std::ptrdiff_t>(index);
}

/// A part of a program, never empty where the program is not.
struct Range {
  std::size_t begin = 0;
  std::size_t length = 0;
};

Range pick_range(const Operations& operations, Random& random) {
  if (operations.empty()) return {};
  const auto begin = static_cast<std::size_t>(random.below(operations.size()));
  const std::size_t rest = operations.size() - begin;
  // Mostly short ones: a factor of two less likely for every doubling.
  const std::size_t most = std::min(rest, std::size_t{1} << random.below(12));
  return {begin, static_cast<std::size_t>(1 + random.below(most))};
}

std::size_t pick_place(const Operations& operations, Random& random) {
  return static_cast<std::size_t>(random.below(operations.size() + 1));
}

std::uint32_t empty_slot(const Operations& operations, std::size_t place, Random& random) {
  if (random.chance(1, 2)) {
    if (const auto slot = find_slot(operations, place, false, random)) return *slot;
  }
  return first_fresh_slot(operations);
}

std::uint64_t small_size(const LayoutShape& shape, Random& random) {
  switch (random.below(4)) {
    case 0:
      return any_class(shape, random);
    case 1:
      return class_edge(shape, random);
    default:
      return 1 + random.below(shape.largest);
  }
}

std::uint64_t new_size(std::uint64_t old, const LayoutShape& shape, Random& random) {
  switch (random.below(8)) {
    case 0:
      return huge_edge(random);
    case 1:
      return shrink_edge(shape, random);
    case 2:
      return class_edge(shape, random);
    case 3:
      return old > 0 ? old - 1 : old + 1;
    case 4:
      return old < largest_grantable_request ? old + 1 : old;
    case 5:
      return old / 4 * 3;
    case 6:
      return shape.largest + 1 + random.below(largest_grantable_request - shape.largest);
    default:
      return small_size(shape, random);
  }
}

Operation random_command(Random& random) {
  constexpr std::array commands = {OperationKind::check, OperationKind::fail_arenas, OperationKind::fail_raw,
                                   OperationKind::place};
  const OperationKind kind = random.pick(commands);
  if (kind == OperationKind::check) return {kind, 0, 0, 0};
  if (kind == OperationKind::place) return {kind, 0, 0, random.below(pymalloc::placements)};
  return {kind, 0, 0, random.below(random.chance(1, 4) ? 64 : 4)};
}

/// A step that makes sense before step `place`.
Operation random_step(const Operations& operations, std::size_t place, const LayoutShape& shape,
                      Random& random) {
  const OperationKind kind = random.pick(plain_kinds);
  const bool wants_live = kind == OperationKind::realloc || kind == OperationKind::free;
  const std::optional<std::uint32_t> live =
      wants_live ? find_slot(operations, place, true, random) : std::nullopt;
  if (kind == OperationKind::free && live) return {kind, *live, 0, 0};
  if (kind == OperationKind::realloc && live) return {kind, *live, 0, new_size(64, shape, random)};
  const std::uint32_t slot = empty_slot(operations, place, random);
  if (kind == OperationKind::calloc) {
    const CallocRequest request = random.chance(1, 8) ? overflowing_calloc(random)
                                                      : split_for_calloc(small_size(shape, random), random);
    return {kind, slot, request.count, request.size};
  }
  return {OperationKind::malloc, slot, 0, small_size(shape, random)};
}

/// The program that a mutation changes, and what it may use.
struct Workpiece {
  Trace& trace;
  Random& random;
  std::size_t max_operations;
  const Breadth& breadth;

  [[nodiscard]] Operations& operations() const { return trace.operations; }
  [[nodiscard]] LayoutShape shape() const { return shape_of(trace.layout); }

  [[nodiscard]] std::size_t room() const {
    const std::size_t size = trace.operations.size();
    return max_operations > size ? max_operations - size : 0;
  }

  /// Inserts before step `place` as many of `added` as there is room for.
  void insert(std::size_t place, const Operations& added) const {
    const auto end = added.begin() + offset(std::min(room(), added.size()));
    trace.operations.insert(trace.operations.begin() + offset(place), added.begin(), end);
  }
};

void insert_step(const Workpiece& work) {
  const std::size_t place = pick_place(work.operations(), work.random);
  work.insert(place, {random_step(work.operations(), place, work.shape(), work.random)});
}

void insert_command(const Workpiece& work) {
  const std::size_t place = pick_place(work.operations(), work.random);
  work.insert(place, {random_command(work.random)});
}

void insert_generated(const Workpiece& work) {
  const std::size_t place = pick_place(work.operations(), work.random);
  const bool domains =
      std::any_of(work.operations().begin(), work.operations().end(),
                  [](const Operation& operation) { return operation.kind == OperationKind::domain; });
  const GenerateOptions options = {.operations = static_cast<std::size_t>(1 + work.random.below(64)),
                                   .layout = work.trace.layout,
                                   .domains = domains,
                                   .breadth = work.breadth};
  work.insert(place, generate(work.random, options).operations);
}

/// Another program in its place. Where there is much to combine (functions, sizes, threads), what a whole
/// program of the generator reaches, small changes reach late.
void replace_all(const Workpiece& work) {
  const std::size_t most = std::max<std::size_t>(work.max_operations, 1);
  work.trace = generate(work.random, {.operations = static_cast<std::size_t>(1 + work.random.below(most)),
                                      .layout = work.trace.layout,
                                      .commands = false,
                                      .breadth = work.breadth});
}

void delete_range(const Workpiece& work) {
  const Range range = pick_range(work.operations(), work.random);
  const auto begin = work.operations().begin() + offset(range.begin);
  work.operations().erase(begin, begin + offset(range.length));
}

void delete_slot(const Workpiece& work) {
  if (work.operations().empty()) return;
  const Operation chosen = work.random.pick(work.operations());
  if (!chosen.has_slot()) return;
  std::erase_if(work.operations(),
                [&](const Operation& other) { return other.has_slot() && other.slot == chosen.slot; });
}

Operations copy(const Operations& operations, Range range) {
  const auto begin = operations.begin() + offset(range.begin);
  return {begin, begin + offset(range.length)};
}

/// Makes the steps work on other blocks: every slot `distance` further on.
void rename_slots(Operations& operations, std::uint32_t distance) {
  for (Operation& operation : operations) {
    if (operation.has_slot()) operation.slot = std::min(operation.slot + distance, slot_limit - 1);
  }
}

void repeat_range(const Workpiece& work) {
  const Range range = pick_range(work.operations(), work.random);
  Operations part = copy(work.operations(), range);
  const std::uint32_t stride = work.random.chance(1, 2) ? first_fresh_slot(part) : 0;
  Operations repeated;
  for (std::uint64_t times = std::uint64_t{1} << work.random.below(6); times > 0; --times) {
    if (repeated.size() >= work.room()) break;
    rename_slots(part, stride);
    repeated.insert(repeated.end(), part.begin(), part.end());
  }
  work.insert(range.begin + range.length, repeated);
}

void copy_range_elsewhere(const Workpiece& work) {
  Operations part = copy(work.operations(), pick_range(work.operations(), work.random));
  if (work.random.chance(3, 4)) rename_slots(part, first_fresh_slot(work.operations()));
  work.insert(pick_place(work.operations(), work.random), part);
}

void move_range(const Workpiece& work) {
  const Range range = pick_range(work.operations(), work.random);
  const auto begin = work.operations().begin() + offset(range.begin);
  const auto end = begin + offset(range.length);
  const std::size_t place = pick_place(work.operations(), work.random);
  const auto target = work.operations().begin() + offset(place);
  if (target < begin) {
    std::rotate(target, begin, end);
  } else if (target > end) {
    std::rotate(begin, end, target);
  }
}

void swap_steps(const Workpiece& work) {
  if (work.operations().empty()) return;
  std::swap(work.random.pick(work.operations()), work.random.pick(work.operations()));
}

/// A step that has what `property` tells, among a few tries.
template <typename Property>
std::optional<std::size_t> find_step(const Workpiece& work, Property property) {
  for (int tries = 0; tries < 8 && !work.operations().empty(); ++tries) {
    const auto index = static_cast<std::size_t>(work.random.below(work.operations().size()));
    if (property(work.operations()[index])) return index;
  }
  return std::nullopt;
}

void retarget_slot(const Workpiece& work) {
  const auto index = find_step(work, [](const Operation& operation) { return operation.has_slot(); });
  if (!index) return;
  Operation& operation = work.operations()[*index];
  const bool releases = resizes(operation.kind) || !allocates(operation.kind);
  // Now and then the other way about: a null pointer to free or realloc, a slot that is taken.
  const bool live = releases != work.random.chance(1, 16);
  if (!live) {
    operation.slot = empty_slot(work.operations(), *index, work.random);
  } else if (const auto slot = find_slot(work.operations(), *index, true, work.random)) {
    operation.slot = *slot;
  }
}

void change_size(const Workpiece& work) {
  const auto index = find_step(work, [](const Operation& operation) { return operation.has_size(); });
  if (!index) return;
  Operation& operation = work.operations()[*index];
  switch (operation.kind) {
    case OperationKind::domain:
    case OperationKind::hook:
    case OperationKind::set_throwing_handler:
      operation.size = work.random.below(choices_of(operation.kind).words.size());
      return;
    case OperationKind::place:
    case OperationKind::fail_arenas:
    case OperationKind::fail_raw:
      operation = random_command(work.random);
      return;
    case OperationKind::calloc: {
      const CallocRequest request =
          work.random.chance(1, 8)
              ? overflowing_calloc(work.random)
              : split_for_calloc(new_size(operation.size, work.shape(), work.random), work.random);
      operation.count = request.count;
      operation.size = request.size;
      return;
    }
    default:
      operation.size = new_size(operation.size, work.shape(), work.random);
  }
}

/// Gives every step of a range the size of one of them: what fills a pool is many blocks of one class.
void unify_sizes(const Workpiece& work) {
  const auto model =
      find_step(work, [](const Operation& operation) { return operation.kind == OperationKind::malloc; });
  if (!model) return;
  const std::uint64_t size = work.operations()[*model].size;
  const Range range = pick_range(work.operations(), work.random);
  for (std::size_t i = range.begin; i < range.begin + range.length; ++i) {
    if (work.operations()[i].kind == OperationKind::malloc) work.operations()[i].size = size;
  }
}

void change_kind(const Workpiece& work) {
  const auto index = find_step(work, [](const Operation& operation) { return operation.has_slot(); });
  if (!index) return;
  Operation& operation = work.operations()[*index];
  const Operation old = operation;
  operation = {work.random.pick(plain_kinds), old.slot, 0, 0};
  operation.thread = old.thread;
  operation.context = old.context;
  if (operation.kind == OperationKind::free) return;
  operation.size = old.has_size() ? old.size : small_size(work.shape(), work.random);
  if (operation.kind == OperationKind::calloc) operation.count = old.has_count() ? old.count : 1;
}

void change_layout(const Workpiece& work) {
  work.trace.layout = static_cast<LayoutId>(work.random.below(layouts));
}

/// Fills a pool or an arena with one class, drains what is live, or first the one and then the other.
void insert_burst(const Workpiece& work) {
  const std::size_t place = pick_place(work.operations(), work.random);
  const LayoutShape shape = work.shape();
  Random& random = work.random;
  ProgramWriter writer(live_slots(work.operations(), place), first_fresh_slot(work.operations()));
  const bool fills = random.chance(2, 3);
  if (fills) {
    SizeSource sizes(SizeProfile::one_class, shape, random);
    std::size_t blocks = shape.pool_capacity(sizes.draw(random));
    if (random.chance(1, 3)) {
      if (const auto size = class_that_fills_an_arena(shape, work.room(), random)) {
        sizes.prefer_class_of(*size);
        blocks = shape.arena_capacity(*size);
      }
    }
    blocks = std::min(blocks + static_cast<std::size_t>(random.below(2)), work.room());
    for (; blocks > 0 && writer.has_empty_slot(); --blocks) writer.malloc(sizes.draw(random), random);
  }
  if (!fills || random.chance(1, 2)) {
    const auto order = static_cast<DrainOrder>(random.below(drain_orders));
    const std::size_t live = writer.live();
    const std::size_t blocks = random.chance(1, 2) ? live : static_cast<std::size_t>(random.below(live + 1));
    writer.free(blocks, order, random);
  }
  work.insert(place, std::move(writer).take());
}

/// Up to some thousand blocks of a class in one step, and now and then a step that frees them: what an engine
/// would need thousands of steps for.
void insert_exhaust(const Workpiece& work) {
  const std::size_t place = pick_place(work.operations(), work.random);
  const std::uint64_t blocks = std::uint64_t{1} << work.random.below(13);
  Operations added = {canonical({.kind = OperationKind::exhaust,
                                 .count = blocks + work.random.below(blocks),
                                 .size = small_size(work.shape(), work.random),
                                 .by = OperationKind::malloc})};
  if (work.random.chance(1, 2)) added.push_back({.kind = OperationKind::release});
  work.insert(place, added);
}

using Mutation = void (*)(const Workpiece&);

/// Each as often as it is listed.
constexpr std::array mutations = {
    insert_step,    insert_step,  insert_step,          delete_range,     delete_range, delete_slot,
    repeat_range,   repeat_range, copy_range_elsewhere, move_range,       swap_steps,   retarget_slot,
    retarget_slot,  change_size,  change_size,          change_size,      unify_sizes,  change_kind,
    insert_command, insert_burst, insert_burst,         insert_generated,
};

constexpr std::array rare_mutations = {change_layout, insert_exhaust};

void truncate(Trace& trace, std::size_t max_operations) {
  if (trace.operations.size() > max_operations) trace.operations.resize(max_operations);
}

}  // namespace

void mutate(Trace& trace, Random& random, std::size_t max_operations, const Breadth& breadth) {
  truncate(trace, max_operations);
  const Workpiece work = {trace, random, max_operations, breadth};
  if (!breadth.plain() && max_operations > 0 && random.chance(1, 4)) return replace_all(work);
  do {
    if (!breadth.nothing() && random.chance(1, 3)) {
      broaden_a_little(trace, breadth, random, max_operations);
      continue;
    }
    const bool seldom = random.chance(1, 32);
    const Mutation mutation = seldom ? random.pick(rare_mutations) : random.pick(mutations);
    mutation(work);
  } while (random.chance(1, 2));
}

Trace crossover(const Trace& first, const Trace& second, Random& random, std::size_t max_operations) {
  Trace child = {random.chance(3, 4) ? first.layout : second.layout, first.operations};
  child.operations.resize(pick_place(first.operations, random));
  const std::size_t cut = pick_place(second.operations, random);
  child.operations.insert(child.operations.end(), second.operations.begin() + offset(cut),
                          second.operations.end());
  truncate(child, max_operations);
  return child;
}

}  // namespace poolhammer

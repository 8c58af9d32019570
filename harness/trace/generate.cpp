#include "harness/trace/generate.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "allocator/placement.hpp"
#include "harness/trace/program_length.hpp"
#include "harness/trace/program_writer.hpp"
#include "harness/trace/restrict.hpp"
#include "harness/trace/shape.hpp"
#include "harness/trace/sizes.hpp"
#include "harness/trace/with_its_end.hpp"

namespace poolhammer {
namespace {

enum class Phase : std::uint8_t { fill, mixture, drain, saw_teeth };
constexpr std::size_t phases = 4;
constexpr std::array plain_kinds = {OperationKind::malloc, OperationKind::calloc, OperationKind::realloc,
                                    OperationKind::free};

/// An index, each as often as its weight tells. Precondition: some weight is not 0.
std::size_t pick_by_weight(std::span<const std::uint32_t> weights, Random& random) {
  std::uint64_t total = 0;
  for (const std::uint32_t weight : weights) total += weight;
  std::uint64_t point = random.below(total);
  std::size_t i = 0;
  for (; point >= weights[i]; ++i) point -= weights[i];
  return i;
}

/// Weights of which some are 0: what the swarm leaves out. Never all.
template <std::size_t N>
std::array<std::uint32_t, N> draw_weights(Random& random) {
  std::array<std::uint32_t, N> weights = {};
  for (std::uint32_t& weight : weights) {
    if (random.chance(3, 4)) weight = 1U << random.below(5);
  }
  random.pick(weights) += 1;
  return weights;
}

std::uint32_t draw_slots(std::size_t operations, bool as_many_as_wanted, Random& random) {
  const std::uint64_t most = std::clamp<std::uint64_t>(operations, 1, slot_limit);
  switch (as_many_as_wanted ? 3 : random.below(4)) {
    case 0:
      return static_cast<std::uint32_t>(std::min(most, 1 + random.below(8)));
    case 1:
      return static_cast<std::uint32_t>(std::min(most, 8 + random.below(64)));
    default:
      return static_cast<std::uint32_t>(most);
  }
}

/// One trace's draw, and the writing by it.
class Swarm {
 public:
  Swarm(Random& random, const GenerateOptions& options)
      : random_(random),
        options_(options),
        shape_(shape_of(options.layout)),
        sizes_(static_cast<SizeProfile>(random.below(size_profiles)), shape_, random),
        empties_arenas_(random.chance(1, 3)),
        grows_(options.operations >= longest_short && random.chance(1, 2)),
        writer_(draw_slots(options.operations, empties_arenas_ || grows_, random)),
        kinds_(draw_weights<4>(random)),
        phases_(draw_weights<phases>(random)),
        commands_(draw_weights<4>(random)),
        fills_with_one_class_(random.chance(1, 2)) {
    if (options.commands && random.chance(1, 2)) one_command_in_ = 4U << random.below(7);
    if (random.chance(1, 3)) one_stray_in_ = 8U << random.below(4);
    if (options.reserves && random.chance(1, 4)) one_wide_in_ = 8U << random.below(5);
    if (random.chance(1, 2)) order_ = static_cast<DrainOrder>(random.below(drain_orders));
    if (random.chance(1, 2)) prefer_a_class_that_fills_an_arena(options.operations / 3 * 2);
    if (grows_) prefer_an_extreme_class(random);
  }

  std::vector<Operation> write() {
    if (one_command_in_ != 0 && random_.chance(1, 2)) place();
    if (grows_) grow();
    if (empties_arenas_) fill_and_empty_arenas();
    while (left() > 0) {
      const std::size_t before = writer_.size();
      write_phase();
      if (writer_.size() == before) step();
    }
    std::vector<Operation> operations = std::move(writer_).take();
    operations.resize(options_.operations);
    return operations;
  }

 private:
  [[nodiscard]] std::size_t left() const {
    return writer_.size() < options_.operations ? options_.operations - writer_.size() : 0;
  }

  // On the large layouts most classes need thousands of blocks for one arena: prefer one that fits the trace.
  bool prefer_a_class_that_fills_an_arena(std::size_t blocks) {
    const auto size = class_that_fills_an_arena(shape_, blocks, random_);
    if (size) sizes_.prefer_class_of(*size);
    return size.has_value();
  }

  /// Of the largest class the most arenas are had, of the smallest the most blocks a pool.
  void prefer_an_extreme_class(Random& random) {
    const std::uint64_t kind = random.below(4);
    if (kind == 0) sizes_.prefer_class_of(1 + random.below(shape_.step));
    if (kind > 1) sizes_.prefer_class_of(shape_.largest - random.below(shape_.step));
  }

  /// A number of blocks: beside what fills a pool, some pools or an arena, or any.
  std::size_t draw_level() {
    const std::uint64_t size = sizes_.draw_of_one_class(random_);
    const std::size_t pool = shape_.pool_capacity(size);
    const std::size_t arena = shape_.arena_capacity(size);
    std::size_t level = 0;
    switch (random_.below(5)) {
      case 0:
        level = static_cast<std::size_t>(random_.below(8));
        break;
      case 1:
        level = pool * static_cast<std::size_t>(1 + random_.below(4));
        break;
      case 2:
        level = pool * static_cast<std::size_t>(1 + random_.below(shape_.pools_per_arena));
        break;
      case 3:
        level = arena * draw_arenas(arena);
        break;
      default:
        return static_cast<std::size_t>(1 + random_.below(left()));
    }
    return std::max<std::size_t>(level + static_cast<std::size_t>(random_.below(3)), 2) - 1;
  }

  /// Three at most in a short program; in a long one each power of two that it has room for is as likely.
  std::size_t draw_arenas(std::size_t arena) {
    const std::size_t most = left() / arena;
    if (most <= 3) return static_cast<std::size_t>(1 + random_.below(3));
    const std::uint64_t power = random_.below(static_cast<std::uint64_t>(std::bit_width(most)));
    return static_cast<std::size_t>(1 + random_.below(std::uint64_t{2} << power));
  }

  DrainOrder draw_order() { return order_ ? *order_ : static_cast<DrainOrder>(random_.below(drain_orders)); }

  void write_phase() {
    switch (static_cast<Phase>(pick_by_weight(phases_, random_))) {
      case Phase::fill:
        return fill(draw_level());
      case Phase::mixture:
        for (std::size_t steps = static_cast<std::size_t>(1 + random_.below(left())); steps > 0; --steps)
          step();
        return;
      case Phase::drain:
        return drain(random_.chance(1, 2) ? writer_.live() : draw_level());
      case Phase::saw_teeth: {
        const std::size_t up = draw_level();
        const std::size_t down = random_.chance(1, 2) ? up : draw_level();
        for (std::uint64_t teeth = 2 + random_.below(6); teeth > 0 && left() > 0; --teeth) {
          fill(up);
          drain(down);
        }
        return;
      }
    }
  }

  /// Blocks of one class for half of a long program or more: what phases of random length seldom reach.
  void grow() {
    const bool later = std::exchange(fills_with_one_class_, true);
    fill(left() / 2 + static_cast<std::size_t>(random_.below(left() / 4)));
    fills_with_one_class_ = later;
  }

  /// Whole arenas of one class, all freed again: what phases of random length hit too seldom.
  void fill_and_empty_arenas() {
    if (!prefer_a_class_that_fills_an_arena(left() / 5 * 2)) return;
    const std::size_t arena = shape_.arena_capacity(sizes_.draw_of_one_class(random_));
    const std::size_t arenas = static_cast<std::size_t>(1 + random_.below(left() / 2 / arena));
    const bool later = std::exchange(fills_with_one_class_, true);
    fill(arenas * arena + static_cast<std::size_t>(random_.below(3)) - 1);
    fills_with_one_class_ = later;
    drain(writer_.live() - static_cast<std::size_t>(random_.below(2)));
  }

  void fill(std::size_t blocks) {
    for (; blocks > 0 && writer_.has_empty_slot() && left() > 0; --blocks) {
      command_now_and_then();
      allocate(fills_with_one_class_ ? sizes_.draw_of_one_class(random_) : sizes_.draw(random_));
    }
  }

  void drain(std::size_t blocks) {
    const DrainOrder order = draw_order();
    blocks = std::min(blocks, left());
    if (one_command_in_ == 0) return writer_.free(blocks, order, random_);
    // Of very many blocks each thousandth part at least: the oldest are taken out of a vector.
    const std::size_t part = std::max<std::size_t>(one_command_in_, blocks / 1000);
    for (; blocks > 0; blocks -= std::min(blocks, part)) {
      writer_.free(std::min(blocks, part), order, random_);
      command_now_and_then();
    }
  }

  void allocate(std::uint64_t size) {
    const std::uint32_t callocs = kinds_[1];
    const std::uint32_t mallocs = std::max(kinds_[0], callocs == 0 ? 1U : 0U);
    if (!random_.chance(callocs, mallocs + callocs)) return writer_.malloc(size, random_);
    const CallocRequest request = split_for_calloc(size, random_);
    writer_.calloc(request.count, request.size, random_);
  }

  /// One step of the mixture.
  void step() {
    command_now_and_then();
    if (one_stray_in_ != 0 && random_.chance(1, one_stray_in_)) return stray();
    if (one_wide_in_ != 0 && random_.chance(1, one_wide_in_) && writer_.has_empty_slot()) return wide();
    const OperationKind kind = plain_kinds[pick_by_weight(kinds_, random_)];
    const bool allocates = kind == OperationKind::malloc || kind == OperationKind::calloc;
    if (writer_.live() == 0 || (allocates && writer_.has_empty_slot())) {
      return allocate(sizes_.draw(random_));
    }
    if (kind == OperationKind::realloc) {
      const std::uint64_t size = random_.chance(1, 4) ? shrink_edge(shape_, random_) : sizes_.draw(random_);
      return writer_.realloc(size, random_);
    }
    writer_.free(1, order_.value_or(DrainOrder::none), random_);
  }

  /// A step on a slot that may hold a block or not: null pointers, allocations that are skipped, products
  /// that overflow.
  void stray() {
    const OperationKind kind = random_.pick(plain_kinds);
    if (kind == OperationKind::calloc) {
      const CallocRequest request = overflowing_calloc(random_);
      return writer_.add({kind, writer_.any_slot(random_), request.count, request.size});
    }
    const std::uint64_t size = kind == OperationKind::free ? 0 : sizes_.draw(random_);
    writer_.add({kind, writer_.any_slot(random_), 0, size});
  }

  /// A request of gigabytes, by a function that gives a block or resizes one.
  void wide() {
    if (random_.chance(1, 2)) {
      const CallocRequest request = wide_calloc(shape_, random_);
      return writer_.calloc(request.count, request.size, random_);
    }
    const std::uint64_t size = wide_edge(shape_, random_);
    if (writer_.live() > 0 && random_.chance(1, 2)) return writer_.realloc(size, random_);
    writer_.malloc(size, random_);
  }

  void place() { writer_.add({OperationKind::place, 0, 0, random_.below(pymalloc::placements)}); }

  /// A look at everything costs as much as the program is long: the longer, the less often, by the square.
  void check_point() {
    const std::size_t length = options_.operations;
    const bool is_long = length > longest_short;
    if (is_long && !(random_.chance(longest_short, length) && random_.chance(longest_short, length))) return;
    writer_.add({OperationKind::check, 0, 0, 0});
  }

  void domain_or_hook() {
    if (random_.chance(3, 4))
      return writer_.add({OperationKind::domain, 0, 0, random_.below(domain_words.size())});
    writer_.add({OperationKind::hook, 0, 0, random_.below(hook_words.size())});
  }

  void command_now_and_then() {
    // No number is drawn where no domains are wanted: programs without them stay the same.
    if (options_.domains && random_.chance(1, 8)) return domain_or_hook();
    if (one_command_in_ == 0 || !random_.chance(1, one_command_in_)) return;
    // Mostly a few refusals, so that the heap gets on afterwards.
    const std::uint64_t refusals = random_.chance(1, 8) ? random_.below(64) : random_.below(4);
    switch (pick_by_weight(commands_, random_)) {
      case 0:
        return check_point();
      case 1:
        return writer_.add({OperationKind::fail_arenas, 0, 0, refusals});
      case 2:
        return writer_.add({OperationKind::fail_raw, 0, 0, refusals});
      default:
        return place();
    }
  }

  Random& random_;
  const GenerateOptions& options_;
  LayoutShape shape_;
  SizeSource sizes_;
  bool empties_arenas_;  ///< begins with whole arenas of one class
  bool grows_;           ///< begins with as many blocks of one class as a long program has room for
  ProgramWriter writer_;
  std::array<std::uint32_t, 4> kinds_;  ///< weights of malloc, calloc, realloc, free in the mixture
  std::array<std::uint32_t, phases> phases_;
  std::array<std::uint32_t, 4> commands_;  ///< weights of check, fail-arenas, fail-raw, place
  bool fills_with_one_class_;
  std::uint32_t one_command_in_ = 0;  ///< one before every so many steps; 0: none
  std::uint32_t one_stray_in_ = 0;    ///< likewise
  std::uint32_t one_wide_in_ = 0;     ///< likewise, of the mixture
  std::optional<DrainOrder> order_;   ///< of every drain; each its own where empty
};

constexpr std::uint64_t as_many_as_fit = std::uint64_t{1} << 20U;

[[nodiscard]] std::array<Operation, 2> fill_and_empty(std::uint64_t size) {
  return {canonical({.kind = OperationKind::exhaust,
                     .count = as_many_as_fit,
                     .size = size,
                     .by = OperationKind::malloc}),
          {.kind = OperationKind::release}};
}

/// Its requests below are met, and all of its blocks are freed at its end, one a step.
void let_it_end_empty(Trace& trace, std::size_t most) {
  std::erase_if(trace.operations, [](const Operation& operation) {
    return operation.kind == OperationKind::fail_arenas || operation.kind == OperationKind::fail_raw;
  });
  trace.operations.resize(std::min(trace.operations.size(), most / 2 - std::min<std::size_t>(most / 2, 4)));
}

/// Makes it a program of one size, which fills the allocator before it begins and when all is freed.
void fill_around(Trace& trace, std::size_t most, Random& random) {
  const std::uint64_t size = 1 + random.below(std::uint64_t{1} << random.below(17));
  let_it_end_empty(trace, most);
  restrict_to(trace, {.without = {}, .smallest = size, .largest = size});
  trace = with_its_end(trace);
  const auto fill = fill_and_empty(size);
  trace.operations.insert(trace.operations.begin(), fill.begin(), fill.end());
  trace.operations.insert(trace.operations.end(), fill.begin(), fill.end());
}

/// Widens it, by one thread alone, as others may keep memory for themselves. Before it begins and when all is
/// freed the allocator is filled with blocks of several sizes, the largest first: a fill with smaller ones
/// may leave pieces.
void fill_around_with_several(Trace& trace, const GenerateOptions& options, Random& random) {
  std::array<std::uint64_t, 4> sizes{};
  for (std::uint64_t& size : sizes) size = 1 + random.below(std::uint64_t{1} << (4 + random.below(18)));
  std::ranges::sort(sizes, std::ranges::greater());
  Breadth breadth = options.breadth;
  breadth.threads = 1;
  breadth.own = {};
  let_it_end_empty(trace, options.operations);
  broaden(trace, breadth, random, trace.operations.size());
  trace = with_its_end(trace);
  std::vector<Operation> fills;
  for (const std::uint64_t size : sizes) {
    const auto fill = fill_and_empty(size);
    fills.insert(fills.end(), fill.begin(), fill.end());
  }
  trace.operations.insert(trace.operations.begin(), fills.begin(), fills.end());
  trace.operations.insert(trace.operations.end(), fills.begin(), fills.end());
}

}  // namespace

Trace generate(Random& random, const GenerateOptions& options) {
  Trace trace{options.layout, Swarm(random, options).write()};
  if (options.fills && random.chance(1, 8)) {
    fill_around(trace, options.operations, random);
    return trace;
  }
  if (options.fills && options.breadth.coalesces && random.chance(1, 2)) {
    fill_around_with_several(trace, options, random);
    return trace;
  }
  broaden(trace, options.breadth, random, options.operations);
  return trace;
}

Trace generate(std::uint64_t seed, const GenerateOptions& options) {
  Random random(seed);
  return generate(random, options);
}

}  // namespace poolhammer

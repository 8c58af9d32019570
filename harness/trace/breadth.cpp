#include "harness/trace/breadth.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <unordered_map>
#include <utility>

#include "harness/trace/function.hpp"
#include "harness/trace/own_programs.hpp"
#include "harness/trace/sizes.hpp"
#include "harness/trace/surroundings.hpp"

namespace poolhammer {
namespace {

/// The functions of one role, of those that the allocator has.
[[nodiscard]] std::vector<OperationKind> of_role(const Breadth& breadth, bool (*role)(OperationKind)) {
  std::vector<OperationKind> kinds;
  std::ranges::copy_if(breadth.functions, std::back_inserter(kinds), role);
  return kinds;
}

[[nodiscard]] bool gives(OperationKind kind) {
  return allocates(kind) && !resizes(kind);
}

/// A power of two, mostly a small one: 8 bytes to 64 KiB, seldom up to 8 MiB.
[[nodiscard]] std::uint64_t draw_alignment(Random& random) {
  return std::uint64_t{8} << random.below(random.chance(1, 32) ? 21 : random.chance(1, 4) ? 14 : 6);
}

/// POSIX.1-2024 posix_memalign takes multiples of sizeof(void*) alone; for others 1, 2 and 4 are as good.
[[nodiscard]] std::uint64_t draw_alignment_for(OperationKind kind, Random& random) {
  if (kind != OperationKind::posix_memalign && random.chance(1, 16))
    return std::uint64_t{1} << random.below(3);
  return draw_alignment(random);
}

/// What is larger than this is never drawn by the sizes of plain programs.
constexpr std::uint64_t large = std::uint64_t{64} << 10U;

/// Beside a power of two, each as likely, up to `largest`; half of them are large.
[[nodiscard]] std::uint64_t draw_large(std::uint64_t largest, Random& random) {
  std::uint64_t powers = 1;
  while (powers < 63 && (std::uint64_t{1} << powers) <= largest) ++powers;
  constexpr std::uint64_t first_large = 16;
  const std::uint64_t least = powers > first_large && random.chance(1, 2) ? first_large : 0;
  const std::uint64_t power = std::uint64_t{1} << (least + random.below(powers - least));
  const std::uint64_t size = random.chance(1, 3) ? power + random.below(power) : power - 1 + random.below(3);
  return std::min(size, largest);
}

/// What a block of gigabytes has: beside a power of two, or further behind it, as numbers of 32 bits wrap.
[[nodiscard]] std::uint64_t draw_huge(std::uint64_t huge, Random& random) {
  std::uint64_t powers = 1;
  while (powers < 63 && (std::uint64_t{1} << powers) <= huge) ++powers;
  constexpr std::uint64_t first_huge = 25;
  constexpr std::uint64_t first_wrapping = 31;
  const std::uint64_t least = powers > first_wrapping && random.chance(1, 2) ? first_wrapping : first_huge;
  if (powers <= least) return huge;
  // Every other one below 2^34: no machine refuses it.
  constexpr std::uint64_t few = 3;
  const std::uint64_t range = random.chance(1, 2) ? std::min(few, powers - least) : powers - least;
  const std::uint64_t power = std::uint64_t{1} << (least + random.below(range));
  const std::uint64_t distances[] = {random.below(4), random.below(64), random.below(8192),
                                     random.below(power)};
  const std::uint64_t distance = random.pick(distances);
  return std::min(random.chance(1, 3) ? power - distance : power + distance, huge);
}

/// What a large block is resized to: a little more or less, a part of it, or a multiple.
[[nodiscard]] std::uint64_t draw_beside(std::uint64_t size, std::uint64_t largest, Random& random) {
  constexpr std::uint64_t page = 4096;
  const std::uint64_t sizes[] = {size + 1,     size - 1, size + page, size / 2,
                                 size / 4 * 3, 2 * size, 3 * size,    size};
  return std::min(random.pick(sizes), largest);
}

/// aligned_alloc takes multiples of the alignment by every standard.
void round_to_alignment(Operation& operation) {
  if (operation.kind != OperationKind::aligned_alloc || operation.alignment == 0) return;
  const std::uint64_t rest = operation.size % operation.alignment;
  std::uint64_t rounded = 0;
  if (rest != 0 && !__builtin_add_overflow(operation.size, operation.alignment - rest, &rounded))
    operation.size = rounded;
}

/// Where the size is the alignment, its double or triple, allocators err: often it is.
void beside_alignment(Operation& operation, Random& random) {
  const bool small = operation.alignment <= std::uint64_t{64} << 10U;
  if (!operation.has_alignment() || !small || !random.chance(1, 4)) return;
  operation.size = operation.alignment * (1 + random.below(3));
  if (random.chance(1, 2)) operation.size += random.below(3) - 1;
}

/// The step as one of another function, with the bytes that it asked for.
void change_function(Operation& operation, OperationKind kind, Random& random) {
  // A product that overflows becomes a size that nobody grants, too.
  const std::uint64_t bytes = operation.bytes().value_or(~std::uint64_t{0} - random.below(1 << 12U));
  operation.kind = kind;
  if (takes_count(kind)) {
    if (operation.count == 0) operation.count = 1;
  } else {
    operation.size = bytes;
  }
  operation.alignment = draw_alignment_for(kind, random);
  operation = canonical(operation);
  beside_alignment(operation, random);
  round_to_alignment(operation);
}

class Broadening {
 public:
  Broadening(const Breadth& breadth, Random& random)
      : breadth_(breadth),
        random_(random),
        givers_(of_role(breadth, gives)),
        resizers_(of_role(breadth, resizes)),
        freers_(of_role(breadth, frees)) {}

  /// Which of the functions a program uses at all, and how often what happens.
  void draw() {
    for (std::vector<OperationKind>* kinds : {&givers_, &freers_}) {
      if (kinds->size() > 2 && random_.chance(1, 2)) {
        const auto kept = static_cast<std::size_t>(1 + random_.below(kinds->size()));
        for (std::size_t i = 0; i < kept; ++i)
          std::swap((*kinds)[i], (*kinds)[i + static_cast<std::size_t>(random_.below(kinds->size() - i))]);
        kinds->resize(kept);
      }
    }
    one_function_in_ = often(1, 4);
    one_large_in_ = breadth_.largest == 0 ? 0 : often(3, 6);
    one_edge_in_ = !has_edges() ? 0 : often(1, 5);
    one_huge_in_ = breadth_.huge == 0 || random_.chance(1, 2) ? 0 : often(4, 5);
    one_act_in_ = often(4, 4);
    one_impossible_in_ = breadth_.functions.empty() ? 0 : often(4, 4);
    if (breadth_.threads > 1 && random_.chance(2, 3)) {
      threads_ = 2 + random_.below(breadth_.threads - 1U);
      one_switch_in_ = std::uint64_t{2} << random_.below(5);
      one_end_in_ = std::uint64_t{16} << random_.below(5);
    }
  }

  void change(Operation& operation) {
    if (resizes(operation.kind)) {
      if (!resizers_.empty() && hit(one_function_in_))
        change_function(operation, random_.pick(resizers_), random_);
    } else if (allocates(operation.kind)) {
      if (!givers_.empty() && hit(one_function_in_))
        change_function(operation, random_.pick(givers_), random_);
    } else if (frees(operation.kind) && !freers_.empty() && hit(one_function_in_)) {
      operation.kind = random_.pick(freers_);
    }
    if (!allocates(operation.kind)) return;
    if (hit(one_edge_in_)) to_edge(operation);
    if (hit(one_huge_in_))
      make_huge(operation);
    else
      enlarge(operation);
    if (hit(one_impossible_in_)) make_impossible(operation);
  }

  /// What comes of a step that asks for gigabytes: mostly its block is not kept for long.
  [[nodiscard]] std::optional<Operation> follow_up(const Operation& operation) {
    if (!is_huge(operation) || random_.chance(1, 4)) return std::nullopt;
    Operation next{.kind = OperationKind::free, .slot = operation.slot};
    if (facts(operation.kind).family == Family::c && random_.chance(1, 2))
      next = {.kind = OperationKind::realloc, .slot = operation.slot, .size = 1 + random_.below(100'000)};
    return next;
  }

  /// What the client or its surroundings do before a step, if anything.
  [[nodiscard]] std::optional<Operation> act(const Operation& next) {
    if (threads_ > 1 && hit(one_end_in_)) {
      const auto thread = static_cast<std::uint8_t>(1 + random_.below(threads_ - 1));
      return on_thread(thread, {OperationKind::end_thread});
    }
    if (!hit(one_act_in_)) return std::nullopt;
    Operation operation;
    switch (random_.below(3)) {
      case 0:
        operation = {OperationKind::set_errno, 0, 0, EDOM};
        break;
      case 1:
        operation = {OperationKind::fill, next.slot};
        break;
      default:
        operation = {OperationKind::malloc_usable_size, next.slot};
        break;
    }
    return operation;
  }

  [[nodiscard]] std::uint8_t thread() {
    if (threads_ > 1 && random_.chance(1, one_switch_in_))
      turn_ = static_cast<std::uint8_t>(random_.below(threads_));
    return turn_;
  }

  /// Changes one step as a mutation does.
  void change_one(Operation& operation) {
    switch (random_.below(6)) {
      case 0:
        one_function_in_ = 1;
        return change(operation);
      case 4:
        if (allocates(operation.kind) && breadth_.huge != 0) make_huge(operation);
        return;
      case 5:
        if (allocates(operation.kind) && has_edges()) to_edge(operation);
        return;
      case 1:
        if (breadth_.threads > 1 && operation.has_thread())
          operation.thread = static_cast<std::uint8_t>(random_.below(breadth_.threads));
        return;
      case 2:
        one_large_in_ = breadth_.largest == 0 ? 0 : 1;
        return change(operation);
      default:
        if (operation.has_alignment()) operation.alignment = draw_alignment_for(operation.kind, random_);
        return round_to_alignment(operation);
    }
  }

 private:
  [[nodiscard]] static bool is_huge(const Operation& operation) {
    return allocates(operation.kind) && operation.size > (std::uint64_t{1} << 24U) &&
           operation.size <= largest_huge;
  }

  [[nodiscard]] bool has_edges() const { return !breadth_.edges.empty() || !breadth_.named.empty(); }

  void to_edge(Operation& operation) {
    if (operation.has_count()) operation.count = 1;
    const bool named = breadth_.edges.empty() || (!breadth_.named.empty() && random_.chance(1, 2));
    operation.size = random_.pick(named ? breadth_.named : breadth_.edges) - 1 + random_.below(3);
    round_to_alignment(operation);
  }

  /// calloc is not asked: an allocator may write all the zeros.
  void make_huge(Operation& operation) {
    large_.erase(operation.slot);
    if (operation.kind == OperationKind::calloc)
      operation = canonical(with_kind(operation, OperationKind::malloc));
    if (operation.has_count()) operation.count = 1;
    operation.size = draw_huge(breadth_.huge, random_);
    round_to_alignment(operation);
  }

  /// What no allocator can give, and a standard says what it answers: a product that overflows, and of
  /// posix_memalign an alignment that is no power of two or no multiple of sizeof(void*). Of aligned_alloc no
  /// alignment is asked for that is none: what allocators do with it differs.
  void make_impossible(Operation& operation) {
    const bool multiplies = std::ranges::find(resizers_, OperationKind::reallocarray) != resizers_.end();
    if (operation.kind == OperationKind::posix_memalign) {
      constexpr std::array<std::uint64_t, 8> wrong = {0,  1,  4,    12,
                                                      24, 48, 4097, (std::uint64_t{1} << 32U) + 16};
      operation.alignment = random_.pick(wrong);
    } else if (operation.kind == OperationKind::calloc || (resizes(operation.kind) && multiplies)) {
      const CallocRequest request = overflowing_calloc(random_);
      if (resizes(operation.kind)) operation.kind = OperationKind::reallocarray;
      operation.count = request.count;
      operation.size = request.size;
      large_.erase(operation.slot);
    }
  }

  [[nodiscard]] static Operation with_kind(Operation operation, OperationKind kind) {
    operation.kind = kind;
    return operation;
  }

  /// A block that is large stays so, mostly, when it is resized.
  void enlarge(Operation& operation) {
    const auto known = large_.find(operation.slot);
    const bool again = resizes(operation.kind) && known != large_.end() && random_.chance(3, 4);
    if (!again && !hit(one_large_in_)) return void(large_.erase(operation.slot));
    if (operation.has_count()) operation.count = 1;
    operation.size =
        again ? draw_beside(known->second, breadth_.largest, random_) : draw_large(breadth_.largest, random_);
    if (!resizes(operation.kind) && !givers_.empty() && random_.chance(1, 2))
      change_function(operation, random_.pick(givers_), random_);
    round_to_alignment(operation);
    if (operation.size >= large)
      large_[operation.slot] = operation.size;
    else
      large_.erase(operation.slot);
  }

  /// 2^least to 2^(least + range - 1), or 0, which is never.
  [[nodiscard]] std::uint64_t often(unsigned least, unsigned range) {
    return random_.chance(1, 4) ? 0 : std::uint64_t{1} << (least + random_.below(range));
  }
  [[nodiscard]] bool hit(std::uint64_t one_in) { return one_in != 0 && random_.chance(1, one_in); }

  const Breadth& breadth_;
  Random& random_;
  std::vector<OperationKind> givers_;
  std::vector<OperationKind> resizers_;
  std::vector<OperationKind> freers_;
  // One in so many; 0: none.
  std::uint64_t one_function_in_ = 0;
  std::uint64_t one_large_in_ = 0;
  std::uint64_t one_edge_in_ = 0;
  std::uint64_t one_huge_in_ = 0;
  std::uint64_t one_act_in_ = 0;
  std::uint64_t one_impossible_in_ = 0;
  std::uint64_t one_switch_in_ = 0;
  std::uint64_t one_end_in_ = 0;
  std::uint64_t threads_ = 1;
  std::uint8_t turn_ = 0;
  std::unordered_map<std::uint32_t, std::uint64_t> large_;  ///< the sizes of large blocks, by slot
};

/// Makes the block that step `place` works on a large one, from its allocation to the step that frees it: a
/// resize of a large block to a small size, or the other way about, is rarely what breaks.
void enlarge_block(std::vector<Operation>& operations, std::size_t place, const Breadth& breadth,
                   Random& random) {
  if (breadth.largest < large || !operations[place].has_slot()) return;
  const std::uint32_t slot = operations[place].slot;
  const auto is_of_slot = [&](const Operation& operation) {
    return operation.has_slot() && operation.slot == slot;
  };
  std::size_t begin = place;
  while (begin > 0 && !(is_of_slot(operations[begin]) && allocates(operations[begin].kind) &&
                        !resizes(operations[begin].kind)))
    --begin;
  std::uint64_t size = 0;
  while (size < large) size = draw_large(breadth.largest, random);
  for (std::size_t i = begin; i < operations.size(); ++i) {
    Operation& operation = operations[i];
    if (!is_of_slot(operation)) continue;
    if (frees(operation.kind)) return;
    if (!allocates(operation.kind)) continue;
    if (operation.has_count()) operation.count = 1;
    operation.size = size;
    round_to_alignment(operation);
    size = std::max(draw_beside(size, breadth.largest, random), large);
  }
}

}  // namespace

Breadth full_breadth() {
  Breadth breadth{.functions = {}, .threads = 4, .largest = std::uint64_t{16} << 20U};
  for (const Function function : all_functions()) breadth.functions.push_back(function);
  return breadth;
}

void broaden(Trace& trace, const Breadth& breadth, Random& random, std::size_t most) {
  // No number is drawn where there are none: programs without them stay the same.
  if (!breadth.own.empty()) add_own_operations(trace, breadth.own, random, most);
  if (breadth.plain()) return;
  Broadening broadening(breadth, random);
  broadening.draw();
  std::vector<Operation> wider;
  wider.reserve(trace.operations.size());
  for (Operation operation : trace.operations) {
    if (auto act = broadening.act(operation)) wider.push_back(*act);
    broadening.change(operation);
    if (operation.has_thread()) operation.thread = broadening.thread();
    wider.push_back(operation);
    if (auto next = broadening.follow_up(operation)) {
      next->thread = broadening.thread();
      wider.push_back(*next);
    }
  }
  if (wider.size() > most) wider.resize(most);
  trace.operations = std::move(wider);
  if (breadth.own_process) surround(trace, breadth, random, most);
}

void broaden_a_little(Trace& trace, const Breadth& breadth, Random& random, std::size_t most) {
  if (!breadth.own.empty() && (breadth.plain() || random.chance(1, 4)))
    return add_own_a_little(trace, breadth.own, random, most);
  if (breadth.plain() || trace.operations.empty()) return;
  if (breadth.own_process && random.chance(1, 8)) return surround_a_little(trace, breadth, random, most);
  Broadening broadening(breadth, random);
  const auto place = static_cast<std::size_t>(random.below(trace.operations.size()));
  if (random.chance(1, 6)) return enlarge_block(trace.operations, place, breadth, random);
  if (random.chance(1, 4) && trace.operations.size() < most) {
    broadening.draw();
    // A thread that ends, or what is drawn for the program.
    Operation act = {OperationKind::malloc_usable_size, trace.operations[place].slot};
    if (breadth.threads > 1 && random.chance(1, 2))
      act = on_thread(static_cast<std::uint8_t>(1 + random.below(breadth.threads - 1U)),
                      {OperationKind::end_thread});
    else if (random.chance(1, 2))
      act = random.chance(1, 2) ? Operation{OperationKind::fill, trace.operations[place].slot}
                                : Operation{OperationKind::set_errno, 0, 0, EDOM};
    trace.operations.insert(trace.operations.begin() + static_cast<std::ptrdiff_t>(place), act);
    return;
  }
  broadening.change_one(trace.operations[place]);
}

}  // namespace poolhammer

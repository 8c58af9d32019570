#include "harness/oracles/capacity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "harness/base/counted.hpp"
#include "harness/contract/clause.hpp"

namespace poolhammer::contract {
namespace {

constexpr std::uint64_t as_many_as_fit = std::uint64_t{1} << 20U;

[[nodiscard]] Program filled_thrice(Function function, std::uint64_t size) {
  Program program;
  for (int times = 0; times < 3; ++times) {
    program.push_back(many(OperationKind::exhaust, function, as_many_as_fit, size));
    program.push_back(act(OperationKind::release));
  }
  return program;
}

/// What takes some blocks and frees them all.
using Round = void (*)(Program& program, std::uint32_t number);

void grows(Program& program, std::uint32_t) {
  program.insert(program.end(), {allocation(0, Function::malloc, 1000), allocation(1, Function::malloc, 64),
                                 allocation(0, Function::realloc, 2000), freeing(0), freeing(1)});
}

void shrinks(Program& program, std::uint32_t) {
  program.insert(program.end(), {allocation(0, Function::malloc, 2000), allocation(1, Function::malloc, 64),
                                 allocation(0, Function::realloc, 500), allocation(2, Function::malloc, 64),
                                 freeing(0), freeing(1), freeing(2)});
}

void aligns(Program& program, std::uint32_t number) {
  const std::uint64_t size = 16 + number * 16 % 400;
  program.insert(program.end(), {allocation(0, Function::malloc, size), allocation(1, Function::malloc, 64),
                                 freeing(0), allocation(2, Function::aligned_alloc, 256, 256), freeing(1),
                                 allocation(3, Function::aligned_alloc, 512, 512), freeing(2), freeing(3)});
}

void mixes(Program& program, std::uint32_t number) {
  constexpr std::uint32_t blocks = 16;
  for (std::uint32_t slot = 0; slot < blocks; ++slot)
    program.push_back(allocation(slot, Function::malloc, 1 + (slot * 173 + number * 31) % 900));
  for (std::uint32_t slot = 0; slot < blocks; slot += 2) program.push_back(freeing(slot));
  for (std::uint32_t slot = 0; slot < blocks; slot += 2)
    program.push_back(allocation(slot, Function::malloc, 1 + (slot * 97 + number * 47) % 700));
  for (std::uint32_t slot = 0; slot < blocks; ++slot) program.push_back(freeing(slot));
}

/// Fills an allocator, with smaller blocks too, so that it shows whether it joins its pieces; then the same
/// rounds again and again, and how many blocks fit after each time.
[[nodiscard]] Program filled_after(Round round) {
  constexpr std::uint64_t size = 1000;
  constexpr int times = 4;
  constexpr std::uint32_t rounds = 100;
  Program program;
  const auto fill = [&program](std::uint64_t bytes) {
    program.insert(program.end(), {many(OperationKind::exhaust, Function::malloc, as_many_as_fit, bytes),
                                   act(OperationKind::release)});
  };
  for (const std::uint64_t bytes : {size, std::uint64_t{24}, std::uint64_t{100}, std::uint64_t{500}, size})
    fill(bytes);
  for (int time = 0; time < times; ++time) {
    for (std::uint32_t number = 0; number < rounds; ++number) round(program, number);
    fill(size);
  }
  return program;
}

/// In which blocks that were taken one after the other are freed.
enum class Order : std::uint8_t { front_to_back, back_to_front, every_other, none };
constexpr std::array orders = {Order::front_to_back, Order::back_to_front, Order::every_other, Order::none};
constexpr std::array<std::string_view, 4> order_words = {"front to back", "back to front",
                                                         "every other one first", "in no order"};

/// The rank of a block in that order.
[[nodiscard]] std::uint32_t rank_in(Order order, std::uint32_t block, std::uint32_t blocks) {
  constexpr std::uint32_t odd = 77;
  switch (order) {
    case Order::front_to_back:
      return block;
    case Order::back_to_front:
      return blocks - block;
    case Order::every_other:
      return block % 2 * blocks + block;
    default:
      return block * odd % blocks;
  }
}

/// Takes blocks of about `size` bytes, and frees them in that order.
void takes_and_frees(Program& program, std::uint64_t size, Order order) {
  constexpr std::uint32_t blocks = 128;
  std::array<std::uint32_t, blocks> slots{};
  for (std::uint32_t slot = 0; slot < blocks; ++slot) {
    slots[slot] = slot;
    program.push_back(allocation(slot, Function::malloc, size + std::uint64_t{slot % 3} * 16));
  }
  std::ranges::sort(slots, {}, [order](std::uint32_t slot) { return rank_in(order, slot, blocks); });
  for (const std::uint32_t slot : slots) program.push_back(freeing(slot));
}

/// So many of takes_and_frees() take most of the memory.
[[nodiscard]] std::uint64_t part_of(std::uint64_t largest) {
  constexpr std::uint64_t parts = 200;
  return std::max<std::uint64_t>(largest / parts, 16);
}

/// Takes all but a last few bytes, in one block and in two.
void leaves_little(Program& program, std::uint64_t largest) {
  for (std::uint64_t rest = 8; rest <= 256 && 2 * rest < largest; rest += 8)
    program.insert(program.end(), {allocation(0, Function::malloc, largest - rest),
                                   allocation(1, Function::malloc, 1), freeing(0), freeing(1)});
  for (std::uint64_t rest = 8; rest <= 256 && 4 * rest < largest; rest += 8)
    program.insert(program.end(), {allocation(0, Function::malloc, largest / 2),
                                   allocation(1, Function::malloc, largest / 2 - rest), freeing(0),
                                   allocation(2, Function::malloc, 1), freeing(1), freeing(2)});
}

/// Looks how much room there is, for the largest block first: fills with smaller ones may leave pieces.
void looks_at_room(Program& program, std::uint64_t largest) {
  constexpr std::uint64_t many_blocks = std::uint64_t{1} << 15U;
  const auto fill = [&program](std::uint64_t blocks, std::uint64_t size) {
    program.insert(program.end(), {many(OperationKind::exhaust, Function::malloc, blocks, size),
                                   act(OperationKind::release)});
  };
  fill(1, largest);
  for (const std::uint64_t size : {largest / 2, largest / 16, std::uint64_t{24}}) fill(many_blocks, size);
}

/// Before and after what makes pieces, several times.
template <class Pieces>
[[nodiscard]] Program with_looks(std::uint64_t largest, const Pieces& pieces) {
  constexpr std::uint32_t times = 2;
  Program program;
  for (std::uint32_t time = 0; time < times; ++time) {
    looks_at_room(program, largest);
    pieces(program);
  }
  looks_at_room(program, largest);
  return program;
}

[[nodiscard]] std::vector<Program> coalescing_programs(const Knowledge& knowledge, Function) {
  constexpr std::uint64_t least = 64;
  constexpr std::uint32_t rounds = 25;
  const std::uint64_t largest = knowledge.largest_block;
  if (!knowledge.coalesces || largest < least) return {};
  std::vector<Program> programs;
  for (const Order order : orders)
    programs.push_back(with_looks(largest, [&](Program& program) {
      for (const std::uint64_t size : {part_of(largest), std::uint64_t{40}})
        takes_and_frees(program, size, order);
    }));
  for (const Round round : {grows, shrinks, aligns, mixes})
    programs.push_back(with_looks(largest, [&](Program& program) {
      for (std::uint32_t number = 0; number < rounds; ++number) round(program, number);
    }));
  programs.push_back(with_looks(largest, [&](Program& program) { leaves_little(program, largest); }));
  return programs;
}

constexpr std::size_t halvings = 10;

[[nodiscard]] bool has_pieces(const Knowledge& knowledge) {
  return knowledge.largest_block >> halvings != 0;
}

/// Takes blocks and frees them in each order, then looks for a block as large as the largest, half as large,
/// and so on.
[[nodiscard]] std::vector<Program> pieces_programs(const Knowledge& knowledge, Function function) {
  const std::uint64_t largest = knowledge.largest_block;
  if (!has_pieces(knowledge)) return {{allocation(0, function, 1), freeing(0)}};
  std::vector<Program> programs;
  for (const Order order : orders) {
    Program& program = programs.emplace_back();
    takes_and_frees(program, part_of(largest), order);
    for (std::size_t times = 0; times <= halvings; ++times)
      program.insert(program.end(), {allocation(0, function, largest >> times), freeing(0)});
  }
  return programs;
}

[[nodiscard]] std::string describe_pieces(const Knowledge& knowledge, Function,
                                          std::span<const Program> programs,
                                          std::span<const Observed> observed) {
  if (!knowledge.bounded) return "its memory has no end that is near";
  if (!has_pieces(knowledge))
    return fmt::format("{}: too small to be cut", counted(knowledge.largest_block, "byte"));
  std::string text = fmt::format("{} at first", counted(knowledge.largest_block, "byte"));
  for (std::size_t order = 0; order < observed.size(); ++order) {
    const std::size_t begin = programs[order].size() - 2 * (halvings + 1);
    std::size_t times = 0;
    while (times <= halvings && observed[order].death.empty() && !observed[order].gave(begin + 2 * times))
      ++times;
    text += fmt::format("; freed {}: {}", order_words[order],
                        !observed[order].death.empty() ? observed[order].death
                        : times == 0                   ? "the same again"
                        : times > halvings ? fmt::format("not 1/{} of it", std::size_t{1} << halvings)
                                           : fmt::format("1/{} of it", std::size_t{1} << times));
  }
  return text;
}

/// Fills an allocator that has an end, empties it, and fills it again. One without an end would take all
/// memory of the machine, and has nothing to lose.
[[nodiscard]] std::vector<Program> filling_programs(const Knowledge& knowledge, Function function) {
  if (!knowledge.bounded) return {};
  std::vector<Program> programs;
  for (const std::uint64_t size : {8U, 24U, 100U, 512U, 1000U, 4096U, 5000U, 65'536U})
    programs.push_back(filled_thrice(function, size));
  if (function != Function::malloc) return programs;
  for (const Round round : {grows, shrinks, aligns, mixes}) programs.push_back(filled_after(round));
  return programs;
}

const ClauseRegistration capacity_kept({
    .id = "capacity.kept",
    .tier = Tier::expected,
    .promise = "An allocator that holds no block has room for as many as it had room for before, and not for "
               "fewer each time.",
    .source = "ISO C17 7.22.3.3p2: freed memory is made available for further allocation",
    .functions = {Function::malloc, Function::calloc, Function::aligned_alloc, Function::op_new},
    .judged_by_id = true,
    .programs = filling_programs,
    // The allocator may keep its memory cut for the sizes of the program before: that is slow, and no fault.
    .alone = true,
});

const ClauseRegistration largest_again({
    .id = "capacity.largest",
    .tier = Tier::declared,
    .promise =
        "An allocator that coalesces and holds no block gives the largest block that it gave before, and "
        "as many blocks of each size, whatever came between.",
    .source = "--coalesces, or the constant of that name: the allocator's own promise",
    .functions = {Function::malloc},
    .judged_by_id = true,
    .programs = coalescing_programs,
    .alone = true,
});

const ClauseRegistration capacity_pieces({
    .id = "profile.largest-again",
    .tier = Tier::profile,
    .promise =
        "The largest block of one whose memory has an end, before and after that was cut to pieces and all "
        "of them were freed.",
    .source = "ISO C17 7.22.3: no standard says that free memory is joined",
    .functions = {Function::malloc},
    .programs = pieces_programs,
    .describe = describe_pieces,
    .alone = true,
});

}  // namespace
}  // namespace poolhammer::contract

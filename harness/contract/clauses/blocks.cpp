#include <fmt/format.h>

#include <array>
#include <utility>

#include "harness/base/counted.hpp"
#include "harness/base/random.hpp"
#include "harness/contract/clause.hpp"

namespace poolhammer::contract {
namespace {

constexpr std::uint64_t blocks_most = 100'000;
constexpr std::uint64_t most_zeroed = std::uint64_t{64} << 20U;
constexpr std::uint32_t slots_of_a_program = 48;
constexpr std::uint64_t random_programs = 40;

/// A block by any function of the same family: what one hands out must be right beside the others.
[[nodiscard]] Operation any_allocation(const Knowledge& knowledge, Random& random, std::uint32_t slot,
                                       Function function, std::uint64_t size) {
  const std::uint64_t alignment = std::uint64_t{8} << random.below(5);
  if (facts(function).family == Family::c && random.below(3) == 0) {
    const std::vector<Function> all = c_allocators();
    const Function other = all[random.below(all.size())];
    if (knowledge.has(other)) function = other;
  }
  return allocation(slot, function, askable(function, size, alignment), alignment);
}

[[nodiscard]] std::uint64_t any_size(Random& random, const std::vector<std::uint64_t>& sizes) {
  return random.below(2) == 0 ? 1 + random.below(600) : sizes[random.below(sizes.size())];
}

/// More blocks than numbers of 16 bits count, also of one region, where there are others beside it; all go
/// back. An allocator whose least block is large gives fewer.
[[nodiscard]] Program very_many(Function function) {
  constexpr std::uint64_t limit = std::uint64_t{512} << 20U;
  constexpr std::uint32_t others = 24;
  Program program = {act(OperationKind::limit_memory, limit),
                     many(OperationKind::exhaust, function, 72'000, 16)};
  for (std::uint32_t slot = 0; slot < others; ++slot) program.push_back(allocation(slot, function, 200'000));
  program.insert(program.end(),
                 {act(OperationKind::release), allocation(others, function, 16), act(OperationKind::check)});
  return program;
}

/// Blocks that may lie inside those of a larger class, side by side, grow by less than twice and by more.
[[nodiscard]] Program resized_side_by_side(Function origin, std::uint64_t alignment, std::uint64_t size) {
  constexpr std::uint32_t blocks = 12;
  // aligned_alloc alone may refuse others.
  const std::uint64_t asked = origin == Function::aligned_alloc ? askable(origin, size, alignment) : size;
  Program program;
  for (std::uint32_t slot = 0; slot < blocks; ++slot)
    program.push_back(allocation(slot, origin, asked, alignment));
  for (const std::uint64_t larger : {size + size / 2, 2 * size + size / 2}) {
    for (std::uint32_t slot = 0; slot < blocks; ++slot)
      program.push_back(allocation(slot, Function::realloc, larger));
    program.push_back(act(OperationKind::check));
  }
  return program;
}

[[nodiscard]] Program taken_twice(Function function, std::uint64_t size) {
  constexpr std::uint32_t many_blocks = 300;
  Program program;
  for (int time = 0; time < 2; ++time) {
    for (std::uint32_t slot = 0; slot < many_blocks; ++slot)
      program.push_back(allocation(slot, function, askable(function, size)));
    program.push_back(act(OperationKind::check));
    for (std::uint32_t slot = 0; slot < many_blocks && time == 0; ++slot)
      program.push_back(freeing(slot, plain_free(function)));
  }
  return program;
}

/// Random programs over some slots. What blocks hold is looked at now and then, and when they are freed.
[[nodiscard]] std::vector<Program> some_blocks(const Knowledge& knowledge, Function function) {
  const std::vector<std::uint64_t> sizes = telling_sizes(knowledge, blocks_most);
  std::vector<Program> programs;
  Random seeds(knowledge.seed);
  for (std::uint64_t number = 0; number < random_programs * knowledge.effort; ++number) {
    Random random(seeds.next());
    Program program;
    // A null pointer has clauses of its own.
    std::array<bool, slots_of_a_program> taken{};
    for (int step = 0; step < 200; ++step) {
      const auto slot = static_cast<std::uint32_t>(random.below(slots_of_a_program));
      if (std::exchange(taken.at(slot), !taken.at(slot)))
        program.push_back(freeing(slot, plain_free(function)));
      else
        program.push_back(any_allocation(knowledge, random, slot, function, any_size(random, sizes)));
      if (step % 16 == 0) program.push_back(act(OperationKind::check));
    }
    programs.push_back(program);
  }
  // A heap whose end is near is filled with small blocks elsewhere.
  if (!knowledge.bounded && (function == Function::malloc || function == Function::op_new))
    programs.push_back(very_many(function));
  // As many as caches keep go back in a row, and are taken again.
  for (const std::uint64_t size : {24U, 304U, 1008U, 5008U}) programs.push_back(taken_twice(function, size));
  if (takes_alignment(function) && facts(function).family == Family::c) {
    for (const std::uint64_t alignment : {32U, 64U, 256U, 4096U}) {
      for (const std::uint64_t size : {std::uint64_t{40}, alignment, 3 * alignment})
        programs.push_back(resized_side_by_side(function, alignment, size));
    }
  }
  // Between others, a large one takes all that it asks for.
  for (const auto& larger : {large_sizes(), wrapping_sizes(knowledge)}) {
    for (const std::uint64_t size : larger) {
      const bool may_be_zeroed = function == Function::calloc && size > most_zeroed;
      if (may_be_zeroed) continue;
      programs.push_back({allocation(0, function, 64), allocation(1, function, askable(function, size)),
                          allocation(2, function, 64), allocation(3, function, 5008),
                          act(OperationKind::check), freeing(1, plain_free(function)),
                          allocation(4, function, 4096), act(OperationKind::check)});
    }
  }
  return programs;
}

/// One block of gigabytes at a time, or with an alignment of one, in as many addresses as some of them need.
[[nodiscard]] std::vector<Program> lost_addresses(const Knowledge& knowledge, Function function) {
  if (!knowledge.leaves_untouched) return {};
  constexpr std::uint64_t gib = std::uint64_t{1} << 30U;
  constexpr std::uint64_t limit = 40 * gib;
  constexpr int times = 50;
  const auto one_at_a_time = [&](std::uint64_t size, std::uint64_t alignment) {
    Program program = {act(OperationKind::limit_memory, limit)};
    for (int time = 0; time < times; ++time)
      program.insert(program.end(),
                     {allocation(0, function, size, alignment), freeing(0, plain_free(function))});
    return program;
  };
  // To zero it would take seconds.
  std::vector<Program> programs;
  if (function != Function::calloc) programs.push_back(one_at_a_time(5 * gib, 64));
  if (asks_alignment(function)) programs.push_back(one_at_a_time(gib, gib));
  return programs;
}

/// A thread takes megabytes of small blocks, more than it can do without, and another frees them all. They
/// are not very many: an allocator may give each a mapping of its own.
[[nodiscard]] Program given_back_elsewhere() {
  constexpr std::uint64_t size = 4096;
  constexpr std::uint64_t limit = std::uint64_t{512} << 20U;
  constexpr std::uint64_t at_a_time = std::uint64_t{8} << 20U;
  Program program = {act(OperationKind::limit_memory, limit)};
  for (std::uint64_t taken = 0; taken < limit + limit / 4; taken += at_a_time)
    program.insert(program.end(),
                   {on_thread(1, many(OperationKind::exhaust, Function::malloc, at_a_time / size, size)),
                    act(OperationKind::release)});
  return program;
}

/// Blocks that are freed must serve again: under a limit of memory, many times its worth is asked for and
/// freed. The limit is one of addresses: an allocator may keep those of large blocks out of use for a while,
/// to catch their use behind free.
[[nodiscard]] std::vector<Program> available_programs(const Knowledge& knowledge, Function function) {
  constexpr std::uint64_t mib = std::uint64_t{1} << 20U;
  std::vector<Program> programs;
  for (const auto& [size, limit] : {std::pair{std::uint64_t{4096}, 512 * mib},
                                    {std::uint64_t{65'536}, 512 * mib},
                                    {2 * mib, 6144 * mib}}) {
    programs.push_back({act(OperationKind::limit_memory, limit),
                        many(OperationKind::recycle, function, 2 * limit / size, size, 64)});
  }
  // Also those that another thread frees. To zero them would take seconds.
  if (function == Function::calloc) return programs;
  constexpr std::uint64_t large = 64 * mib;  // of such a block few pages are touched
  constexpr std::uint64_t limit = 6144 * mib;
  Program elsewhere = {act(OperationKind::limit_memory, limit)};
  for (std::uint64_t round = 0; round < 2 * limit / large; ++round) {
    elsewhere.push_back(on_thread(1, allocation(0, function, askable(function, large, 64), 64)));
    elsewhere.push_back(on_thread(2, freeing(0, plain_free(function))));
  }
  programs.push_back(std::move(elsewhere));
  if (function == Function::malloc && !knowledge.bounded) programs.push_back(given_back_elsewhere());
  for (Program& program : lost_addresses(knowledge, function)) programs.push_back(std::move(program));
  return programs;
}

[[nodiscard]] std::optional<Complaint> served_again(const ObservedCall& seen) {
  if (seen.refused() && seen.around.limited && seen.around.had < seen.around.had_before)
    return Complaint{"", "",
                     fmt::format("{}, as many like them were freed, and no more are live",
                                 counted(seen.around.had_before, "block")),
                     fmt::format("{}", seen.around.had)};
  if (!seen.refused() || !seen.around.alone || seen.around.freed_alike == 0) return std::nullopt;
  return Complaint{
      "", "", fmt::format("a block, as {} like it were freed, and no more are live", seen.around.freed_alike),
      "none"};
}

const ClauseRegistration disjoint({
    .id = "blocks.disjoint",
    .tier = Tier::must,
    .promise = "A block overlaps no other live block.",
    .source = "ISO C17 7.22.3p1; ISO C++20 [basic.stc.dynamic.allocation]p2",
    .functions = all_allocators(),
    .oracles = {disjoint_blocks},
    .programs = some_blocks,
});

const ClauseRegistration blocks_kept({
    .id = "blocks.kept",
    .tier = Tier::must,
    .promise = "A block holds what was written into it until it is freed.",
    .source = "ISO C17 6.2.4p2",
    .functions = all_allocators(),
    .oracles = {contents_kept},
    .programs = some_blocks,
});

const ClauseRegistration available({
    .id = "free.available",
    .tier = Tier::must,
    .promise = "A block that is freed is made available for further allocation.",
    .source = "ISO C17 7.22.3.3p2; ISO C++20 [new.delete.single]p12",
    .functions = all_allocators(),
    .judge = served_again,
    .of_the_answer = true,
    .programs = available_programs,
});

}  // namespace
}  // namespace poolhammer::contract

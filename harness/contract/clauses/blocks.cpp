#include <fmt/format.h>

#include <array>
#include <utility>

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
  // As many as caches keep go back in a row, and are taken again.
  for (const std::uint64_t size : {24U, 304U, 1008U, 5008U}) programs.push_back(taken_twice(function, size));
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

/// Blocks that are freed must serve again: under a limit of memory, many times its worth is asked for and
/// freed. The limit is one of addresses: an allocator may keep those of large blocks out of use for a while,
/// to catch their use behind free.
[[nodiscard]] std::vector<Program> available_programs(const Knowledge&, Function function) {
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
  return programs;
}

[[nodiscard]] std::optional<Complaint> served_again(const ObservedCall& seen) {
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

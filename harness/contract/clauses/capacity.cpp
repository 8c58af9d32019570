#include "harness/oracles/capacity.hpp"
#include "harness/contract/clause.hpp"

namespace poolhammer::contract {
namespace {

constexpr std::uint64_t all = std::uint64_t{1} << 20U;

[[nodiscard]] Program filled_thrice(Function function, std::uint64_t size) {
  Program program;
  for (int times = 0; times < 3; ++times) {
    program.push_back(many(OperationKind::exhaust, function, all, size));
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
    program.insert(program.end(),
                   {many(OperationKind::exhaust, Function::malloc, all, bytes), act(OperationKind::release)});
  };
  for (const std::uint64_t bytes : {size, std::uint64_t{24}, std::uint64_t{100}, std::uint64_t{500}, size})
    fill(bytes);
  for (int time = 0; time < times; ++time) {
    for (std::uint32_t number = 0; number < rounds; ++number) round(program, number);
    fill(size);
  }
  return program;
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

const ClauseRegistration kept({
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

}  // namespace
}  // namespace poolhammer::contract

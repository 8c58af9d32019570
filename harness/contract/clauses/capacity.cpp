#include "harness/oracles/capacity.hpp"
#include "harness/contract/clause.hpp"

namespace poolhammer::contract {
namespace {

[[nodiscard]] Program filled_thrice(Function function, std::uint64_t size, std::uint64_t alignment) {
  constexpr std::uint64_t all = std::uint64_t{1} << 20U;
  Program program;
  for (int times = 0; times < 3; ++times) {
    program.push_back(many(OperationKind::exhaust, function, all, size, alignment));
    program.push_back(act(OperationKind::release));
  }
  return program;
}

/// Fills an allocator that has an end, empties it, and fills it again. One without an end would take all
/// memory of the machine, and has nothing to lose.
[[nodiscard]] std::vector<Program> filling_programs(const Knowledge& knowledge, Function function) {
  if (!knowledge.bounded) return {};
  // What is skipped in front of a block for a large alignment is room, too.
  std::vector<std::uint64_t> alignments = {16};
  if (takes_alignment(function)) alignments.insert(alignments.end(), {64, 4096});
  std::vector<Program> programs;
  for (const std::uint64_t alignment : alignments) {
    for (const std::uint64_t size : {8U, 24U, 100U, 512U, 1000U, 4096U, 5000U, 65'536U})
      programs.push_back(filled_thrice(function, askable(function, size, alignment), alignment));
  }
  return programs;
}

const ClauseRegistration kept({
    .id = "capacity.kept",
    .tier = Tier::expected,
    .promise = "An allocator that holds no block has room for as many as it had room for before.",
    .source = "ISO C17 7.22.3.3p2: freed memory is made available for further allocation",
    .functions = {Function::malloc, Function::calloc, Function::aligned_alloc, Function::op_new},
    .judged_by_id = true,
    .programs = filling_programs,
});

}  // namespace
}  // namespace poolhammer::contract

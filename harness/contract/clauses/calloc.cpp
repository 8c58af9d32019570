#include <utility>

#include "harness/contract/clause.hpp"

namespace poolhammer::contract {
namespace {

constexpr std::uint64_t calloc_most = 1U << 20U;
constexpr std::uint64_t most_in_threads = 40'000;

/// Fresh memory is zero anyway: blocks are written to their last usable byte and freed first, so that their
/// bytes may come again.
[[nodiscard]] Program dirty(std::uint64_t size, std::uint8_t thread = 0) {
  Program program;
  for (std::uint32_t slot = 0; slot < 3; ++slot) {
    program.push_back(on_thread(thread, allocation(slot, Function::malloc, size)));
    program.push_back({OperationKind::fill_usable, slot});
  }
  for (std::uint32_t slot = 0; slot < 3; ++slot) program.push_back(on_thread(thread, freeing(slot)));
  return program;
}

/// What held blocks of one size, and is emptied, serves those of another.
[[nodiscard]] Program emptied_for_another(Function function, std::uint64_t size, std::uint64_t other) {
  constexpr std::uint32_t many_blocks = 2000;
  Program program;
  for (std::uint32_t slot = 0; slot < many_blocks; ++slot) {
    program.push_back(allocation(slot, Function::malloc, size));
    program.push_back({OperationKind::fill_usable, slot});
  }
  for (std::uint32_t slot = 0; slot < many_blocks; ++slot) program.push_back(freeing(slot));
  for (std::uint32_t slot = 0; slot < many_blocks; ++slot)
    program.push_back(allocation_of(slot, function, 1, other));
  return program;
}

[[nodiscard]] std::vector<Program> zero_programs(const Knowledge& knowledge, Function function) {
  std::vector<Program> programs;
  for (const std::uint64_t size : telling_sizes(knowledge, calloc_most)) {
    Program program = dirty(size);
    for (std::uint32_t slot = 3; slot < 6; ++slot)
      program.push_back(
          allocation_of(slot, function, size % 3 == 0 ? size / 3 : 1, size % 3 == 0 ? 3 : size));
    programs.push_back(program);
  }
  // A thread that is born later has memory of its own, and gives it back to others when it ends.
  for (const std::uint64_t size : telling_sizes(knowledge, most_in_threads)) {
    Program program = dirty(size, 1);
    program.push_back(on_thread(1, allocation_of(3, function, 1, size)));
    program.push_back(on_thread(1, act(OperationKind::end_thread)));
    program.push_back(on_thread(2, allocation_of(4, function, 1, size)));
    program.push_back(on_thread(0, allocation_of(5, function, 1, size)));
    programs.push_back(program);
  }
  for (const auto& [size, other] : {std::pair{48U, 160U}, {160U, 48U}, {1000U, 3000U}, {3000U, 200U}})
    programs.push_back(emptied_for_another(function, size, other));
  for (const std::uint64_t size : large_sizes()) {
    Program program = {allocation(0, Function::malloc, size), freeing(0),
                       allocation_of(1, function, 1, size)};
    programs.push_back(program);
  }
  return programs;
}

[[nodiscard]] std::vector<Program> gain_programs(const Knowledge& knowledge, Function function) {
  std::vector<Program> programs;
  if (!knowledge.has(Function::malloc_usable_size)) return programs;
  for (const std::uint64_t size : telling_sizes(knowledge, 10'000)) {
    Program program = dirty(size);
    for (std::uint32_t slot = 3; slot < 6; ++slot) {
      program.push_back(allocation_of(slot, function, 1, size));
      program.push_back({OperationKind::measure_gain, slot});
    }
    programs.push_back(program);
  }
  return programs;
}

[[nodiscard]] std::string describe_gain(const Knowledge&, Function, std::span<const Program> programs,
                                        std::span<const Observed> observed) {
  for (std::size_t index = 0; index < observed.size(); ++index) {
    const Program& program = programs[index];
    for (std::size_t step = 1; step < program.size(); ++step) {
      if (program[step].kind == OperationKind::measure_gain && observed[index].gave(step - 1) &&
          observed[index].records[step].usable == 0)
        return "not zero, for example of a block of " + std::to_string(program[step - 1].size);
    }
  }
  return "zero";
}

const ClauseRegistration calloc_zero({
    .id = "calloc.zero",
    .tier = Tier::must,
    .promise = "calloc gives memory whose bits are all 0, also where it was used before.",
    .source = "ISO C17 7.22.3.2p2",
    .functions = {Function::calloc},
    .oracles = {"shadow.zeroed"},
    .programs = zero_programs,
});

const ClauseRegistration gain({
    .id = "profile.calloc-gain",
    .tier = Tier::profile,
    .promise = "What the usable bytes behind those that calloc was asked for hold.",
    .source = "ISO C17 7.22.3.2p2 promises those asked for",
    .functions = {Function::calloc},
    .oracles = {contents_kept},
    .programs = gain_programs,
    .describe = describe_gain,
});

}  // namespace
}  // namespace poolhammer::contract

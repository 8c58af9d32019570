#include <fmt/format.h>

#include <cstddef>

#include "harness/contract/clause.hpp"
#include "harness/contract/refused.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer::contract {
namespace {

/// The calls of a function that ask for no byte.
[[nodiscard]] std::vector<Operation> empty_calls(std::uint32_t slot, Function function) {
  if (takes_count(function))
    return {allocation_of(slot, function, 0, 0), allocation_of(slot, function, 0, 8),
            allocation_of(slot, function, 8, 0), allocation_of(slot, function, 0, ~std::uint64_t{0}),
            allocation_of(slot, function, ~std::uint64_t{0}, 0)};
  if (takes_alignment(function))
    return {allocation(slot, function, 0, 8), allocation(slot, function, 0, 16),
            allocation(slot, function, 0, 64), allocation(slot, function, 0, 4096)};
  return {allocation(slot, function, 0)};
}

/// Blocks of no bytes among others: none may lie where another begins, and all may be freed.
[[nodiscard]] std::vector<Program> lawful_programs(const Knowledge&, Function function) {
  std::vector<Program> programs;
  for (std::size_t form = 0; form < empty_calls(0, function).size(); ++form) {
    Program program;
    for (std::uint32_t slot = 0; slot < 24; ++slot)
      program.push_back(slot % 3 == 2 ? allocation(slot, function, 16) : empty_calls(slot, function)[form]);
    for (std::uint32_t slot = 0; slot < 24; slot += 2) program.push_back(freeing(slot, plain_free(function)));
    program.push_back(act(OperationKind::check));
    programs.push_back(program);
  }
  return programs;
}

[[nodiscard]] std::optional<Complaint> block_of_no_bytes(const ObservedCall& seen) {
  if (!seen.refused() || seen.total != 0 || seen.around.limited || seen.around.refusing) return std::nullopt;
  if (!supports_alignment(seen)) return std::nullopt;
  // Memory with an end may be full, or have no place of that alignment.
  const bool placed_anywhere = seen.call.alignment <= alignof(std::max_align_t);
  if (seen.around.bounded && (seen.around.live_blocks > 0 || !placed_anywhere)) return std::nullopt;
  return Complaint{"", "", "a block", "none"};
}

[[nodiscard]] std::vector<Program> choice_programs(const Knowledge&, Function function) {
  std::vector<Program> programs;
  for (const Operation& operation : empty_calls(0, function)) programs.push_back({operation});
  return programs;
}

[[nodiscard]] std::string words_of(const Observed& observed) {
  if (!observed.death.empty()) return observed.death;
  const library::StepRecord& record = observed.records.back();
  if (record.block == 0) return record.error == 0 ? "NULL" : "NULL, and errno is set";
  return "a block of " + std::to_string(record.usable) + " usable bytes";
}

[[nodiscard]] std::string describe_choice(const Knowledge&, Function, std::span<const Program> programs,
                                          std::span<const Observed> observed) {
  const std::string first = words_of(observed.front());
  std::string text = first;
  for (std::size_t index = 1; index < observed.size(); ++index) {
    if (words_of(observed[index]) != first)
      text += "; " + to_text(programs[index].front()) + ": " + words_of(observed[index]);
  }
  return text;
}

[[nodiscard]] std::vector<Program> resizing_to_zero(const Knowledge&, Function function) {
  std::vector<Program> programs;
  for (const std::uint64_t size : {1U, 24U, 1000U, 200'000U})
    programs.push_back(
        {allocation(0, Function::malloc, size), {.kind = OperationKind::misuse, .by = function}});
  return programs;
}

const ClauseRegistration zero_size_empty({
    .id = "zero.lawful",
    .tier = Tier::must,
    .promise = "A request for no bytes gives NULL, or a block that overlaps no other and can be freed.",
    .source = "ISO C17 7.22.3p1; POSIX.1-2024 malloc, posix_memalign",
    .functions = c_allocators(),
    .oracles = {disjoint_blocks, contents_kept},
    .programs = lawful_programs,
});

const ClauseRegistration of_new({
    .id = "new.zero",
    .tier = Tier::must,
    .promise = "operator new gives a block of its own also for no bytes.",
    .source = "ISO C++20 [basic.stc.dynamic.allocation]p2",
    .functions = {Function::op_new, Function::op_new_array, Function::op_new_nothrow,
                  Function::op_new_array_nothrow, Function::op_new_aligned, Function::op_new_array_aligned,
                  Function::op_new_aligned_nothrow, Function::op_new_array_aligned_nothrow},
    .judge = block_of_no_bytes,
    .oracles = {disjoint_blocks, contents_kept},
    .of_the_answer = true,
    .programs = lawful_programs,
});

const ClauseRegistration zero_size_choice({
    .id = "profile.zero-size",
    .tier = Tier::profile,
    .promise = "What a request for no bytes gives.",
    .source = "ISO C17 7.22.3p1: implementation-defined",
    .functions = c_allocators(),
    .programs = choice_programs,
    .describe = describe_choice,
});

const ClauseRegistration realloc_choice({
    .id = "profile.realloc-to-zero",
    .tier = Tier::profile,
    .promise = "What resizing a block to no bytes does (NULL: it was freed).",
    .source = "ISO C17 7.22.3.5p4: implementation-defined; C23 7.24.3.7p3: undefined",
    .functions = {Function::realloc, Function::reallocarray},
    .programs = resizing_to_zero,
    .describe = describe_choice,
});

}  // namespace
}  // namespace poolhammer::contract

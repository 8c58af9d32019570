#include <fmt/format.h>

#include <cerrno>

#include "harness/contract/clause.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer::contract {
namespace {

[[nodiscard]] std::vector<Function> frees_of_c() {
  return {Function::free, Function::free_sized, Function::free_aligned_sized};
}
[[nodiscard]] std::vector<Function> deletes() {
  std::vector<Function> all;
  for (const Function function : all_functions()) {
    if (frees(function) && facts(function).family != Family::c) all.push_back(function);
  }
  return all;
}

/// The function whose blocks `function` may free.
[[nodiscard]] Function maker_for(Function function) {
  if (function == Function::free_aligned_sized) return Function::aligned_alloc;
  if (facts(function).family == Family::c) return Function::malloc;
  if (facts(function).family == Family::object)
    return takes_alignment(function) ? Function::op_new_aligned : Function::op_new;
  return takes_alignment(function) ? Function::op_new_array_aligned : Function::op_new_array;
}

[[nodiscard]] std::vector<Program> freeing_null(const Knowledge&, Function function) {
  const Function maker = maker_for(function);
  Program program;
  std::uint32_t slot = 0;
  for (const std::uint64_t size : {16U, 64U, 512U, 4096U, 200'000U})
    program.push_back(allocation(slot++, maker, size));
  program.push_back(freeing(0, plain_free(maker)));
  for (int times = 0; times < 3; ++times) program.push_back(freeing(0, function));
  for (std::uint32_t other = slot; other < slot + 4; ++other) program.push_back(allocation(other, maker, 64));
  program.push_back(act(OperationKind::check));
  return {program};
}

/// Sizes up to some that go back to the system at once, where free calls it; blocks of the aligned functions,
/// too; and many at once, so that whole runs of them go back.
[[nodiscard]] std::vector<Program> freeing_with_errno(const Knowledge& knowledge, Function function) {
  const auto keeps_errno = [](Program& program, std::uint32_t slot, Function by) {
    program.insert(program.end(), {act(OperationKind::set_errno, EDOM), freeing(slot, by)});
  };
  std::vector<Program> programs(1);
  keeps_errno(programs.front(), 0, function);
  for (const std::uint64_t size : telling_sizes(knowledge, 1U << 20U)) {
    Program program = {allocation(0, maker_for(function), size), {OperationKind::fill, 0}};
    keeps_errno(program, 0, function);
    programs.push_back(program);
  }
  for (const Function maker : c_allocators()) {
    if (!knowledge.has(maker) || function != Function::free) continue;
    for (const std::uint64_t size : {64U, 4096U, 1U << 20U, 1U << 25U}) {
      Program program = {allocation(0, maker, size, 64)};
      keeps_errno(program, 0, function);
      programs.push_back(program);
    }
  }
  for (const std::uint64_t size : {100U, 3000U, 40'000U, 150'000U}) {
    Program program;
    for (std::uint32_t slot = 0; slot < 200; ++slot)
      program.push_back(allocation(slot, maker_for(function), size));
    for (std::uint32_t slot = 0; slot < 200; ++slot) keeps_errno(program, slot, function);
    programs.push_back(program);
  }
  return programs;
}

/// More than a thread keeps for itself.
constexpr std::uint32_t many_blocks = 300;

/// Blocks of which two in three are freed by a form that is told the size and alignment that it was asked
/// with.
[[nodiscard]] Program told(Function function, std::uint64_t size, std::uint64_t alignment,
                           std::uint32_t blocks) {
  const Function maker = maker_for(function);
  const std::uint64_t asked = maker == Function::aligned_alloc ? askable(maker, size, alignment) : size;
  Program program;
  for (std::uint32_t slot = 0; slot < blocks; ++slot)
    program.push_back(allocation(slot, maker, asked, alignment));
  for (std::uint32_t slot = 0; slot < blocks; ++slot) {
    if (slot % 3 != 2) program.push_back(freeing(slot, function));
  }
  // Of many, what was freed may be taken for one of its size, or of what it lies in.
  const Function plain = facts(maker).family == Family::c ? Function::malloc : Function::op_new;
  const std::uint32_t kinds = blocks < many_blocks ? 1 : 3;
  for (std::uint32_t slot = blocks; slot < kinds * blocks + blocks; ++slot) {
    const std::uint64_t plain_size = slot % kinds == 1 ? asked : asked + alignment - 1;
    program.push_back(slot % kinds == 0 ? allocation(slot, maker, asked, alignment)
                                        : allocation(slot, plain, plain_size));
  }
  program.push_back(act(OperationKind::check));
  return program;
}

[[nodiscard]] std::vector<Program> told_programs(const Knowledge& knowledge, Function function) {
  std::vector<Program> programs;
  std::vector<std::uint64_t> alignments = {16};
  if (takes_alignment(maker_for(function))) alignments.insert(alignments.end(), {64, 4096, 65'536});
  for (const std::uint64_t alignment : alignments) {
    for (const std::uint64_t size : telling_sizes(knowledge, 300'000))
      programs.push_back(told(function, size, alignment, 4));
    for (const std::uint64_t size : {0U, 24U, 40U})
      programs.push_back(told(function, size, alignment, many_blocks));
  }
  return programs;
}

[[nodiscard]] std::optional<Complaint> errno_kept(const ObservedCall& seen) {
  if (seen.answer.error == seen.call.error) return std::nullopt;
  const auto words = [](int error) {
    return fmt::format("errno is {}", errno_text(static_cast<std::uint64_t>(error)));
  };
  return Complaint{"", "", words(seen.call.error) + ", as before the call", words(seen.answer.error)};
}

const ClauseRegistration free_null({
    .id = "free.null",
    .tier = Tier::must,
    .promise = "Freeing a null pointer does nothing.",
    .source = "ISO C17 7.22.3.3p2",
    .functions = frees_of_c(),
    .oracles = {contents_kept, disjoint_blocks},
    .programs = freeing_null,
});

const ClauseRegistration delete_null({
    .id = "delete.null",
    .tier = Tier::must,
    .promise = "Deleting a null pointer does nothing.",
    .source = "ISO C++20 [new.delete.single]p12, [new.delete.array]p11",
    .functions = deletes(),
    .oracles = {contents_kept, disjoint_blocks},
    .programs = freeing_null,
});

const ClauseRegistration keeps_errno({
    .id = "free.errno",
    .tier = Tier::must,
    .promise = "free leaves errno as it was.",
    .source = "POSIX.1-2024 free, DESCRIPTION; ISO C23 7.24.3.4, 7.24.3.5: free_sized and free_aligned_sized "
              "do what free does",
    .functions = frees_of_c(),
    .standard_only = true,
    .judge = errno_kept,
    .programs = freeing_with_errno,
});

const ClauseRegistration sized({
    .id = "free.sized",
    .tier = Tier::must,
    .promise = "free_sized and free_aligned_sized free a block of that size and alignment, and nothing else.",
    .source = "ISO C23 7.24.3.4, 7.24.3.5",
    .functions = {Function::free_sized, Function::free_aligned_sized},
    .oracles = {contents_kept, disjoint_blocks},
    .programs = told_programs,
});

const ClauseRegistration delete_forms({
    .id = "delete.forms",
    .tier = Tier::must,
    .promise = "Each form of operator delete frees a block of its operator new, and nothing else.",
    .source = "ISO C++20 [new.delete.single]p9-12, [new.delete.array]p8-11",
    .functions = deletes(),
    .oracles = {contents_kept, disjoint_blocks},
    .programs = told_programs,
});

}  // namespace
}  // namespace poolhammer::contract

#include <fmt/format.h>

#include <bit>
#include <cerrno>
#include <limits>

#include "harness/contract/clause.hpp"
#include "harness/contract/refused.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer::contract {
namespace {

constexpr std::uint64_t limit = std::uint64_t{96} << 20U;
constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

/// What asks for `size` bytes until none are left. A library that holds address space from before may have
/// more than the limit says: it is asked for three times the limit and no more.
[[nodiscard]] Operation until_none(Function function, std::uint64_t size) {
  return many(OperationKind::exhaust, function, 3 * limit / size, size);
}

/// Multiples of the alignment: aligned_alloc may refuse others for that alone.
constexpr std::uint64_t exhausting_sizes[] = {1008, 20'000, 400'000, 5'000'000};

[[nodiscard]] std::vector<Program> errno_programs(const Knowledge&, Function function) {
  std::vector<Program> programs;
  for (const std::uint64_t size : exhausting_sizes)
    programs.push_back({act(OperationKind::limit_memory, limit), until_none(function, size)});
  return programs;
}

[[nodiscard]] std::vector<Program> keeps_programs(const Knowledge&, Function function) {
  std::vector<Program> programs;
  for (const std::uint64_t size : exhausting_sizes) {
    Program program;
    std::uint32_t slot = 0;
    for (const std::uint64_t other : {16U, 100U, 600U, 5000U, 70'000U, 300'000U})
      program.push_back(allocation(slot++, Function::malloc, other));
    program.insert(program.end(), {act(OperationKind::limit_memory, limit), until_none(function, size),
                                   allocation(3, Function::realloc, 900'000)});
    // A large block may be resized by the system, which refuses, too: it is as large as it was.
    for (const std::uint32_t large : {4U, 5U}) {
      program.push_back(allocation(large, Function::realloc, limit));
      program.push_back({OperationKind::fill_usable, large});
    }
    program.insert(program.end(), {allocation(slot, Function::malloc, 40), act(OperationKind::check)});
    programs.push_back(program);
  }
  return programs;
}

[[nodiscard]] std::vector<Program> recovers_programs(const Knowledge&, Function function) {
  std::vector<Program> programs;
  for (const std::uint64_t size : exhausting_sizes) {
    // The addresses of larger blocks an allocator may keep out of use for a while, to catch their use behind
    // free.
    constexpr std::uint64_t largest = 100'000;
    if (size > largest) continue;
    Program program = {act(OperationKind::limit_memory, limit), until_none(function, size),
                       act(OperationKind::release)};
    for (std::uint32_t slot = 0; slot < 8; ++slot) program.push_back(allocation(slot, function, size));
    programs.push_back(program);
  }
  // What the system refused for a while is not refused for ever.
  for (const std::uint64_t size : exhausting_sizes) {
    Program program = {act(OperationKind::limit_memory, limit), until_none(function, size),
                       act(OperationKind::limit_memory, unlimited)};
    for (std::uint32_t slot = 0; slot < 4; ++slot) program.push_back(allocation(slot, function, size));
    programs.push_back(program);
  }
  return programs;
}

[[nodiscard]] std::optional<Complaint> errno_of_exhaustion(const ObservedCall& seen) {
  if (!seen.around.limited || !refused_for_memory(seen)) return std::nullopt;
  const bool tells_by_result = seen.call.function == Function::posix_memalign;
  const int error = tells_by_result ? seen.answer.status : seen.answer.error;
  if (error == ENOMEM) return std::nullopt;
  const std::string_view what = tells_by_result ? "the result" : "errno is";
  return Complaint{"", "", fmt::format("{} ENOMEM after a request that was refused", what),
                   fmt::format("{} {}", what, errno_text(static_cast<std::uint64_t>(error)))};
}

[[nodiscard]] std::optional<Complaint> met_again(const ObservedCall& seen) {
  if (!seen.refused()) return std::nullopt;
  // The system may have fewer gigabytes than before.
  if (seen.around.lifted && seen.total <= limit && !seen.around.refusing && !seen.around.bounded)
    return refused_with_errno(seen, "a block, as the process's memory is limited no more");
  if (seen.around.alone || seen.around.freed_alike == 0) return std::nullopt;
  return refused_with_errno(seen,
                            fmt::format("a block, as {} like it were just freed", seen.around.freed_alike));
}

const ClauseRegistration errno_when_exhausted({
    .id = "exhaustion.errno",
    .tier = Tier::must,
    .promise = "Where the system gives no more memory, a request gives no block and sets errno to ENOMEM.",
    .source = "POSIX.1-2024 malloc, calloc, aligned_alloc, ERRORS; posix_memalign returns it",
    .functions = {Function::malloc, Function::calloc, Function::aligned_alloc, Function::posix_memalign},
    .standard_only = true,
    .judge = errno_of_exhaustion,
    .programs = errno_programs,
});

const ClauseRegistration exhaustion_keeps({
    .id = "exhaustion.keeps",
    .tier = Tier::must,
    .promise = "Where the system gives no more memory, live blocks hold what they held.",
    .source = "ISO C17 6.2.4p2",
    .functions = {Function::malloc, Function::calloc, Function::posix_memalign},
    .oracles = {contents_kept, "shadow.kept", "shadow.unchanged-by-failure"},
    .programs = keeps_programs,
});

const ClauseRegistration recovers({
    .id = "exhaustion.recovers",
    .tier = Tier::expected,
    .promise =
        "Once blocks are freed again, or the system gives memory again, requests that were refused for "
        "want of memory are met.",
    .source = "ISO C17 7.22.3.3p2: freed memory is available for further allocation",
    .functions = {Function::malloc, Function::calloc, Function::posix_memalign},
    .judge = met_again,
    .oracles = {contents_kept},
    .of_the_answer = true,
    .programs = recovers_programs,
    .alone = true,
});

}  // namespace
}  // namespace poolhammer::contract

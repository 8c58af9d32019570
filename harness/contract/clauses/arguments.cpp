#include <fmt/format.h>

#include <bit>
#include <cerrno>

#include "harness/contract/clause.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer::contract {
namespace {

constexpr std::uint64_t no_powers[] = {
    3, 5, 6, 7, 9, 12, 24, 40, 48, 96, 4095, 4097, 12'288, (std::uint64_t{1} << 32U) + 16, 0};
constexpr std::uint64_t some_sizes[] = {1, 8, 24, 64, 1000, 100'000};

/// Alignments that posix_memalign must refuse: no power of two, or no multiple of sizeof(void *).
[[nodiscard]] std::vector<Program> einval_programs(const Knowledge&, Function function) {
  std::vector<Program> programs;
  std::vector<std::uint64_t> alignments(std::begin(no_powers), std::end(no_powers));
  alignments.insert(alignments.end(), {1, 2, 4});
  for (const std::uint64_t alignment : alignments) {
    for (const std::uint64_t size : some_sizes)
      programs.push_back({allocation(0, function, size, alignment)});
  }
  return programs;
}

[[nodiscard]] std::vector<Program> result_programs(const Knowledge& knowledge, Function function) {
  std::vector<Program> programs = einval_programs(knowledge, function);
  for (const std::uint64_t alignment : {8U, 16U, 4096U}) {
    for (const std::uint64_t below : {0U, 4096U, 1U << 20})
      programs.push_back({allocation(0, function, ~std::uint64_t{0} - below, alignment)});
  }
  return programs;
}

[[nodiscard]] std::vector<Program> invalid_programs(const Knowledge&, Function function) {
  std::vector<Program> programs;
  // Twelve times the alignment, so that the size is a multiple of it.
  for (const std::uint64_t alignment : no_powers)
    programs.push_back({allocation(0, function, alignment == 0 ? 64 : 12 * (alignment % 65'536), alignment)});
  return programs;
}

[[nodiscard]] std::vector<Program> rounding_programs(const Knowledge& knowledge, Function function) {
  constexpr std::uint64_t page = 4096;
  std::vector<Program> programs;
  if (!knowledge.has(Function::malloc_usable_size)) return programs;
  for (const std::uint64_t size : telling_sizes(knowledge, 16 * page))
    programs.push_back({allocation(0, function, size)});
  return programs;
}

[[nodiscard]] bool invalid_for_posix_memalign(const ObservedCall& seen) {
  return !std::has_single_bit(seen.call.alignment) || seen.call.alignment < sizeof(void*);
}

[[nodiscard]] std::optional<Complaint> einval_returned(const ObservedCall& seen) {
  if (!invalid_for_posix_memalign(seen) || seen.answer.status == EINVAL) return std::nullopt;
  return Complaint{"", "", "the result EINVAL for such an alignment",
                   fmt::format("the result {}", errno_text(static_cast<std::uint64_t>(seen.answer.status)))};
}

[[nodiscard]] std::optional<Complaint> result_left(const ObservedCall& seen) {
  if (seen.answer.result_kept) return std::nullopt;
  return Complaint{"", "", "the pointer is left as it was, or NULL", "another pointer"};
}

[[nodiscard]] std::optional<Complaint> whole_pages(const ObservedCall& seen) {
  constexpr std::size_t page = 4096;
  const std::size_t rounded = (seen.total + page - 1) / page * page;
  if (seen.answer.block == nullptr || !seen.usable || *seen.usable >= rounded) return std::nullopt;
  return Complaint{"", "", fmt::format("a usable size of at least {}, whole pages", rounded),
                   fmt::format("{}", *seen.usable)};
}

[[nodiscard]] std::optional<Complaint> no_block_for_no_power(const ObservedCall& seen) {
  if (std::has_single_bit(seen.call.alignment) || seen.answer.block == nullptr) return std::nullopt;
  return Complaint{"", "", "no block for an alignment that is no power of two",
                   fmt::format("a block at {}", seen.answer.block)};
}

[[nodiscard]] std::optional<Complaint> errno_of_no_power(const ObservedCall& seen) {
  if (std::has_single_bit(seen.call.alignment) || !seen.refused() || seen.answer.error == EINVAL)
    return std::nullopt;
  return Complaint{"", "", "errno is EINVAL for such an alignment",
                   fmt::format("errno is {}", errno_text(static_cast<std::uint64_t>(seen.answer.error)))};
}

const ClauseRegistration einval({
    .id = "posix_memalign.einval",
    .tier = Tier::must,
    .promise = "posix_memalign returns EINVAL for an alignment that is no power of two times sizeof(void *).",
    .source = "POSIX.1-2024 posix_memalign, ERRORS",
    .functions = {Function::posix_memalign},
    .standard_only = true,
    .judge = einval_returned,
    .of_the_answer = true,
    .programs = einval_programs,
});

const ClauseRegistration arguments_result({
    .id = "posix_memalign.result-kept",
    .tier = Tier::must,
    .promise = "Where posix_memalign fails, it leaves the pointer as it was or makes it NULL.",
    .source = "POSIX.1-2024 posix_memalign, RETURN VALUE",
    .functions = {Function::posix_memalign},
    .standard_only = true,
    .judge = result_left,
    .programs = result_programs,
});

const ClauseRegistration arguments_invalid({
    .id = "aligned_alloc.invalid",
    .tier = Tier::must,
    .promise = "aligned_alloc gives no block for an alignment that is no power of two.",
    .source = "ISO C17 7.22.3.1p2 with 6.2.8p4",
    .functions = {Function::aligned_alloc},
    .standard_only = true,
    .judge = no_block_for_no_power,
    .of_the_answer = true,
    .programs = invalid_programs,
});

const ClauseRegistration invalid_errno({
    .id = "aligned_alloc.einval",
    .tier = Tier::must,
    .promise = "Where aligned_alloc refuses an alignment that is no power of two, it sets errno to EINVAL.",
    .source = "POSIX.1-2024 aligned_alloc, ERRORS",
    .functions = {Function::aligned_alloc},
    .standard_only = true,
    .judge = errno_of_no_power,
    .programs = invalid_programs,
});

const ClauseRegistration rounding({
    .id = "pvalloc.rounds",
    .tier = Tier::expected,
    .promise = "pvalloc rounds the size up to whole pages.",
    .source = "Linux man-pages, pvalloc(3)",
    .functions = {Function::pvalloc},
    .standard_only = true,
    .judge = whole_pages,
    .programs = rounding_programs,
});

}  // namespace
}  // namespace poolhammer::contract

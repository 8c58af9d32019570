#include <array>

#include "harness/contract/clause.hpp"
#include "harness/contract/overflowing.hpp"

namespace poolhammer::contract {
namespace {

constexpr std::uint64_t realloc_most = 300'000;
constexpr std::string_view kept = "shadow.kept";
constexpr std::string_view unchanged_by_failure = "shadow.unchanged-by-failure";

/// A block grows and shrinks through `sizes`, with neighbours before and behind it so that it cannot always
/// stay.
[[nodiscard]] Program through(Function origin, Function function, std::uint64_t alignment,
                              std::span<const std::uint64_t> sizes) {
  Program program = {allocation(1, Function::malloc, sizes.front()),
                     allocation(0, origin, sizes.front(), alignment),
                     allocation(2, Function::malloc, sizes.front())};
  for (const std::uint64_t size : sizes.subspan(1)) program.push_back(allocation(0, function, size));
  program.push_back(act(OperationKind::check));
  return program;
}

[[nodiscard]] std::vector<Program> keeps_programs(const Knowledge& knowledge, Function function) {
  std::vector<Program> programs;
  const std::vector<std::uint64_t> sizes = telling_sizes(knowledge, realloc_most);
  for (std::size_t index = 0; index + 4 < sizes.size(); ++index) {
    const std::uint64_t here = sizes[index];
    const std::uint64_t next = sizes[index + 1];
    const std::uint64_t far = sizes[(index * 7 + 3) % sizes.size()];
    const std::array around = {here, next, here, sizes[index + 4], here, far, next, std::uint64_t{1}, far};
    programs.push_back(through(Function::malloc, function, 0, around));
  }
  for (const std::uint64_t size : large_sizes()) {
    const std::array around = {size, size + 4096, size / 2, std::uint64_t{40}, size};
    programs.push_back(through(Function::malloc, function, 0, around));
  }
  // No block of gigabytes is moved: a library may copy it.
  for (const std::uint64_t size : wrapping_sizes(knowledge)) {
    const std::array around = {std::uint64_t{100}, size, std::uint64_t{60}, size, std::uint64_t{300'000}};
    programs.push_back(through(Function::malloc, function, 0, around));
  }
  for (const Function origin : c_allocators()) {
    if (!knowledge.has(origin)) continue;
    for (const std::uint64_t alignment : {16U, 64U, 256U, 4096U, 65'536U}) {
      for (const std::uint64_t size : {alignment, 2 * alignment, std::uint64_t{131'072}}) {
        const std::array around = {size, size + 1, size / 2, 3 * size, size, std::uint64_t{8}};
        programs.push_back(through(origin, function, alignment, around));
      }
    }
  }
  return programs;
}

/// The size was to be had before, and is free again: nothing excuses a refusal.
[[nodiscard]] std::vector<Program> resizing_null(const Knowledge& knowledge, Function function) {
  std::vector<Program> programs;
  for (const std::uint64_t size : telling_sizes(knowledge, realloc_most)) {
    programs.push_back({allocation(0, Function::malloc, size), freeing(0), allocation(0, function, size),
                        allocation(1, function, size), act(OperationKind::check)});
  }
  return programs;
}

[[nodiscard]] std::vector<Program> failure_programs(const Knowledge& knowledge, Function function) {
  std::vector<Program> programs;
  for (const std::uint64_t size : telling_sizes(knowledge, realloc_most)) {
    for (const std::uint64_t too_large :
         {~std::uint64_t{0}, ~std::uint64_t{0} - 4096, std::uint64_t{1} << 63U})
      programs.push_back({allocation(0, Function::malloc, size), allocation(0, function, too_large),
                          allocation(2, Function::malloc, size), act(OperationKind::check)});
  }
  return programs;
}

[[nodiscard]] std::vector<Program> overflow_programs(const Knowledge&, Function function) {
  std::vector<Program> programs;
  for (const auto& [count, size] : overflowing_products()) {
    programs.push_back({allocation(0, Function::malloc, 64), allocation_of(0, function, count, size)});
    programs.push_back({allocation_of(0, function, count, size)});
  }
  return programs;
}

[[nodiscard]] std::optional<Complaint> null_allocates(const ObservedCall& seen) {
  const bool could = seen.around.live_blocks == 0 && seen.could_be_met();
  if (!seen.refused() || seen.call.block != nullptr || !could) return std::nullopt;
  return refused_with_errno(seen, "a block, as a larger or equal one was given before and none is live");
}

const ClauseRegistration realloc_keeps({
    .id = "realloc.keeps",
    .tier = Tier::must,
    .promise = "A resized block holds what the old one held, up to the smaller of both sizes.",
    .source = "ISO C17 7.22.3.5p2",
    .functions = {Function::realloc, Function::reallocarray},
    .oracles = {kept, contents_kept},
    .programs = keeps_programs,
});

const ClauseRegistration realloc_null({
    .id = "realloc.null",
    .tier = Tier::must,
    .promise = "Resizing a null pointer allocates.",
    .source = "ISO C17 7.22.3.5p3; POSIX.1-2024 realloc",
    .functions = {Function::realloc, Function::reallocarray},
    .judge = null_allocates,
    .oracles = {contents_kept},
    .of_the_answer = true,
    .programs = resizing_null,
});

const ClauseRegistration realloc_failure({
    .id = "realloc.failure-keeps",
    .tier = Tier::must,
    .promise = "Where a block cannot be resized, it is not freed and holds what it held.",
    .source = "ISO C17 7.22.3.5p3-4",
    .functions = {Function::realloc, Function::reallocarray},
    .oracles = {unchanged_by_failure, contents_kept, disjoint_blocks},
    .programs = failure_programs,
});

const ClauseRegistration realloc_overflow({
    .id = "reallocarray.overflow",
    .tier = Tier::must,
    .promise = "reallocarray refuses a product that does not fit into size_t, and leaves the block alone.",
    .source = "POSIX.1-2024 realloc, ERRORS",
    .functions = {Function::reallocarray},
    .oracles = {too_much_granted, unchanged_by_failure},
    .of_the_answer = true,
    .programs = overflow_programs,
});

}  // namespace
}  // namespace poolhammer::contract

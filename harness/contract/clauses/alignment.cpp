#include "harness/contract/clause.hpp"

namespace poolhammer::contract {
namespace {

constexpr std::uint64_t page_size = 4096;
constexpr std::uint64_t alignment_most = 1U << 20U;
constexpr std::uint64_t largest_tried = 8U << 20U;
constexpr std::string_view alignment_of_block = "shadow.alignment";

/// More than one block each: the first of a page is aligned by chance.
[[nodiscard]] Program some_blocks(Function function, std::uint64_t alignment, std::uint64_t size) {
  Program program;
  for (std::uint32_t slot = 0; slot < 4; ++slot)
    program.push_back(allocation(slot, function, size, alignment));
  return program;
}

[[nodiscard]] std::vector<Program> blocks_up_to(const Knowledge& knowledge, Function function,
                                                std::uint64_t largest) {
  std::vector<Program> programs;
  for (const std::uint64_t size : telling_sizes(knowledge, largest))
    programs.push_back(some_blocks(function, 1, size));
  return programs;
}

[[nodiscard]] std::vector<Program> fundamental_programs(const Knowledge& knowledge, Function function) {
  return blocks_up_to(knowledge, function, alignment_most);
}

/// realloc moves blocks that grow, and may leave them where they are when they shrink.
[[nodiscard]] std::vector<Program> resized_programs(const Knowledge& knowledge, Function function) {
  std::vector<Program> programs = fundamental_programs(knowledge, function);
  const std::vector<std::uint64_t> sizes = telling_sizes(knowledge, alignment_most);
  for (std::size_t index = 0; index + 1 < sizes.size(); ++index) {
    for (const std::uint64_t before : {sizes[index + 1], sizes[index] / 2 + 1})
      programs.push_back({allocation(0, Function::malloc, before), allocation(0, function, sizes[index])});
  }
  return programs;
}

[[nodiscard]] std::vector<Program> plain_or_resized(const Knowledge& knowledge, Function function) {
  return resizes(function) ? resized_programs(knowledge, function)
                           : fundamental_programs(knowledge, function);
}

/// Small alignments with every telling size; large ones on the diagonal, where size equals alignment, around
/// it, and with multiples.
[[nodiscard]] std::vector<Program> requested_programs(const Knowledge& knowledge, Function function) {
  std::vector<Program> programs;
  for (std::uint64_t alignment = sizeof(void*); alignment <= 256; alignment *= 2) {
    // The sizes that every standard allows.
    for (const std::uint64_t size : telling_sizes(knowledge, page_size))
      programs.push_back(some_blocks(function, alignment, askable(function, size, alignment)));
  }
  for (std::uint64_t alignment = 512; alignment <= largest_tried; alignment *= 2) {
    for (const std::uint64_t times : {1U, 2U, 3U})
      programs.push_back(some_blocks(function, alignment, alignment * times));
  }
  // An alignment that no address of a process has is refused, never ignored. Those between are left out: a
  // library that looks for a place by taking as much memory as the alignment may note something for each
  // page. In C++ it is the program's fault to ask for an alignment that is not supported: [basic.align]p3.
  if (facts(function).family != Family::c) return programs;
  for (unsigned power = 47; power < 64; ++power)
    programs.push_back({allocation(0, function, page_size, std::uint64_t{1} << power)});
  return programs;
}

/// posix_memalign and operator new take any size with an alignment.
[[nodiscard]] std::vector<Program> any_size_programs(const Knowledge& knowledge, Function function) {
  std::vector<Program> programs = requested_programs(knowledge, function);
  for (std::uint64_t alignment = sizeof(void*); alignment <= 8 * page_size; alignment *= 2) {
    for (const std::uint64_t size :
         {std::uint64_t{1}, std::uint64_t{24}, alignment - 1, alignment + 1, 3 * alignment / 2})
      programs.push_back(some_blocks(function, alignment, size));
  }
  return programs;
}

[[nodiscard]] std::vector<Program> page_programs(const Knowledge& knowledge, Function function) {
  return blocks_up_to(knowledge, function, 16 * page_size);
}

const ClauseRegistration fundamental_alignment({
    .id = "alignment.fundamental",
    .tier = Tier::must,
    .promise = "A block is aligned for every object of fundamental alignment that fits into it.",
    .source = "ISO C17 7.22.3p1, as C23 7.24.3p1 words it",
    .functions = {Function::malloc, Function::calloc, Function::realloc, Function::reallocarray},
    .oracles = {alignment_of_block},
    .programs = plain_or_resized,
});

const ClauseRegistration aligned_alloc_alignment({
    .id = "alignment.aligned_alloc",
    .tier = Tier::must,
    .promise = "A block of aligned_alloc has the alignment that was asked for.",
    .source = "ISO C17 7.22.3.1p2",
    .functions = {Function::aligned_alloc},
    .oracles = {alignment_of_block},
    .programs = requested_programs,
});

const ClauseRegistration posix_memalign_alignment({
    .id = "alignment.posix_memalign",
    .tier = Tier::must,
    .promise = "A block of posix_memalign has the alignment that was asked for, whatever its size.",
    .source = "POSIX.1-2024 posix_memalign, DESCRIPTION",
    .functions = {Function::posix_memalign},
    .oracles = {alignment_of_block},
    .programs = any_size_programs,
});

const ClauseRegistration memalign_alignment({
    .id = "alignment.memalign",
    .tier = Tier::expected,
    .promise = "A block of memalign has the alignment that was asked for, whatever its size.",
    .source = "Linux man-pages, memalign(3)",
    .functions = {Function::memalign},
    .oracles = {alignment_of_block},
    .programs = any_size_programs,
});

const ClauseRegistration page_alignment({
    .id = "alignment.page",
    .tier = Tier::expected,
    .promise = "A block of valloc or pvalloc begins at a page.",
    .source = "Linux man-pages, valloc(3)",
    .functions = {Function::valloc, Function::pvalloc},
    .oracles = {alignment_of_block},
    .programs = page_programs,
});

const ClauseRegistration new_alignment({
    .id = "alignment.new",
    .tier = Tier::must,
    .promise = "A block of operator new is aligned for every object of its size.",
    .source = "ISO C++20 [new.delete.single]p1 and [basic.stc.dynamic.allocation]p3",
    .functions = {Function::op_new, Function::op_new_array, Function::op_new_nothrow,
                  Function::op_new_array_nothrow},
    .oracles = {alignment_of_block},
    .programs = fundamental_programs,
});

const ClauseRegistration aligned_new_alignment({
    .id = "alignment.new-aligned",
    .tier = Tier::must,
    .promise = "A block of operator new with an alignment has that alignment.",
    .source = "ISO C++20 [new.delete.single]p1",
    .functions = {Function::op_new_aligned, Function::op_new_array_aligned, Function::op_new_aligned_nothrow,
                  Function::op_new_array_aligned_nothrow},
    .oracles = {alignment_of_block},
    .programs = any_size_programs,
});

}  // namespace
}  // namespace poolhammer::contract

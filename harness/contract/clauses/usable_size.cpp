#include <fmt/format.h>

#include "harness/contract/clause.hpp"

namespace poolhammer::contract {
namespace {

constexpr std::uint64_t usable_size_most = 300'000;
constexpr std::uint64_t most_zeroed = std::uint64_t{64} << 20U;
constexpr std::uint64_t most_alignment = std::uint64_t{8} << 20U;

[[nodiscard]] std::vector<Program> at_least_programs(const Knowledge& knowledge, Function function) {
  std::vector<Program> programs;
  if (!knowledge.has(Function::malloc_usable_size)) return programs;
  for (const std::uint64_t size : telling_sizes(knowledge, usable_size_most)) {
    for (const std::uint64_t alignment : {16U, 64U, 4096U}) {
      if (alignment != 16 && !takes_alignment(function)) continue;
      programs.push_back({allocation(0, function, askable(function, size, alignment), alignment)});
    }
  }
  for (const auto& sizes : {large_sizes(), wrapping_sizes(knowledge)}) {
    for (const std::uint64_t size : sizes) {
      // An allocator may write all the zeros.
      if (function == Function::calloc && size > most_zeroed) continue;
      programs.push_back({allocation(0, function, askable(function, size))});
    }
  }
  if (resizes(function)) {
    // A live block, too: of another class, and a large one.
    const std::vector<Program> of_null = programs;
    for (const Program& program : of_null) {
      const std::uint64_t size = program.front().size;
      programs.push_back({allocation(0, Function::malloc, 24), program.front()});
      if (size <= usable_size_most)
        programs.push_back({allocation(0, Function::malloc, 2 * usable_size_most), program.front()});
    }
  }
  if (!takes_alignment(function)) return programs;
  // As many sizes as there are ways to round: the least, and those around the alignment.
  for (std::uint64_t alignment = sizeof(void*); alignment <= most_alignment; alignment *= 2) {
    for (const std::uint64_t size : {std::uint64_t{1}, alignment - 1, alignment, alignment + 1})
      programs.push_back({allocation(0, function, askable(function, size, alignment), alignment)});
  }
  return programs;
}

/// An aligned block that was resized: in what lies before it, its usable size has no part.
[[nodiscard]] Program resized_and_filled(Function origin, Function function, std::uint64_t size,
                                         std::uint64_t alignment) {
  constexpr std::uint32_t blocks = 6;
  Program program;
  for (std::uint32_t slot = 0; slot < blocks; ++slot)
    program.push_back(allocation(slot, origin, askable(origin, size, alignment), alignment));
  for (const std::uint64_t other : {size - size / 4, size + size / 2, 2 * size, size / 2 + 8}) {
    for (std::uint32_t slot = 0; slot < blocks; ++slot)
      program.insert(program.end(), {allocation(slot, function, other), {OperationKind::fill_usable, slot}});
    program.push_back(act(OperationKind::check));
  }
  return program;
}

/// Blocks side by side, each written to its last usable byte, survive each other, and the library's checks
/// when they are freed and taken again.
[[nodiscard]] std::vector<Program> writable_programs(const Knowledge& knowledge, Function function) {
  std::vector<Program> programs;
  if (!knowledge.has(Function::malloc_usable_size)) return programs;
  for (const std::uint64_t alignment : {16U, 64U}) {
    if (alignment != 16 && !takes_alignment(function)) continue;
    for (const std::uint64_t size : telling_sizes(knowledge, usable_size_most)) {
      const std::uint64_t asked = askable(function, size, alignment);
      Program program;
      const auto take = [&](std::uint32_t slot) {
        program.insert(program.end(),
                       {allocation(slot, function, asked, alignment), {OperationKind::fill_usable, slot}});
      };
      for (std::uint32_t slot = 0; slot < 6; ++slot) take(slot);
      program.push_back(act(OperationKind::check));
      for (std::uint32_t slot = 0; slot < 6; slot += 2) program.push_back(freeing(slot));
      for (std::uint32_t slot = 6; slot < 10; ++slot) take(slot);
      program.push_back(act(OperationKind::check));
      programs.push_back(program);
    }
  }
  if (!resizes(function)) return programs;
  for (const Function origin : {Function::posix_memalign, Function::aligned_alloc, Function::memalign}) {
    if (!knowledge.has(origin)) continue;
    for (const std::uint64_t alignment : {64U, 4096U, 65'536U}) {
      for (const std::uint64_t size : {64U, 5000U, 1U << 20U})
        programs.push_back(resized_and_filled(origin, function, size, alignment));
    }
  }
  return programs;
}

[[nodiscard]] std::vector<Program> stable_programs(const Knowledge& knowledge, Function function) {
  std::vector<Program> programs;
  for (const std::uint64_t size : telling_sizes(knowledge, usable_size_most)) {
    programs.push_back({allocation(0, Function::malloc, size),
                        {function, 0},
                        allocation(1, Function::malloc, size),
                        {OperationKind::fill, 1},
                        {function, 0},
                        freeing(1),
                        allocation(2, Function::malloc, size / 2 + 1),
                        {function, 0}});
  }
  return programs;
}

/// Whoever writes up to the usable size finds it again behind a realloc to that size.
[[nodiscard]] std::vector<Program> resizing_by_usable_size(const Knowledge& knowledge, Function function) {
  std::vector<Program> programs;
  if (!knowledge.has(Function::malloc_usable_size)) return programs;
  for (const std::uint64_t size : telling_sizes(knowledge, usable_size_most)) {
    for (const std::uint64_t more : {size + 1, size + 7, size + 64, 2 * size}) {
      programs.push_back({allocation(0, Function::malloc, size),
                          {OperationKind::fill_usable, 0},
                          allocation(0, function, more)});
    }
  }
  return programs;
}

[[nodiscard]] std::vector<Program> size_of_null(const Knowledge&, Function function) {
  return {{{function, 0}}};
}

[[nodiscard]] std::optional<Complaint> unchanged_by_asking(const ObservedCall& seen) {
  if (seen.block == nullptr || seen.block->address == nullptr || !seen.block->usable) return std::nullopt;
  if (*seen.block->usable == seen.answer.value) return std::nullopt;
  return Complaint{"", "",
                   fmt::format("the usable size {}, as when the block was given", *seen.block->usable),
                   fmt::format("{}", seen.answer.value)};
}

[[nodiscard]] std::optional<Complaint> none_of_null(const ObservedCall& seen) {
  if (seen.call.block != nullptr || seen.answer.value == 0) return std::nullopt;
  return Complaint{"", "", "a usable size of 0 for NULL", fmt::format("{}", seen.answer.value)};
}

const ClauseRegistration at_least({
    .id = "usable.at-least",
    .tier = Tier::expected,
    .promise = "malloc_usable_size is at least what was asked for.",
    .source = "Linux man-pages, malloc_usable_size(3)",
    .functions = c_allocators(),
    .oracles = {"shadow.usable-size"},
    .programs = at_least_programs,
});

const ClauseRegistration writable({
    .id = "usable.writable",
    .tier = Tier::expected,
    .promise = "All usable bytes of a block may be written, without damage to others or to the library.",
    .source = "Linux man-pages 6.03, malloc_usable_size(3), NOTES: without ill effects; later editions "
              "advise against",
    .functions = c_allocators(),
    .judged_by_id = true,
    .oracles = {contents_kept},
    .programs = writable_programs,
});

const ClauseRegistration usable_size_stable({
    .id = "usable.stable",
    .tier = Tier::expected,
    .promise = "The usable size of a block does not change while it lives.",
    .source = "Linux man-pages, malloc_usable_size(3)",
    .functions = {Function::malloc_usable_size},
    .judge = unchanged_by_asking,
    .programs = stable_programs,
});

const ClauseRegistration usable_size_keeps({
    .id = "usable.realloc-keeps",
    .tier = Tier::expected,
    .promise = "A block that grows keeps what was written into its usable bytes.",
    .source =
        "Linux man-pages, malloc_usable_size(3): the excess bytes may be overwritten without ill effects",
    .functions = {Function::realloc, Function::reallocarray},
    .judged_by_id = true,
    .oracles = {"shadow.kept"},
    .programs = resizing_by_usable_size,
});

const ClauseRegistration usable_size_null({
    .id = "usable.null",
    .tier = Tier::expected,
    .promise = "The usable size of a null pointer is 0.",
    .source = "Linux man-pages, malloc_usable_size(3)",
    .functions = {Function::malloc_usable_size},
    .judge = none_of_null,
    .of_the_answer = true,
    .programs = size_of_null,
});

}  // namespace
}  // namespace poolhammer::contract

#include <algorithm>
#include <bit>

#include "harness/contract/clause.hpp"

namespace poolhammer::contract {
namespace {

constexpr std::uint64_t fundamental =
    16;  // alignof(std::max_align_t) on the 64-bit machines that are checked
constexpr std::uint64_t page = 4096;
constexpr std::uint64_t most = 1U << 20U;
constexpr std::uint64_t largest_tried = 8U << 20U;

/// What an object that fits into `size` bytes can need: the largest power of two up to the fundamental one.
[[nodiscard]] std::uint64_t owed(std::uint64_t size) {
  return std::min(std::bit_floor(size), fundamental);
}

/// More than one block each: the first of a page is aligned by chance.
[[nodiscard]] Probe some_blocks(Function function, std::uint64_t alignment, std::uint64_t size,
                                std::uint64_t promised_alignment) {
  Probe probe;
  for (std::uint16_t slot = 0; slot < 4; ++slot) {
    probe.push_back(allocation(slot, function, size, alignment));
    probe.push_back(expect(Expect::aligned, slot, promised_alignment));
  }
  return probe;
}

[[nodiscard]] std::vector<Probe> fundamental_probes(const Knowledge& knowledge, Function function) {
  std::vector<Probe> probes;
  for (const std::uint64_t size : telling_sizes(knowledge, most))
    probes.push_back(some_blocks(function, fundamental, size, owed(size)));
  return probes;
}

/// realloc moves blocks that grow, and may leave them where they are when they shrink.
[[nodiscard]] std::vector<Probe> resized_probes(const Knowledge& knowledge, Function function) {
  std::vector<Probe> probes = fundamental_probes(knowledge, function);
  const std::vector<std::uint64_t> sizes = telling_sizes(knowledge, most);
  for (std::size_t index = 0; index + 1 < sizes.size(); ++index) {
    for (const std::uint64_t before : {sizes[index + 1], sizes[index] / 2 + 1}) {
      Step grow = allocation(0, function, sizes[index]);
      grow.other = 0;
      probes.push_back(
          {call(0, Function::malloc, before), grow, expect(Expect::aligned, 0, owed(sizes[index]))});
    }
  }
  return probes;
}

[[nodiscard]] std::vector<Probe> plain_or_resized(const Knowledge& knowledge, Function function) {
  return resizes(function) ? resized_probes(knowledge, function) : fundamental_probes(knowledge, function);
}

/// Small alignments with every telling size; large ones on the diagonal, where size equals alignment, around
/// it, and with multiples.
[[nodiscard]] std::vector<Probe> requested_probes(const Knowledge& knowledge, Function function) {
  std::vector<Probe> probes;
  for (std::uint64_t alignment = sizeof(void*); alignment <= 256; alignment *= 2) {
    for (const std::uint64_t size : telling_sizes(knowledge, page)) {
      // The sizes that every standard allows.
      const std::uint64_t multiple = (size + alignment - 1) / alignment * alignment;
      probes.push_back(some_blocks(function, alignment, multiple, alignment));
    }
  }
  for (std::uint64_t alignment = 512; alignment <= largest_tried; alignment *= 2) {
    for (const std::uint64_t times : {1U, 2U, 3U})
      probes.push_back(some_blocks(function, alignment, alignment * times, alignment));
  }
  // An alignment that cannot be had is refused, never ignored. Those between are left out: a library that
  // looks for a place by taking as much memory as the alignment would have to touch it.
  for (unsigned power = 40; power < 64; ++power) {
    const std::uint64_t alignment = std::uint64_t{1} << power;
    probes.push_back({allocation(0, function, page, alignment), expect(Expect::aligned, 0, alignment)});
  }
  return probes;
}

/// posix_memalign and operator new take any size with an alignment.
[[nodiscard]] std::vector<Probe> any_size_probes(const Knowledge& knowledge, Function function) {
  std::vector<Probe> probes = requested_probes(knowledge, function);
  for (std::uint64_t alignment = sizeof(void*); alignment <= 8 * page; alignment *= 2) {
    for (const std::uint64_t size :
         {std::uint64_t{1}, std::uint64_t{24}, alignment - 1, alignment + 1, 3 * alignment / 2})
      probes.push_back(some_blocks(function, alignment, size, alignment));
  }
  return probes;
}

[[nodiscard]] std::vector<Probe> page_probes(const Knowledge& knowledge, Function function) {
  std::vector<Probe> probes;
  for (const std::uint64_t size : telling_sizes(knowledge, 16 * page))
    probes.push_back(some_blocks(function, page, size, page));
  return probes;
}

const ClauseRegistration fundamental_alignment({
    .id = "alignment.fundamental",
    .tier = Tier::must,
    .promise = "A block is aligned for every object of fundamental alignment that fits into it.",
    .source = "ISO C17 7.22.3p1, as C23 7.24.3p1 words it",
    .functions = {Function::malloc, Function::calloc, Function::realloc, Function::reallocarray},
    .generate = plain_or_resized,
});

const ClauseRegistration aligned_alloc_alignment({
    .id = "alignment.aligned_alloc",
    .tier = Tier::must,
    .promise = "A block of aligned_alloc has the alignment that was asked for.",
    .source = "ISO C17 7.22.3.1p2",
    .functions = {Function::aligned_alloc},
    .generate = requested_probes,
});

const ClauseRegistration posix_memalign_alignment({
    .id = "alignment.posix_memalign",
    .tier = Tier::must,
    .promise = "A block of posix_memalign has the alignment that was asked for, whatever its size.",
    .source = "POSIX.1-2024 posix_memalign, DESCRIPTION",
    .functions = {Function::posix_memalign},
    .generate = any_size_probes,
});

const ClauseRegistration memalign_alignment({
    .id = "alignment.memalign",
    .tier = Tier::expected,
    .promise = "A block of memalign has the alignment that was asked for, whatever its size.",
    .source = "Linux man-pages, memalign(3)",
    .functions = {Function::memalign},
    .generate = any_size_probes,
});

const ClauseRegistration page_alignment({
    .id = "alignment.page",
    .tier = Tier::expected,
    .promise = "A block of valloc or pvalloc begins at a page.",
    .source = "Linux man-pages, valloc(3)",
    .functions = {Function::valloc, Function::pvalloc},
    .generate = page_probes,
});

const ClauseRegistration new_alignment({
    .id = "alignment.new",
    .tier = Tier::must,
    .promise = "A block of operator new is aligned for every object of its size.",
    .source = "ISO C++20 [new.delete.single]p1 and [basic.stc.dynamic.allocation]p3",
    .functions = {Function::op_new, Function::op_new_array, Function::op_new_nothrow,
                  Function::op_new_array_nothrow},
    .generate = fundamental_probes,
});

const ClauseRegistration aligned_new_alignment({
    .id = "alignment.new-aligned",
    .tier = Tier::must,
    .promise = "A block of operator new with an alignment has that alignment.",
    .source = "ISO C++20 [new.delete.single]p1",
    .functions = {Function::op_new_aligned, Function::op_new_array_aligned, Function::op_new_aligned_nothrow,
                  Function::op_new_array_aligned_nothrow},
    .generate = any_size_probes,
});

}  // namespace
}  // namespace poolhammer::contract

#include "harness/library/learned.hpp"

#include "harness/library/library_runner.hpp"
#include "harness/trace/generate.hpp"

namespace poolhammer::library {
namespace {

[[nodiscard]] std::vector<std::uint64_t> asked_sizes() {
  std::vector<std::uint64_t> sizes;
  for (std::uint64_t size = 1; size <= asked_one_by_one; ++size) sizes.push_back(size);
  constexpr std::uint64_t first_octave = std::uint64_t{32} << 10U;
  constexpr std::uint64_t last_octave = std::uint64_t{8} << 20U;
  for (std::uint64_t octave = first_octave; octave <= last_octave; octave *= 2) {
    for (std::uint64_t size = octave; size < 2 * octave; size += octave / 16) {
      if (size > asked_one_by_one) sizes.push_back(size);
    }
  }
  return sizes;
}

[[nodiscard]] RunOptions unjudged() {
  RunOptions options;
  options.contents = false;
  options.only = {"none"};
  options.memory_limit = std::uint64_t{1} << 30U;
  return options;
}

void learn_classes(LibraryRunner& runner, Learned& learned) {
  const std::vector<std::uint64_t> sizes = asked_sizes();
  Trace trace;
  for (const std::uint64_t size : sizes) {
    trace.operations.push_back({.kind = OperationKind::malloc, .size = size});
    trace.operations.push_back({.kind = OperationKind::free});
  }
  const auto performed = runner.perform(trace, unjudged());
  std::uint64_t last = 0;
  for (std::size_t index = 0; index < sizes.size(); ++index) {
    const StepRecord& record = performed.records[2 * index];
    if (!record.asked || record.usable == last) continue;
    // Between two sizes that were asked for, the usable size of the lower one is the last of its class.
    const bool one_by_one = sizes[index] <= asked_one_by_one;
    const std::uint64_t edge = one_by_one || last < sizes[index - 1] ? sizes[index] : last + 1;
    if (learned.edges.empty() || edge > learned.edges.back()) learned.edges.push_back(edge);
    if (one_by_one) learned.small_classes = learned.edges.size();
    last = record.usable;
  }
}

/// One that has no such block has an end, which is near.
constexpr std::uint64_t near_the_end = std::uint64_t{256} << 20U;

/// What the system counts as the library's memory: before and after it gave a large block, and the most up to
/// when the block was freed. One that fills what is freed takes the memory then.
void learn_bounds(LibraryRunner& runner, Learned& learned) {
  constexpr std::uint64_t block = near_the_end;
  Trace trace;
  trace.operations = {{.kind = OperationKind::measure_resident},
                      {.kind = OperationKind::malloc, .size = block},
                      {.kind = OperationKind::measure_resident},
                      {.kind = OperationKind::free},
                      {.kind = OperationKind::measure_resident}};
  const auto performed = runner.perform(trace, unjudged());
  if (!performed.death.empty()) return;
  const auto& records = performed.records;
  learned.bounded = records[1].block == 0;
  // One that has no such block gives none that is larger: asking costs nothing.
  const bool given_untouched = records[2].usable < records[0].usable + block / 16;
  const bool freed_untouched = records[4].block < records[0].usable + block / 2;
  learned.leaves_untouched = learned.bounded || (given_untouched && freed_untouched);
}

/// What a program of every function shows. A library that tells nothing has shown that before.
void learn_constants(LibraryRunner& runner, Learned& learned) {
  if (runner.constants().empty()) return;
  constexpr std::size_t operations = 2000;
  Breadth breadth = full_breadth();
  std::erase_if(breadth.functions, [&runner](OperationKind function) { return !runner.has(function); });
  const auto performed =
      runner.perform(generate(1, {.operations = operations, .breadth = breadth}), unjudged());
  if (!performed.death.empty()) return;
  learned.constants.assign(runner.constants().begin(), runner.constants().end());
}

}  // namespace

Learned learn(LibraryRunner& runner) {
  Learned learned;
  if (runner.ends_at_start()) return learned;
  if (runner.has(OperationKind::malloc_usable_size)) learn_classes(runner, learned);
  learn_bounds(runner, learned);
  learn_constants(runner, learned);
  runner.renew();
  return learned;
}

std::uint64_t largest_block(LibraryRunner& runner) {
  std::uint64_t given = 0;
  std::uint64_t refused = near_the_end;
  while (refused - given > 1) {
    const std::uint64_t size = given + (refused - given) / 2;
    runner.renew();
    const auto performed =
        runner.perform({LayoutId::classic, {{.kind = OperationKind::malloc, .size = size}}}, unjudged());
    if (!performed.death.empty()) return 0;
    (performed.records[0].block != 0 ? given : refused) = size;
  }
  runner.renew();
  return given;
}

}  // namespace poolhammer::library

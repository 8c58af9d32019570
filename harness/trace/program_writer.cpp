#include "harness/trace/program_writer.hpp"

#include <algorithm>
#include <utility>

namespace poolhammer {

std::uint32_t ProgramWriter::take_empty_slot(Random& random) {
  const bool fresh_left = next_fresh_ < slot_end_;
  if (empty_.empty() || (fresh_left && random.chance(1, 2))) return next_fresh_++;
  std::swap(random.pick(empty_), empty_.back());
  const std::uint32_t slot = empty_.back();
  empty_.pop_back();
  return slot;
}

void ProgramWriter::malloc(std::uint64_t size, Random& random) {
  live_.push_back(take_empty_slot(random));
  add({OperationKind::malloc, live_.back(), 0, size});
}

void ProgramWriter::calloc(std::uint64_t count, std::uint64_t size, Random& random) {
  live_.push_back(take_empty_slot(random));
  add({OperationKind::calloc, live_.back(), count, size});
}

void ProgramWriter::realloc(std::uint64_t size, Random& random) {
  add({OperationKind::realloc, random.pick(live_), 0, size});
}

void ProgramWriter::free_slot(std::uint32_t slot) {
  add({OperationKind::free, slot, 0, 0});
  empty_.push_back(slot);
}

void ProgramWriter::free(std::size_t blocks, DrainOrder order, Random& random) {
  blocks = std::min(blocks, live_.size());
  if (order == DrainOrder::first_first) {
    const auto end = live_.begin() + static_cast<std::ptrdiff_t>(blocks);
    std::for_each(live_.begin(), end, [this](std::uint32_t slot) { free_slot(slot); });
    live_.erase(live_.begin(), end);
    return;
  }
  for (; blocks > 0; --blocks) {
    if (order == DrainOrder::none) std::swap(random.pick(live_), live_.back());
    free_slot(live_.back());
    live_.pop_back();
  }
}

}  // namespace poolhammer

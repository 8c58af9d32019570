#include "allocator/region_raw.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "allocator/poison.hpp"

namespace pymalloc {
namespace {

constexpr std::size_t smallest = 16;
// Between two places, so that a write behind a block meets poison before it meets another block.
constexpr std::size_t gap = 16;

struct Step {
  std::uint32_t number;
  std::size_t bytes;
};

// The smallest of the sizes 16 * {4, 5, 6, 7}/4 * 2^n that holds `size`, a multiple of 16 by rounding up.
[[nodiscard]] Step step_of(std::size_t size) {
  size = std::max(size, smallest);
  const auto doubling = static_cast<std::uint32_t>(std::bit_width(size - 1));
  const std::size_t half = std::size_t{1} << (doubling - 1);
  const std::size_t quarter = std::max<std::size_t>(half / 4, 1);
  const auto quarters = static_cast<std::uint32_t>((size - half + quarter - 1) / quarter);
  return {4 * doubling + quarters - 1, (half + quarters * quarter + 15) & ~std::size_t{15}};
}

[[nodiscard]] void* pointer(std::uintptr_t address) {
  return std::bit_cast<void*>(address);
}

}  // namespace

RegionRaw::RegionRaw(Region& region, Journal* journal)
    : base_(region.base()), journal_(journal), next_(base_) {}

RegionRaw::~RegionRaw() {
  unpoison(pointer(base_), next_ - base_);
}

std::uintptr_t RegionRaw::take_place(std::uint32_t step) {
  std::vector<std::uintptr_t>& places = free_places_[step];
  if (places.empty()) return 0;
  const std::uintptr_t place = places.back();
  places.pop_back();
  return place;
}

void RegionRaw::note(Call call, const void* block, std::size_t size, const void* answer) {
  if (journal_ == nullptr) return;
  journal_->note({call, std::bit_cast<std::uintptr_t>(block), size, std::bit_cast<std::uintptr_t>(answer)});
}

void* RegionRaw::malloc(std::size_t size) {
  void* const block = give(size);
  note(Call::raw_malloc, nullptr, size, block);
  return block;
}

void* RegionRaw::give(std::size_t size) {
  if (refusals_ > 0) {
    --refusals_;
    return refuse();
  }
  if (size > capacity / 2) return refuse();
  const Step step = step_of(size);
  std::uintptr_t place = take_place(step.number);
  if (place == 0) {
    if (step.bytes + gap > base_ + capacity - next_) return refuse();
    place = next_;
    next_ += step.bytes + gap;
    poison(pointer(place), step.bytes + gap);
  }
  blocks_.emplace(place, Block{size, step.number});
  unpoison(pointer(place), size);
  return pointer(place);
}

void* RegionRaw::calloc(std::size_t count, std::size_t size) {
  if (size != 0 && count > capacity / size) {
    note(Call::raw_calloc, nullptr, capacity, nullptr);
    return refuse();
  }
  const std::uintptr_t virgin = next_;
  void* const block = give(count * size);
  note(Call::raw_calloc, nullptr, count * size, block);
  // What was never given before is zero already: a radix node of 256 KiB costs the pages that it uses.
  if (block != nullptr && std::bit_cast<std::uintptr_t>(block) < virgin) std::memset(block, 0, count * size);
  return block;
}

void* RegionRaw::realloc(void* block, std::size_t size) {
  void* const resized = resize(block, size);
  note(Call::raw_realloc, block, size, resized);
  return resized;
}

void* RegionRaw::resize(void* block, std::size_t size) {
  if (block == nullptr) return give(size);
  const auto found = blocks_.find(std::bit_cast<std::uintptr_t>(block));
  if (found == blocks_.end()) {
    ++wrong_frees_;
    return nullptr;
  }
  const std::size_t old_size = found->second.size;
  if (refusals_ == 0 && size <= capacity / 2 && step_of(size).number == found->second.step) {
    found->second.size = size;
    poison(block, (old_size + 7) & ~std::size_t{7});
    unpoison(block, size);
    return block;
  }
  void* const moved = give(size);
  if (moved == nullptr) return nullptr;
  std::memcpy(moved, block, std::min(old_size, size));
  take_back(block);
  return moved;
}

void RegionRaw::free(void* block) {
  if (block == nullptr) return;
  note(Call::raw_free, block, 0, nullptr);
  take_back(block);
}

void RegionRaw::take_back(void* block) {
  const auto found = blocks_.find(std::bit_cast<std::uintptr_t>(block));
  if (found == blocks_.end()) {
    ++wrong_frees_;
    return;
  }
  poison(block, (found->second.size + 7) & ~std::size_t{7});
  free_places_[found->second.step].push_back(found->first);
  blocks_.erase(found);
}

std::size_t RegionRaw::usable_size(void* block) const {
  const auto found = blocks_.find(std::bit_cast<std::uintptr_t>(block));
  return found == blocks_.end() ? 0 : found->second.size;
}

bool RegionRaw::holds(std::uintptr_t address, std::size_t size) const {
  const auto found = blocks_.find(address);
  return found != blocks_.end() && size <= found->second.size;
}

void RegionRaw::reset() {
  unpoison(pointer(base_), next_ - base_);
  Region::clear(base_, next_ - base_);
  next_ = base_;
  refusals_ = 0;
  refused_ = 0;
  wrong_frees_ = 0;
  blocks_.clear();
  for (std::vector<std::uintptr_t>& places : free_places_) places.clear();
}

}  // namespace pymalloc

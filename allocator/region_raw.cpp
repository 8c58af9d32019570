#include "allocator/region_raw.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "allocator/poison.hpp"

namespace pymalloc {
namespace {

constexpr std::size_t smallest = 16;
// What a block holds before anybody writes into it, in its first bytes: of a larger one that is enough.
constexpr int dirt = 0xA5;
constexpr std::size_t most_dirt = std::size_t{64} << 10U;

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

void soil(void* block, std::size_t from, std::size_t to) {
  if (block == nullptr || from >= to) return;
  std::memset(static_cast<std::byte*>(block) + from, dirt, std::min(to - from, most_dirt));
}

}  // namespace

RegionRaw::RegionRaw(Region& region, Journal* journal)
    : base_(region.base()), journal_(journal), next_(base_) {}

RegionRaw::~RegionRaw() {
  forget_places();
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
  if (size < huge_least) soil(block, 0, size);
  note(Call::raw_malloc, nullptr, size, block);
  return block;
}

void* RegionRaw::give(std::size_t size) {
  if (refusals_ > 0) {
    --refusals_;
    return refuse();
  }
  if (size >= huge_least) return give_huge(size);
  const Step step = step_of(size);
  std::uintptr_t place = take_place(step.number);
  if (place == 0) {
    if (step.bytes + gap > base_ + plain_capacity - next_) return refuse();
    place = next_;
    next_ += step.bytes + gap;
    poison(pointer(place), step.bytes + gap);
  }
  blocks_.emplace(place, Block{size, step.number});
  unpoison(pointer(place), size);
  return pointer(place);
}

void* RegionRaw::calloc(std::size_t count, std::size_t size) {
  std::size_t total = 0;
  if (__builtin_mul_overflow(count, size, &total)) total = std::numeric_limits<std::size_t>::max();
  const void* const virgin = pointer(next_);
  void* const block = give(total);
  note(Call::raw_calloc, nullptr, total, block);
  // What was never given before is zero already: a radix node of 256 KiB costs the pages that it uses.
  if (block != nullptr && block != virgin && total < huge_least) std::memset(block, 0, total);
  return block;
}

void* RegionRaw::realloc(void* block, std::size_t size) {
  void* const resized = resize(block, size);
  note(Call::raw_realloc, block, size, resized);
  return resized;
}

void* RegionRaw::resize(void* block, std::size_t size) {
  if (block == nullptr) {
    void* const given = give(size);
    if (size < huge_least) soil(given, 0, size);
    return given;
  }
  const auto found = blocks_.find(std::bit_cast<std::uintptr_t>(block));
  if (found == blocks_.end()) {
    ++wrong_frees_;
    return nullptr;
  }
  const std::size_t old_size = found->second.size;
  const bool huge = size >= huge_least;
  if (refusals_ == 0 && huge && found->second.step == huge_step && size <= huge_most) {
    // What it no longer has is zero for the next.
    if (size < old_size) Region::clear(found->first + size, old_size - size);
    allow_huge(found->first, old_size, size);
    huge_place(found->first).size = size;
    found->second.size = size;
    return block;
  }
  if (refusals_ == 0 && !huge && step_of(size).number == found->second.step) {
    found->second.size = size;
    poison(block, (old_size + 7) & ~std::size_t{7});
    unpoison(block, size);
    soil(block, old_size, size);
    return block;
  }
  void* const moved = give(size);
  if (moved == nullptr) return nullptr;
  std::memcpy(moved, block, std::min(old_size, size));
  if (!huge) soil(moved, old_size, size);
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
  if (found->second.step == huge_step) {
    take_back_huge(found->first);
  } else {
    poison(block, (found->second.size + 7) & ~std::size_t{7});
    free_places_[found->second.step].push_back(found->first);
  }
  blocks_.erase(found);
}

void RegionRaw::lend(std::uintptr_t place, std::size_t size, Beside beside) {
  const Step step = step_of(size);
  const std::uintptr_t first = place - (beside == Beside::arena_behind ? gap : 0);
  poison(pointer(first), step.bytes + gap);
  free_places_[step.number].push_back(place);
  lent_.push_back({first, step.bytes + gap});
}

std::uintptr_t RegionRaw::huge_address(std::size_t number) const {
  return base_ + plain_capacity + number * (huge_most + Region::page);
}

RegionRaw::HugePlace& RegionRaw::huge_place(std::uintptr_t address) {
  return huge_[(address - huge_address(0)) / (huge_most + Region::page)];
}

void* RegionRaw::give_huge(std::size_t size) {
  const auto free_place = std::ranges::find(huge_, false, &HugePlace::taken);
  if (size > huge_most || free_place == huge_.end()) return refuse();
  const std::uintptr_t address = huge_address(static_cast<std::size_t>(free_place - huge_.begin()));
  unpoison(pointer(address), huge_edge);
  allow_huge(address, free_place->size, size);
  *free_place = {size, true};
  blocks_.emplace(address, Block{size, huge_step});
  return pointer(address);
}

void RegionRaw::take_back_huge(std::uintptr_t address) {
  HugePlace& place = huge_place(address);
  place.taken = false;
  Region::clear(address, place.size);
  poison(pointer(address), huge_edge);
  const std::uintptr_t end = (address + place.size) & ~std::uintptr_t{7};
  poison(pointer(end - huge_edge), huge_edge + 8);
}

// The shadow of so many bytes would take longer to write than a run takes: only that of the ends is.
void RegionRaw::allow_huge(std::uintptr_t address, std::size_t old_size, std::size_t size) {
  const auto edges_of = [address](std::size_t bytes) { return (address + bytes) & ~std::uintptr_t{7}; };
  if (old_size != 0) unpoison(pointer(edges_of(old_size) - huge_edge), huge_edge + Region::page - 8);
  const std::uintptr_t end = edges_of(size);
  poison(pointer(address - gap), gap);
  poison(pointer(end), Region::page - 8);
  unpoison(pointer(end), size % 8);
}

std::size_t RegionRaw::usable_size(void* block) const {
  const auto found = blocks_.find(std::bit_cast<std::uintptr_t>(block));
  return found == blocks_.end() ? 0 : found->second.size;
}

bool RegionRaw::holds(std::uintptr_t address, std::size_t size) const {
  const auto found = blocks_.find(address);
  return found != blocks_.end() && size <= found->second.size;
}

/// Allows everything that was ever given.
void RegionRaw::forget_places() {
  unpoison(pointer(base_), next_ - base_);
  for (const Lent& lent : lent_) unpoison(pointer(lent.first), lent.bytes);
  for (std::size_t i = 0; i < huge_places; ++i) {
    if (huge_[i].size == 0) continue;
    const std::uintptr_t address = huge_address(i);
    const std::uintptr_t end = (address + huge_[i].size) & ~std::uintptr_t{7};
    unpoison(pointer(address - gap), gap + huge_edge);
    unpoison(pointer(end - huge_edge), huge_edge + Region::page - 8);
  }
}

void RegionRaw::reset() {
  forget_places();
  Region::clear(base_, next_ - base_);
  for (const Lent& lent : lent_) Region::clear(lent.first, lent.bytes);
  for (std::size_t i = 0; i < huge_places; ++i) {
    if (huge_[i].taken) Region::clear(huge_address(i), huge_[i].size);
  }
  huge_ = {};
  lent_.clear();
  next_ = base_;
  refusals_ = 0;
  refused_ = 0;
  wrong_frees_ = 0;
  blocks_.clear();
  for (std::vector<std::uintptr_t>& places : free_places_) places.clear();
}

}  // namespace pymalloc

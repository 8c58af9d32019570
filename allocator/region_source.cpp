#include "allocator/region_source.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <iterator>

#include "allocator/poison.hpp"

namespace pymalloc {
namespace {

// The region's parts, by placement. All are multiples of 2^36 from the region's base, which is also a
// boundary of the radix tree's leaves in every layout.
constexpr std::size_t part = std::size_t{1} << 36U;
constexpr std::size_t scattered_bits = 39;

[[nodiscard]] constexpr std::uintptr_t part_of(Placement placement) {
  switch (placement) {
    case Placement::up:
      return 1 * part;
    case Placement::adjacent:
      return 2 * part;
    case Placement::misaligned:
      return 3 * part;
    case Placement::down:
      return 5 * part;  // used downwards from here
    case Placement::scattered:
      return 8 * part;
  }
  return 0;
}

// Reverses the low `bits` bits of a number: consecutive places lie half, a quarter, an eighth of the range
// apart.
[[nodiscard]] constexpr std::uintptr_t reversed(std::uint32_t number, std::size_t bits) {
  std::uintptr_t result = 0;
  for (std::size_t i = 0; i < bits; ++i) result |= std::uintptr_t{(number >> i) & 1U} << (bits - 1 - i);
  return result;
}

// The places' distances from the start of their part of the region, by number; modulo 2^64, as they may lie
// before it.

[[nodiscard]] std::uintptr_t scattered(std::uint32_t number, std::size_t arena_size) {
  const auto bits = static_cast<std::size_t>(scattered_bits - std::bit_width(arena_size));
  return reversed(number, bits) * 2 * arena_size;
}

// Off a pool's boundary by half a pool, by the least, not at all, by the most; never on an arena's.
// Neighbours share a cell of the radix tree. The second lies across the boundary between two of its leaves:
// the first leaf is there when the other is asked for.
[[nodiscard]] std::uintptr_t misaligned(std::uintptr_t number, std::size_t arena_size,
                                        std::size_t pool_size) {
  const std::array<std::uintptr_t, 4> off = {pool_size / 2, 16, 0, pool_size - 16};
  const std::uintptr_t stride = arena_size + pool_size;
  return number * stride + off[number % off.size()] - arena_size / 2 - stride;
}

}  // namespace

RegionArenaSource::RegionArenaSource(Region& region, std::size_t arena_size, std::size_t pool_size,
                                     Journal* journal)
    : base_(region.base()),
      arena_size_(arena_size),
      pool_size_(pool_size),
      journal_(journal),
      taken_(placements) {}

RegionArenaSource::~RegionArenaSource() {
  for (std::uint8_t placement = 0; placement < placements; ++placement) {
    for (std::uint32_t number = 0; number < taken_[placement].size(); ++number) {
      const Place place{static_cast<Placement>(placement), number};
      unpoison(std::bit_cast<void*>(address_of(place)), arena_size_);
    }
  }
}

std::uintptr_t RegionArenaSource::address_of(Place place) const {
  const std::uintptr_t start = base_ + part_of(place.placement);
  const std::uintptr_t n = place.number;
  switch (place.placement) {
    case Placement::up:
      return start + 2 * n * arena_size_;
    case Placement::down:
      return start - (2 * n + 1) * arena_size_;
    case Placement::adjacent:
      return start + n * arena_size_;
    case Placement::scattered:
      return start + scattered(place.number, arena_size_);
    case Placement::misaligned:
      return start + misaligned(n, arena_size_, pool_size_);
  }
  return 0;
}

void* RegionArenaSource::allocate(std::size_t size) {
  void* const arena = give(size);
  if (journal_ != nullptr)
    journal_->note({Call::arena_request, 0, size, std::bit_cast<std::uintptr_t>(arena)});
  return arena;
}

void* RegionArenaSource::give(std::size_t size) {
  if (size != arena_size_) return nullptr;
  if (refusals_ > 0) {
    --refusals_;
    return nullptr;
  }
  std::vector<bool>& taken = taken_[static_cast<std::size_t>(placement_)];
  const auto free_place = std::find(taken.begin(), taken.end(), false);
  const auto number = static_cast<std::uint32_t>(free_place - taken.begin());
  if ((std::uintptr_t{number} + 2) * 2 * arena_size_ > part) return nullptr;
  if (free_place == taken.end()) taken.push_back(false);
  taken[number] = true;
  const Place place{placement_, number};
  const std::uintptr_t address = address_of(place);
  live_.insert(behind(address), Arena{address, place});
  unpoison(std::bit_cast<void*>(address), arena_size_);
  return std::bit_cast<void*>(address);
}

void RegionArenaSource::release(void* arena, std::size_t size) {
  if (journal_ != nullptr)
    journal_->note({Call::arena_release, std::bit_cast<std::uintptr_t>(arena), size, 0});
  take_back(arena, size);
}

void RegionArenaSource::take_back(void* arena, std::size_t size) {
  const auto address = std::bit_cast<std::uintptr_t>(arena);
  const auto after = behind(address);
  if (after == live_.begin() || std::prev(after)->address != address || size != arena_size_) {
    ++wrong_releases_;
    return;
  }
  const auto found = std::prev(after);
  taken_[static_cast<std::size_t>(found->place.placement)][found->place.number] = false;
  live_.erase(found);
  unpoison(arena, arena_size_);
  Region::clear(address, arena_size_);
  poison(arena, arena_size_);
}

bool RegionArenaSource::holds(std::uintptr_t address, std::size_t size) const {
  const auto after = behind(address);
  if (after == live_.begin()) return false;
  const std::size_t offset = address - std::prev(after)->address;
  return offset <= arena_size_ && size <= arena_size_ - offset;
}

std::vector<RegionArenaSource::Arena>::const_iterator RegionArenaSource::behind(
    std::uintptr_t address) const {
  return std::upper_bound(live_.begin(), live_.end(), address,
                          [](std::uintptr_t sought, const Arena& arena) { return sought < arena.address; });
}

void RegionArenaSource::reset() {
  while (!live_.empty()) take_back(std::bit_cast<void*>(live_.back().address), arena_size_);
  // The places stay known: the destructor must allow them all again.
  for (std::vector<bool>& taken : taken_) std::fill(taken.begin(), taken.end(), false);
  placement_ = Placement::up;
  refusals_ = 0;
  wrong_releases_ = 0;
}

}  // namespace pymalloc

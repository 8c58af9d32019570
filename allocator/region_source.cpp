#include "allocator/region_source.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <iterator>

#include "allocator/poison.hpp"

namespace pymalloc {
namespace {

// The region's parts, by placement. All are multiples of 2^36 from the region's base, which is also a
// boundary of the radix tree's leaves in every layout.
constexpr std::size_t part = std::size_t{1} << 36U;
constexpr std::size_t scattered_bits = 39;
// No placement reaches further than this from the start of its part.
constexpr std::size_t half_part = part / 2;

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
    case Placement::touching:
      return 5 * part + half_part;  // not beside those that go down
    case Placement::guarded:
      return 6 * part;
    case Placement::dirty:
      return 6 * part + half_part;
    case Placement::beside_raw:
      return 7 * part;
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

// Rows of eight, each off a pool's boundary by another distance: where two arenas touch, a pool's boundary
// lies in neither first page. The first row lies across the boundary between two leaves of the radix tree.
[[nodiscard]] std::uintptr_t touching(std::uintptr_t number, std::size_t arena_size, std::size_t pool_size) {
  constexpr std::uintptr_t row_length = 8;
  const std::array<std::uintptr_t, 3> off = {pool_size / 2, pool_size - 16, 16};
  const std::uintptr_t row = number / row_length;
  return row * (row_length + 2) * arena_size + number % row_length * arena_size + off[row % off.size()] -
         2 * arena_size;
}

// Apart by a page at least. An arena of less than a page begins one or ends one in turn: what it leaves of
// the page is its own.
[[nodiscard]] std::uintptr_t guarded(std::uintptr_t number, std::size_t arena_size) {
  const std::uintptr_t room = std::max(arena_size, Region::page);
  return (2 * number + 1) * room + (number % 2) * (room - arena_size);
}

// What lies in memory that others had: in turn bytes that are no good as any number, and small numbers, which
// are good as indices and counts.
constexpr std::array<std::uint64_t, 2> dirt = {0xA5A5'A5A5'A5A5'A5A5U, 0x0000'0001'0000'0001U};

// The sizes of the places that are lent to the raw allocator on either side of an arena: what serves a
// request of no byte, a small table of arena objects, and what is too large for a pool.
constexpr std::array<std::size_t, 4> lent_sizes = {1024, 16, 640, 128};
constexpr std::size_t lent_gap = 16;

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
  if (fenced_) static_cast<void>(Region::allow(base_ + part_of(Placement::guarded), half_part));
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
    case Placement::touching:
      return start + touching(n, arena_size_, pool_size_);
    case Placement::guarded:
      return start + guarded(n, arena_size_);
    case Placement::dirty:
      return start + 2 * n * arena_size_;
    case Placement::beside_raw:
      return start + (2 * n + 1) * arena_size_ + n % 2 * (pool_size_ / 2);
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
  if ((std::uintptr_t{number} + 2) * 2 * std::max(arena_size_, Region::page) > half_part) return nullptr;
  const Place place{placement_, number};
  const std::uintptr_t address = address_of(place);
  if (!prepare(place, address)) return nullptr;
  if (free_place == taken.end()) taken.push_back(false);
  taken[number] = true;
  live_.insert(behind(address), Arena{address, place});
  return std::bit_cast<void*>(address);
}

bool RegionArenaSource::prepare(Place place, std::uintptr_t address) {
  if (place.placement == Placement::guarded && !open_guarded(address)) return false;
  unpoison(std::bit_cast<void*>(address), arena_size_);
  if (place.placement == Placement::dirty) soil(place, address);
  if (place.placement == Placement::beside_raw && neighbour_ != nullptr && place.number >= lent_) {
    lend_places(address, place.number);
    lent_ = place.number + 1;
  }
  return true;
}

bool RegionArenaSource::open_guarded(std::uintptr_t address) {
  if (!fenced_) fenced_ = Region::forbid(base_ + part_of(Placement::guarded), half_part);
  const std::uintptr_t first = address & ~(Region::page - 1);
  return fenced_ && Region::allow(first, std::max(arena_size_, Region::page));
}

void RegionArenaSource::close_guarded(std::uintptr_t address) const {
  // Where the system cannot note one piece more, released memory stays what it is: zero.
  static_cast<void>(Region::forbid(address & ~(Region::page - 1), std::max(arena_size_, Region::page)));
}

void RegionArenaSource::soil(Place place, std::uintptr_t address) {
  if (place.number < soiled_) return;
  soiled_ = place.number + 1;
  const std::uint64_t word = dirt[place.number % dirt.size()];
  auto* const words = std::bit_cast<std::uint64_t*>(address);
  std::fill(words, words + arena_size_ / sizeof(word), word);
}

void RegionArenaSource::lend_places(std::uintptr_t address, std::uint32_t number) {
  std::uintptr_t before = address;
  std::uintptr_t behind = address + arena_size_;
  const std::size_t room = arena_size_ / 2 - pool_size_ / 2;
  for (std::size_t i = 0; i < lent_sizes.size(); ++i) {
    const std::size_t size = lent_sizes[(number / 2 + i) % lent_sizes.size()];
    if (address - (before - size) > room) continue;
    before -= size;
    neighbour_->lend(before, size, RegionRaw::Beside::arena_behind);
    neighbour_->lend(behind, size, RegionRaw::Beside::arena_before);
    before -= lent_gap;
    behind += size + lent_gap;
  }
}

void RegionArenaSource::release(void* arena, std::size_t size) {
  if (journal_ != nullptr)
    journal_->note({Call::arena_release, std::bit_cast<std::uintptr_t>(arena), size, 0});
#ifdef PYMALLOC_ADDRESS_SANITIZER
  if (holds(std::bit_cast<std::uintptr_t>(arena), size) && __asan_region_is_poisoned(arena, size) != nullptr)
    ++poisoned_releases_;
#endif
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
  unpoison(arena, arena_size_);
  if (found->place.placement != Placement::dirty) Region::clear(address, arena_size_);
  poison(arena, arena_size_);
  if (found->place.placement == Placement::guarded) close_guarded(address);
  live_.erase(found);
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
  for (std::uint32_t number = 0; number < soiled_; ++number) {
    const std::uintptr_t address = address_of({Placement::dirty, number});
    unpoison(std::bit_cast<void*>(address), arena_size_);
    Region::clear(address, arena_size_);
    poison(std::bit_cast<void*>(address), arena_size_);
  }
  soiled_ = 0;
  lent_ = 0;
  placement_ = Placement::up;
  refusals_ = 0;
  wrong_releases_ = 0;
  poisoned_releases_ = 0;
}

}  // namespace pymalloc

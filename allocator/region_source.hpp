#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "allocator/journal.hpp"
#include "allocator/placement.hpp"
#include "allocator/region.hpp"
#include "allocator/region_raw.hpp"

namespace pymalloc {

/// An arena source for deterministic runs: the same requests, releases and commands get the same addresses in
/// every process. It places arenas as told, refuses as told, and keeps a ledger of what it gave.
///
/// Arenas are zero when they are given, as a system's are, but where the placement says other. A released
/// address is given again: the lowest free place of a placement first.
class RegionArenaSource {
 public:
  /// Arenas of `arena_size` bytes for pools of `pool_size` bytes, in the upper part of `region`, which must
  /// outlive this.
  /// Every request and release is noted in `journal`, if there is one, which must outlive this too.
  RegionArenaSource(Region& region, std::size_t arena_size, std::size_t pool_size,
                    Journal* journal = nullptr);
  RegionArenaSource(const RegionArenaSource&) = delete;
  RegionArenaSource& operator=(const RegionArenaSource&) = delete;
  /// Allows all memory that it forbade: whoever gets the region's addresses next may use them.
  ~RegionArenaSource();

  /// Who gets the places beside the arenas of Placement::beside_raw; outlives this. Nobody does at first.
  void lend_places_to(RegionRaw& raw) { neighbour_ = &raw; }

  /// `size` must be the arena size. Null while refusing, or when the placement's part of the region is full.
  [[nodiscard]] void* allocate(std::size_t size);
  void release(void* arena, std::size_t size);

  /// Refuses the next `requests` requests.
  void fail_next(std::uint64_t requests) { refusals_ = requests; }
  /// Where arenas go from now on.
  void place(Placement placement) { placement_ = placement; }

  /// Whether all of [address, address + size) lies in one arena given and not released.
  [[nodiscard]] bool holds(std::uintptr_t address, std::size_t size) const;
  /// Arenas given and not released, by address.
  [[nodiscard]] std::uint64_t live() const { return live_.size(); }
  /// Releases that did not match a live arena and its size; each is a fault of the heap.
  [[nodiscard]] std::uint64_t wrong_releases() const { return wrong_releases_; }
  /// Releases of arenas with bytes that nobody may touch, under AddressSanitizer; each is a fault of the
  /// heap, as a system gives the memory to somebody else.
  [[nodiscard]] std::uint64_t poisoned_releases() const { return poisoned_releases_; }

  /// Back to the start: nothing given, memory zero, placement up, no refusals.
  void reset();

 private:
  struct Place {
    Placement placement;
    std::uint32_t number;
  };

  struct Arena {
    std::uintptr_t address;
    Place place;
  };

  [[nodiscard]] std::uintptr_t address_of(Place place) const;
  /// The first live arena behind an address.
  [[nodiscard]] std::vector<Arena>::const_iterator behind(std::uintptr_t address) const;
  [[nodiscard]] void* give(std::size_t size);
  /// The surroundings that the placement promises, and what the arena holds. False where the system refuses.
  [[nodiscard]] bool prepare(Place place, std::uintptr_t address);
  [[nodiscard]] bool open_guarded(std::uintptr_t address);
  void close_guarded(std::uintptr_t address) const;
  void soil(Place place, std::uintptr_t address);
  void lend_places(std::uintptr_t address, std::uint32_t number);
  void take_back(void* arena, std::size_t size);

  std::uintptr_t base_;
  std::size_t arena_size_;
  std::size_t pool_size_;
  Journal* journal_;
  RegionRaw* neighbour_ = nullptr;
  Placement placement_ = Placement::up;
  std::uint64_t refusals_ = 0;
  std::uint64_t wrong_releases_ = 0;
  std::uint64_t poisoned_releases_ = 0;
  /// By address. Asked far more often than changed: whoever judges a block asks which arena holds it.
  std::vector<Arena> live_;
  std::vector<std::vector<bool>> taken_;  ///< by placement, then by number of the place
  std::uint32_t soiled_ = 0;              ///< dirty places below this number were given since the start
  std::uint32_t lent_ = 0;                ///< likewise those whose neighbourhood was lent
  bool fenced_ = false;                   ///< the part of guarded arenas has no memory but theirs
};

}  // namespace pymalloc

#pragma once

#include <bit>
#include <cstring>
#include <limits>
#include <new>
#include <vector>

#include "allocator/heap.hpp"
#include "allocator/journal.hpp"
#include "allocator/poison.hpp"
#include "allocator/region.hpp"
#include "harness/explore/client_book.hpp"
#include "harness/explore/universe.hpp"
#include "harness/explore/world.hpp"

namespace poolhammer {

/// The memory of a universe: a heap of the home allocator, its arenas, the world below it and its clients,
/// all in one region, so that a state is bytes and is put back by copying them. Every call of the world below
/// is noted in `journal`, which must outlive this.
template <pymalloc::Layout L>
class UniverseMemory {
 public:
  using HomeHeap = pymalloc::Heap<L, ExploreSource, ExploreRaw>;

  struct Body {
    ExploreSource source;
    ExploreRaw raw;
    ClientBook clients;
    HomeHeap heap;
    alignas(64) ExploreRaw::SmallCells small_cells;
    alignas(64) ExploreRaw::LargeCells large_cells;
  };

  UniverseMemory(const UniverseOptions& options, pymalloc::Journal& journal)
      : arenas_(options.arenas),
        journal_(journal),
        region_(region_number),
        places_{region_.base() + arenas_at, L::arena_size, L::pool_size, options.placement},
        body_(std::bit_cast<Body*>(region_.base())) {}
  UniverseMemory(const UniverseMemory&) = delete;
  UniverseMemory& operator=(const UniverseMemory&) = delete;
  ~UniverseMemory() { allow_everything(); }

  [[nodiscard]] Body* operator->() { return body_; }
  [[nodiscard]] const Body* operator->() const { return body_; }

  /// Whether an address lies in the body, as blocks of the raw allocator do.
  [[nodiscard]] bool in_body(std::uintptr_t address) const {
    return address - pymalloc::address_of(body_) < sizeof(Body);
  }

  /// A heap that served nothing, no clients, nothing saved.
  void start() {
    allow_everything();
    std::memset(static_cast<void*>(body_), 0, sizeof(Body));
    new (&body_->source) ExploreSource(places_, arenas_, &journal_);
    new (&body_->raw) ExploreRaw(body_->small_cells, body_->large_cells, &journal_);
    new (&body_->clients) ClientBook();
    new (&body_->heap) HomeHeap(body_->source, body_->raw);
    forbid_the_rest();
    saved_level_ = no_level;
  }

  /// Keeps the state as that of a level.
  void save(std::size_t level) {
    if (snapshots_.size() <= level) snapshots_.resize(level + 1);
    allow_everything();
    snapshots_[level].resize(plain_bytes + arenas_ * L::arena_size + large_bytes);
    each_extent(snapshots_[level], true,
                [](std::byte* kept, std::byte* now, std::size_t size) { std::memcpy(kept, now, size); });
    forbid_the_rest();
    saved_level_ = level;
    large_cells_changed_ = false;
  }

  /// Puts the state of a level back, and forgets the calls that led away from it.
  void restore(std::size_t level) {
    note_large_cells();
    allow_everything();
    each_extent(snapshots_[level], large_cells_changed_ || level != saved_level_,
                [](std::byte* kept, std::byte* now, std::size_t size) { std::memcpy(now, kept, size); });
    forbid_the_rest();
    saved_level_ = level;
    large_cells_changed_ = false;
    journal_.clear();
  }

  /// To be said where the nodes of the radix tree change without a call that the journal will still hold.
  void large_cells_change() { large_cells_changed_ = true; }

 private:
  static constexpr unsigned region_number = pymalloc::Region::limit - 2;  // far from those of the subjects
  static constexpr std::size_t arenas_at = std::size_t{1} << 20U;
  static constexpr std::size_t no_level = std::numeric_limits<std::size_t>::max();
  static_assert(sizeof(Body) < arenas_at / 2);
  // The nodes of the radix tree change only when an arena comes or goes: they are last, to be left out.
  static constexpr std::size_t large_bytes = sizeof(ExploreRaw::LargeCells);
  static constexpr std::size_t plain_bytes = sizeof(Body) - large_bytes;

  /// An arena that was granted or released since the last save() or restore() changed the radix tree.
  void note_large_cells() {
    for (const pymalloc::JournalEntry& entry : journal_.entries()) {
      if (entry.call == pymalloc::Call::arena_release ||
          (entry.call == pymalloc::Call::arena_request && entry.answer != 0))
        large_cells_changed_ = true;
    }
  }

  template <class Copy>
  void each_extent(std::vector<std::byte>& bytes, bool with_large_cells, Copy&& copy) {
    std::byte* kept = bytes.data();
    auto* const now = reinterpret_cast<std::byte*>(body_);
    copy(kept, now, plain_bytes);
    kept += plain_bytes;
    for (std::uint32_t i = 0; i < arenas_; ++i, kept += L::arena_size)
      copy(kept, std::bit_cast<std::byte*>(places_.address(i)), std::size_t{L::arena_size});
    if (with_large_cells) copy(kept, now + plain_bytes, large_bytes);
  }

  /// Under AddressSanitizer: bytes can be copied and put back only while nothing is forbidden.
  void allow_everything() const {
    if constexpr (!pymalloc::poisons) return;
    pymalloc::unpoison(body_, sizeof(Body));
    for (std::uint32_t i = 0; i < arenas_; ++i)
      pymalloc::unpoison(std::bit_cast<void*>(places_.address(i)), L::arena_size);
  }
  void forbid_the_rest() const {
    if constexpr (!pymalloc::poisons) return;
    body_->raw.forbid_the_rest();
    for (std::uint32_t i = 0; i < arenas_; ++i)
      pymalloc::poison(std::bit_cast<void*>(places_.address(i)), L::arena_size);
    for (std::uint32_t slot = 0; slot < body_->clients.end(); ++slot) {
      const ClientBook::Block& block = body_->clients[slot];
      if (block.address != 0) pymalloc::unpoison(std::bit_cast<void*>(block.address), block.size);
    }
  }

  std::uint32_t arenas_;
  pymalloc::Journal& journal_;
  pymalloc::Region region_;
  ArenaPlaces places_;
  Body* body_;
  std::vector<std::vector<std::byte>> snapshots_;
  std::size_t saved_level_ = no_level;  ///< the current state differs from this one by one step at most
  bool large_cells_changed_ = false;
};

}  // namespace poolhammer

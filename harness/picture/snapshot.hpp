#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/picture/playback.hpp"
#include "harness/subjects/heap_view.hpp"

namespace poolhammer {

/// What a pool is, by its header. `virgin` was never carved, and has no header yet.
enum class PoolState : std::uint8_t { used, full, empty, virgin };
[[nodiscard]] std::string_view word(PoolState state);

/// The name of a pool: the arena's index in its table, and the pool's number behind the arena's first.
struct PoolName {
  std::uint32_t arena = 0;
  std::uint32_t pool = 0;

  friend bool operator==(const PoolName&, const PoolName&) = default;
  friend bool operator<(const PoolName& a, const PoolName& b) {
    return std::pair(a.arena, a.pool) < std::pair(b.arena, b.pool);
  }
};

/// How a list ended that was followed: a damaged one may lead anywhere.
enum class ListEnd : std::uint8_t {
  proper,   ///< at null, or back at its head
  outside,  ///< at an address where nothing of the list can be
  around,   ///< in itself
};

struct PoolSnapshot {
  PoolName name;
  std::uintptr_t address = 0;
  PoolState state = PoolState::virgin;
  PoolView header;                       ///< not of a virgin pool
  std::uint32_t block_size = 0;          ///< 0 for a virgin pool, and where the header names no class
  std::uint32_t capacity = 0;            ///< blocks that fit; 0 as block_size
  std::uint32_t carved = 0;              ///< blocks below nextoffset: the others are virgin space
  std::vector<std::uint32_t> free_list;  ///< numbers of blocks, in the order of the list
  ListEnd free_list_end = ListEnd::proper;
  std::vector<std::pair<std::uint32_t, HeldBlock>> held;  ///< by number of block, ascending
};

struct ArenaSnapshot {
  std::uint32_t index = 0;
  ArenaView object;
  std::vector<PoolSnapshot> pools;  ///< all that fit, by address
};

/// The pools of a class that have a free block, in the order of the list.
struct UsedListSnapshot {
  std::uint32_t size_class = 0;
  std::vector<PoolName> pools;
  ListEnd end = ListEnd::proper;
};

/// A heap as it stands in memory at one step: plain data, taken from the subject's view, and the blocks that
/// the program holds.
struct Snapshot {
  ModelLayout layout;
  std::vector<ArenaSnapshot> arenas;         ///< those with an address, by index
  std::vector<UsedListSnapshot> used_lists;  ///< those that are not empty, by class
  std::vector<std::uint32_t> usable_arenas;  ///< indices, in the order of the list
  ListEnd usable_arenas_end = ListEnd::proper;
  std::vector<std::pair<std::uintptr_t, HeldBlock>> outside;  ///< blocks of the raw allocator, by address
};

/// Where the pools of a heap lie. Trusts the table of arena objects, as the invariants do, and follows
/// nothing else.
class PoolPlaces {
 public:
  /// Precondition: the subject shows its arenas. Both must outlive this.
  PoolPlaces(const Subject& subject, const HeapView& view);

  /// Arenas come and go: to be called before a look at another step.
  void renew();

  struct Arena {
    std::uint32_t index = 0;
    ArenaView object;
    std::uintptr_t first_pool = 0;
    std::uint32_t pools = 0;   ///< that fit
    std::uint32_t carved = 0;  ///< the first so many have a header
  };
  /// Those whose memory is there, by index.
  [[nodiscard]] const std::vector<Arena>& arenas() const { return arenas_; }
  /// The pool whose memory holds `address`, and null where there is none.
  [[nodiscard]] const Arena* arena_at(std::uintptr_t address, std::uint32_t& pool) const;
  /// The carved pool that begins at `address`.
  [[nodiscard]] bool pool_at(std::uintptr_t address, PoolName& name) const;
  /// The name of an arena object; false for one without memory.
  [[nodiscard]] bool has_arena(std::uint32_t index) const;

 private:
  const Subject& subject_;
  const HeapView& view_;
  std::size_t pool_size_;
  std::size_t arena_size_;
  std::vector<Arena> arenas_;
  std::map<std::uintptr_t, std::size_t> by_address_;  ///< places in arenas_
};

/// Looks at the heap as it stands. Precondition: the subject shows its arenas. A damaged heap is shown as far
/// as it can be read: no link is followed before it was seen to lead to where it may.
[[nodiscard]] Snapshot take_snapshot(const Subject& subject, const HeldBlocks& held);

/// Fills in what the header of a carved pool and its free list say.
void read_pool(const HeapView& view, const ModelLayout& layout, PoolSnapshot& pool);

}  // namespace poolhammer

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "allocator/totals.hpp"
#include "harness/subjects/model_layout.hpp"

namespace poolhammer {

/// An arena as HeapView names it: its index in the table of arena objects, or one of these.
inline constexpr std::uint32_t no_arena = 0xFFFF'FFFF;       ///< a null pointer
inline constexpr std::uint32_t foreign_arena = 0xFFFF'FFFE;  ///< a pointer that leads out of the table

/// A pool's header as it stands in memory. Addresses are 0 for null and for the head of a used list.
struct PoolView {
  std::uint32_t ref_count = 0;
  std::uint32_t size_class = 0;
  std::uint32_t next_offset = 0;
  std::uint32_t max_next_offset = 0;
  std::uint32_t arena_index = 0;
  std::uintptr_t freeblock = 0;
  std::uintptr_t nextpool = 0;
  std::uintptr_t prevpool = 0;
};

/// An arena object as it stands in memory.
struct ArenaView {
  std::uintptr_t address = 0;
  std::uintptr_t pool_address = 0;
  std::uint32_t nfreepools = 0;
  std::uint32_t ntotalpools = 0;
  std::uintptr_t freepools = 0;
  std::uint32_t nextarena = no_arena;
  std::uint32_t prevarena = no_arena;
};

/// What happened to arenas since the heap began, as it counts it.
struct ArenaCounts {
  std::uint64_t requested = 0;
  std::uint64_t refused = 0;  ///< by the source, or for want of a table entry or a radix node
  std::uint64_t released = 0;
  std::uint64_t kept = 0;  ///< became wholly free and stayed
  std::uint64_t most = 0;  ///< at a time
  std::uint64_t table_grown = 0;
};

/// The inside of a pymalloc-style heap, for oracles that compare it with what it should be. Only reads; each
/// function costs the same however large the heap.
class HeapView {
 public:
  HeapView() = default;
  HeapView(const HeapView&) = delete;
  HeapView& operator=(const HeapView&) = delete;
  virtual ~HeapView() = default;

  /// The numbers by which the heap is built.
  [[nodiscard]] virtual ModelLayout layout() const = 0;

  /// The header at `pool`, the base of a carved pool of a live arena.
  [[nodiscard]] virtual PoolView pool(std::uintptr_t pool) const = 0;
  /// The link that the free block at `block`, which lies in a live arena, holds; 0 for null.
  [[nodiscard]] virtual std::uintptr_t link(std::uintptr_t block) const = 0;

  /// Whether the functions below tell anything: those above hold for any heap whose pools lie in arenas that
  /// we gave it; these need to see its own variables.
  [[nodiscard]] virtual bool shows_arenas() const { return false; }
  [[nodiscard]] virtual std::uint32_t arena_objects() const { return 0; }
  [[nodiscard]] virtual ArenaView arena(std::uint32_t /*index*/) const { return {}; }
  [[nodiscard]] virtual std::uint32_t first_usable_arena() const { return no_arena; }
  [[nodiscard]] virtual std::uint32_t first_unused_arena() const { return no_arena; }
  /// nfp2lasta[nfreepools]; no_arena for a layout without it.
  [[nodiscard]] virtual std::uint32_t last_arena_with(std::uint32_t /*nfreepools*/) const { return no_arena; }
  /// The first and the last pool of a class's used list; 0 where it is empty.
  [[nodiscard]] virtual std::uintptr_t first_used_pool(std::uint32_t /*size_class*/) const { return 0; }
  [[nodiscard]] virtual std::uintptr_t last_used_pool(std::uint32_t /*size_class*/) const { return 0; }
  [[nodiscard]] virtual pymalloc::Totals totals() const { return {}; }
  /// What happened to arenas since the heap began; nothing where it does not count that.
  [[nodiscard]] virtual std::optional<ArenaCounts> arena_counts() const { return std::nullopt; }

  /// Whether owns() may be asked of an address outside of the heap's arenas: its answer may depend on the
  /// header that the address's pool would have, which may be no memory at all.
  [[nodiscard]] virtual bool may_ask_of(std::uintptr_t /*address*/) const { return true; }
  /// Whether the heap says that an address lies in one of its arenas; nothing where it cannot tell.
  [[nodiscard]] virtual std::optional<bool> owns(std::uintptr_t /*address*/) const { return std::nullopt; }
  /// Addresses at the edges of the memory that the heap may come to have.
  [[nodiscard]] virtual std::vector<std::uintptr_t> edges() const { return {}; }

  /// Whether the heap forbids clients, under AddressSanitizer, every byte that is not theirs.
  [[nodiscard]] virtual bool poisons() const { return false; }
};

}  // namespace poolhammer

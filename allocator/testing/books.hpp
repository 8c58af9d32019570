#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "allocator/testing/victim.hpp"

namespace pymalloc {

/// A member of a heap's books.
struct Place {
  std::byte* start;
  std::size_t size;
  std::string name;

  /// As a number; a pointer is its address.
  [[nodiscard]] std::uint64_t value() const {
    std::uint64_t number = 0;
    for (std::size_t i = size; i-- > 0;)
      number = number << 8U | std::to_integer<std::uint64_t>(peek(start[i]));
    return number;
  }
  void write(std::uint64_t number, Damage& damage) const {
    for (std::size_t i = 0; i < size; ++i) damage.write(start[i], static_cast<std::byte>(number >> (8 * i)));
  }
  /// The last word of its name: what kind of member it is.
  [[nodiscard]] std::string kind() const { return name.substr(name.rfind(' ') + 1); }
};

/// The places of a heap that hold something: what a checker reads.
template <Layout L>
class Books {
 public:
  /// With `relied_on`, only what the heap relies on: no padding, no stale links of pools and arenas that are
  /// in no list.
  Books(Victim<L>& v, bool relied_on) : v_(v), relied_on_(relied_on) {
    for (std::uint32_t i = 0; i < v.state().maxarenas; ++i) add_arena(v.arena(i));
    add_heads();
    add_totals();
  }

  [[nodiscard]] const std::vector<Place>& places() const { return places_; }

 private:
  template <class T>
  void add(T& member, std::string name) {
    places_.push_back({reinterpret_cast<std::byte*>(&member), sizeof(T), std::move(name)});
  }

  void add_arena(ArenaObject& arena) {
    const std::string name = "arena " + std::to_string(&arena - v_.state().arenas) + " ";
    const bool unused = arena.address == 0;
    const bool usable = !unused && arena.nfreepools > 0;
    add(arena.address, name + "address");
    if (!relied_on_ || !unused) {
      add(arena.pool_address, name + "pool_address");
      add(arena.nfreepools, name + "nfreepools");
      add(arena.ntotalpools, name + "ntotalpools");
      add(arena.freepools, name + "freepools");
    }
    if (!relied_on_ || usable || unused) add(arena.nextarena, name + "nextarena");
    if (!relied_on_ || usable) add(arena.prevarena, name + "prevarena");
    if (unused) return;
    for (std::uintptr_t pool = first_pool_of<L>(arena.address); pool < address_of(arena.pool_address);
         pool += L::pool_size) {
      add_pool(std::bit_cast<PoolHeader*>(pool));
    }
  }

  void add_pool(PoolHeader* pool) {
    const std::string name = "pool " + hex(address_of(pool)) + " ";
    const std::uint32_t count = peek(pool->ref_count);
    const bool empty = count == 0;
    const bool used = !empty && count < v_.capacity(peek(pool->szidx));
    add(pool->ref_count, name + "ref_count");
    add(pool->freeblock, name + "freeblock");
    if (!relied_on_ || empty || used) add(pool->nextpool, name + "nextpool");
    if (!relied_on_ || used) add(pool->prevpool, name + "prevpool");
    if (!relied_on_) add(pool->padding, name + "padding");
    add(pool->arenaindex, name + "arenaindex");
    add(pool->szidx, name + "szidx");
    add(pool->nextoffset, name + "nextoffset");
    add(pool->maxnextoffset, name + "maxnextoffset");
    for (std::size_t i = 0; i < v_.free_list(pool).size(); ++i)
      add(v_.link(pool, i), name + "free block " + std::to_string(i));
  }

  void add_heads() {
    for (std::uint32_t size_class = 0; size_class < v_.classes; ++size_class) {
      add(v_.head(size_class)->nextpool, "head " + std::to_string(size_class) + " nextpool");
      add(v_.head(size_class)->prevpool, "head " + std::to_string(size_class) + " prevpool");
    }
    add(v_.state().unused_arena_objects, "unused_arena_objects");
    add(v_.state().usable_arenas, "usable_arenas");
    if (!HeapState<L>::has_nfp2lasta) return;
    for (std::size_t n = 0; n < v_.state().nfp2lasta.size(); ++n)
      add(v_.state().nfp2lasta[n], "nfp2lasta " + std::to_string(n));
  }

  void add_totals() {
    Totals& totals = v_.state().totals;
    add(totals.blocks, "totals.blocks");
    add(totals.bytes, "totals.bytes");
    add(totals.pools, "totals.pools");
    add(totals.arenas, "totals.arenas");
  }

  Victim<L>& v_;
  bool relied_on_;
  std::vector<Place> places_;
};

}  // namespace pymalloc

#pragma once

#include "allocator/invariants/catalogue.hpp"
#include "allocator/invariants/inspection.hpp"

namespace pymalloc {

/// The used lists against the pools. Relies on ArenaChecks and on every pool's own checks.
template <Layout L>
class UsedListChecks {
 public:
  using Geo = Geometry<L>;
  explicit UsedListChecks(const Inspection<L>& inspection) : in_(inspection), state_(inspection.state) {}

  /// The lists themselves: their links, and what is in them.
  [[nodiscard]] Check lists() const {
    for (std::uint32_t size_class = 0; size_class < Geo::classes; ++size_class) {
      if (Check violation = list(size_class)) return violation;
    }
    return std::nullopt;
  }

  /// That no pool is missing: as many pools of each class are listed as are neither full nor empty.
  [[nodiscard]] Check complete() const {
    std::array<std::uint64_t, Geo::classes> missing{};
    (void)in_.for_each_pool([&](std::uint32_t, const PoolHeader* pool) -> Check {
      const std::uint32_t count = peek(pool->ref_count);
      if (count > 0 && count < Geo::capacity(peek(pool->szidx))) ++missing[peek(pool->szidx)];
      return std::nullopt;
    });
    for (std::uint32_t size_class = 0; size_class < Geo::classes; ++size_class) {
      const PoolHeader* const head = &state_.usedpools[size_class];
      for (const PoolHeader* pool = head->nextpool; pool != head; pool = peek(pool->nextpool))
        --missing[size_class];
      if (missing[size_class] == 0) continue;
      return Violation{invariant::used_lists_complete, of_class(size_class, 0),
                       "every pool that has blocks in use and blocks free",
                       std::to_string(missing[size_class]) + " pools missing"};
    }
    return std::nullopt;
  }

 private:
  [[nodiscard]] Check list(std::uint32_t size_class) const {
    const PoolHeader* const head = &state_.usedpools[size_class];
    std::uint64_t seen = 0;
    const PoolHeader* previous = head;
    const PoolHeader* pool = head->nextpool;
    for (; pool != head; previous = pool, pool = peek(pool->nextpool)) {
      const Location where = of_class(size_class, address_of(pool));
      if (!in_.is_carved_pool(pool)) {
        return Violation{invariant::used_lists_circular, where, "a carved pool or the head of the list",
                         hex(address_of(pool))};
      }
      if (peek(pool->prevpool) != previous) {
        return Violation{invariant::used_lists_back_links, in_.where(pool),
                         "prevpool = " + name(previous, head), name(peek(pool->prevpool), head)};
      }
      // With all back links right a walk can only come back to its head; this bounds it whatever the links
      // are.
      if (++seen > in_.by_address.size() * Geo::pools_per_arena) {
        return Violation{invariant::used_lists_circular, where, "a way back to the head",
                         "a pool that comes twice"};
      }
      if (Check violation = member(size_class, pool)) return violation;
    }
    if (head->prevpool != previous) {
      return Violation{invariant::used_lists_back_links, of_class(size_class, 0),
                       "the head's prevpool = " + name(previous, head), name(head->prevpool, head)};
    }
    return std::nullopt;
  }

  [[nodiscard]] Check member(std::uint32_t size_class, const PoolHeader* pool) const {
    const std::uint32_t szidx = peek(pool->szidx);
    if (szidx != size_class) {
      return Violation{invariant::used_lists_one_class, in_.where(pool),
                       "a pool of class " + std::to_string(size_class),
                       "one of class " + std::to_string(szidx)};
    }
    const std::uint32_t count = peek(pool->ref_count);
    if (count == Geo::capacity(szidx)) {
      return Violation{invariant::used_lists_no_full_pool, in_.where(pool), "a pool with room",
                       "all " + std::to_string(count) + " blocks in use"};
    }
    if (count == 0) {
      return Violation{invariant::used_lists_no_empty_pool, in_.where(pool), "a pool in use",
                       "ref.count = 0"};
    }
    return std::nullopt;
  }

  [[nodiscard]] static Location of_class(std::uint32_t size_class, std::uintptr_t address) {
    return {.arena = {}, .pool = {}, .block = {}, .size_class = size_class, .address = address};
  }

  [[nodiscard]] static std::string name(const PoolHeader* pool, const PoolHeader* head) {
    return pool == head ? "the head of the list" : hex(address_of(pool));
  }

  const Inspection<L>& in_;
  const HeapState<L>& state_;
};

}  // namespace pymalloc

#pragma once

#include <vector>

#include "allocator/invariants/catalogue.hpp"
#include "allocator/invariants/inspection.hpp"

namespace pymalloc {

/// The lists that arena objects are in. Relies on ArenaChecks.
template <Layout L>
class ArenaListChecks {
 public:
  explicit ArenaListChecks(const Inspection<L>& inspection) : in_(inspection), state_(inspection.state) {}

  [[nodiscard]] Check unused_exact() const {
    std::vector<bool> listed(state_.maxarenas);
    for (const ArenaObject* arena = state_.unused_arena_objects; arena != nullptr; arena = arena->nextarena) {
      const std::optional<std::uint32_t> index = in_.index_of(arena);
      if (!index) return unused({}, "an entry of the table of arenas", hex(address_of(arena)));
      if (arena->address != 0) return unused(index, "no address", hex(arena->address));
      if (listed[*index]) return unused(index, "each object once", "an object that comes twice");
      listed[*index] = true;
    }
    for (std::uint32_t i = 0; i < state_.maxarenas; ++i) {
      if (state_.arenas[i].address == 0 && !listed[i]) {
        return unused(i, "an object without an address in the unused list", "it is not");
      }
    }
    return std::nullopt;
  }

  [[nodiscard]] Check usable_links() const {
    std::uint32_t seen = 0;
    const ArenaObject* previous = nullptr;
    for (const ArenaObject* arena = state_.usable_arenas; arena != nullptr; arena = arena->nextarena) {
      const std::optional<std::uint32_t> index = in_.index_of(arena);
      if (!index) return usable({}, "an entry of the table of arenas", hex(address_of(arena)));
      if (arena->address == 0) return usable(index, "an arena with memory", "an unused arena object");
      if (arena->prevarena != previous) {
        return usable(index, "prevarena = " + name(previous), name(arena->prevarena));
      }
      if (++seen > state_.maxarenas) return usable(index, "an end of the list", "an arena that comes twice");
      previous = arena;
    }
    return std::nullopt;
  }

  [[nodiscard]] Check usable_free_pool() const {
    return each_usable([this](const ArenaObject& arena) -> Check {
      if (arena.nfreepools > 0) return std::nullopt;
      return at(invariant::usable_arenas_free_pool, arena, "a free pool", "nfreepools = 0");
    });
  }

  [[nodiscard]] Check usable_complete() const {
    std::vector<bool> listed(state_.maxarenas);
    for (const ArenaObject* arena = state_.usable_arenas; arena != nullptr; arena = arena->nextarena) {
      listed[*in_.index_of(arena)] = true;
    }
    for (const std::uint32_t i : in_.by_address) {
      if (state_.arenas[i].nfreepools == 0 || listed[i]) continue;
      return at(invariant::usable_arenas_complete, state_.arenas[i],
                "an arena with " + std::to_string(state_.arenas[i].nfreepools) + " free pools in the list",
                "it is not");
    }
    return std::nullopt;
  }

  [[nodiscard]] Check usable_sorted() const {
    return each_usable([this](const ArenaObject& arena) -> Check {
      const ArenaObject* const next = arena.nextarena;
      if (next == nullptr || next->nfreepools >= arena.nfreepools) return std::nullopt;
      return at(invariant::usable_arenas_sorted, *next,
                "nfreepools from " + std::to_string(arena.nfreepools) + " on, as in the arena before",
                std::to_string(next->nfreepools));
    });
  }

  [[nodiscard]] Check nfp2lasta() const {
    if constexpr (HeapState<L>::has_nfp2lasta) {
      std::array<const ArenaObject*, Geometry<L>::pools_per_arena + 1> last{};
      for (const ArenaObject* arena = state_.usable_arenas; arena != nullptr; arena = arena->nextarena) {
        last[arena->nfreepools] = arena;
      }
      for (std::size_t n = 0; n < last.size(); ++n) {
        if (state_.nfp2lasta[n] == last[n]) continue;
        return Violation{invariant::nfp2lasta_exact,
                         {},
                         "nfp2lasta[" + std::to_string(n) + "] = " + name(last[n]),
                         name(state_.nfp2lasta[n])};
      }
    }
    return std::nullopt;
  }

  [[nodiscard]] Check kept() const {
    return each_usable([this](const ArenaObject& arena) -> Check {
      if (arena.nfreepools < arena.ntotalpools) return std::nullopt;
      if (L::keeps_last_arena && arena.nextarena == nullptr) return std::nullopt;
      return at(invariant::arenas_kept, arena, "a released arena", "an arena whose pools are all free");
    });
  }

 private:
  template <class Visit>
  [[nodiscard]] Check each_usable(Visit&& visit) const {
    for (const ArenaObject* arena = state_.usable_arenas; arena != nullptr; arena = arena->nextarena) {
      if (Check violation = visit(*arena)) return violation;
    }
    return std::nullopt;
  }

  [[nodiscard]] Violation at(std::string_view name, const ArenaObject& arena, std::string expected,
                             std::string found) const {
    return {name, in_.where(*in_.index_of(&arena)), std::move(expected), std::move(found)};
  }

  [[nodiscard]] static Violation object(std::string_view name, std::optional<std::uint32_t> index,
                                        std::string expected, std::string found) {
    return {name,
            {.arena = index, .pool = {}, .block = {}, .size_class = {}, .address = 0},
            std::move(expected),
            std::move(found)};
  }
  [[nodiscard]] static Violation unused(std::optional<std::uint32_t> index, std::string expected,
                                        std::string found) {
    return object(invariant::unused_arenas_exact, index, std::move(expected), std::move(found));
  }
  [[nodiscard]] static Violation usable(std::optional<std::uint32_t> index, std::string expected,
                                        std::string found) {
    return object(invariant::usable_arenas_links, index, std::move(expected), std::move(found));
  }

  [[nodiscard]] std::string name(const ArenaObject* arena) const {
    if (arena == nullptr) return "null";
    const std::optional<std::uint32_t> index = in_.index_of(arena);
    return index ? "arena " + std::to_string(*index) : hex(address_of(arena));
  }

  const Inspection<L>& in_;
  const HeapState<L>& state_;
};

}  // namespace pymalloc

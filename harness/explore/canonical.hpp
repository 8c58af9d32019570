#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "allocator/heap_state.hpp"

namespace poolhammer {

/// Mixes numbers into 64 bits.
class Mixer {
 public:
  void add(std::uint64_t number) {
    std::uint64_t product = 0;
    // Wrapping is meant, where an unsigned-overflow sanitizer would object to *.
    static_cast<void>(__builtin_mul_overflow(value_ ^ number, 0x9E37'79B9'7F4A'7C15U, &product));
    static_cast<void>(__builtin_mul_overflow(std::rotl(product, 29), 0xBF58'476D'1CE4'E5B9U, &value_));
    value_ ^= value_ >> 32U;
  }
  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0x2545'F491'4F6C'DD1DU;
};

/// A digest of what decides a heap's further behaviour, up to the names of things: states from which one
/// renames blocks inside a pool, pools inside an arena, and arenas are equal. The policy never looks at an
/// address or an index to decide, so such states answer every program alike, up to those names.
///
/// An arena's name is its place in the list of usable arenas. An exhausted arena is in no list: it is named
/// when a used list first leads to one of its pools; those that are full to the last block are told apart by
/// nothing but how many pools of each class they have.
template <pymalloc::Layout L>
class CanonicalDigest {
 public:
  using Geo = pymalloc::Geometry<L>;
  static constexpr std::size_t most_arenas = 8;

  /// Needs a sound heap of at most most_arenas arenas.
  explicit CanonicalDigest(const pymalloc::HeapState<L>& state) : state_(state) {}

  void add_to(Mixer& mixer) {
    name_usable_arenas();
    describe_used_lists(mixer);
    mixer.add(named_);
    for (std::size_t name = 0; name < named_; ++name) mixer.add(described(*arena_named_[name]));
    describe_full_arenas(mixer);
    mixer.add(state_.maxarenas);
  }

 private:
  using Arena = pymalloc::ArenaObject;
  using Pool = pymalloc::PoolHeader;
  static constexpr std::uint64_t unnamed = most_arenas;

  void name_usable_arenas() {
    names_.fill(unnamed);
    for (const Arena* arena = state_.usable_arenas; arena != nullptr; arena = arena->nextarena)
      give_name(*arena);
  }

  std::uint64_t give_name(const Arena& arena) {
    std::uint64_t& name = names_[static_cast<std::size_t>(&arena - state_.arenas)];
    if (name == unnamed) {
      arena_named_[named_] = &arena;
      name = named_++;
    }
    return name;
  }

  void describe_used_lists(Mixer& mixer) {
    for (const Pool& head : state_.usedpools) {
      std::uint64_t length = 0;
      for (const Pool* pool = head.nextpool; pool != &head; pool = pymalloc::peek(pool->nextpool), ++length) {
        const std::uint64_t arena = give_name(state_.arenas[pymalloc::peek(pool->arenaindex)]);
        mixer.add(arena << 48U | std::uint64_t{pymalloc::peek(pool->ref_count)} << 24U |
                  pymalloc::peek(pool->nextoffset));
      }
      mixer.add(length);
    }
  }

  /// Free pools in their order, and how many pools are full of each class. What is used stands in the used
  /// lists, what is left was never carved.
  [[nodiscard]] std::uint64_t described(const Arena& arena) const {
    Mixer mixer;
    mixer.add(arena.ntotalpools);
    for (const Pool* pool = arena.freepools; pool != nullptr; pool = pymalloc::peek(pool->nextpool)) {
      mixer.add(std::uint64_t{pymalloc::peek(pool->szidx)} << 32U | pymalloc::peek(pool->nextoffset));
    }
    std::array<std::uint8_t, Geo::classes> full{};
    for (std::uintptr_t at = pymalloc::first_pool_of<L>(arena.address);
         at < pymalloc::address_of(arena.pool_address); at += L::pool_size) {
      const auto* const pool = std::bit_cast<const Pool*>(at);
      const std::uint32_t size_class = pymalloc::peek(pool->szidx);
      if (pymalloc::peek(pool->ref_count) == Geo::capacity(size_class)) ++full[size_class];
    }
    for (const std::uint8_t count : full) mixer.add(count);
    mixer.add(arena.nfreepools);
    return mixer.value();
  }

  void describe_full_arenas(Mixer& mixer) const {
    std::array<std::uint64_t, most_arenas> described_ones{};
    std::size_t count = 0;
    for (std::uint32_t i = 0; i < state_.maxarenas; ++i) {
      if (state_.arenas[i].address != 0 && names_[i] == unnamed)
        described_ones[count++] = described(state_.arenas[i]);
    }
    std::sort(described_ones.begin(), described_ones.begin() + count);
    for (std::size_t i = 0; i < count; ++i) mixer.add(described_ones[i]);
    mixer.add(count);
  }

  const pymalloc::HeapState<L>& state_;
  std::array<std::uint64_t, most_arenas> names_{};  ///< by index in the table
  std::array<const Arena*, most_arenas> arena_named_{};
  std::size_t named_ = 0;
};

}  // namespace poolhammer

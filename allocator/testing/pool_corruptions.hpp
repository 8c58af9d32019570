#pragma once

#include "allocator/testing/corruption.hpp"

namespace pymalloc {

/// Damage to pool headers, free lists, used lists and totals.
template <Layout L>
class PoolCorruptions {
 public:
  using V = Victim<L>;
  using Geo = Geometry<L>;

  [[nodiscard]] static Corruptions<L> all() {
    Corruptions<L> list = headers();
    for (auto&& part : {free_lists(), used_lists(), accounting(), totals()})
      list.insert(list.end(), part.begin(), part.end());
    return list;
  }

 private:
  static constexpr std::uint32_t largest = V::largest_class;

  [[nodiscard]] static std::string number(std::uint64_t n) { return std::to_string(n); }
  [[nodiscard]] static std::string hex_of(const void* pointer) { return hex(address_of(pointer)); }

  [[nodiscard]] static Corruptions<L> headers() {
    return {
        {invariant::pool_arena_index, "AnotherArena",
         [](V& v, Damage& d) -> Sign {
           d.write(v.full->arenaindex, 1U);
           return {.arena = 4, .pool = 0, .expected = "arenaindex = 4", .found = "1"};
         }},
        {invariant::pool_arena_index, "BehindTheTable",
         [](V& v, Damage& d) -> Sign {
           d.write(v.empty->arenaindex, v.state().maxarenas);
           return {.arena = 1, .pool = 0, .expected = "arenaindex = 1", .found = number(v.state().maxarenas)};
         }},
        {invariant::pool_size_class, "OneTooMany",
         [](V& v, Damage& d) -> Sign {
           d.write(v.used->szidx, Geo::classes);
           return {.arena = 4,
                   .pool = 1,
                   .expected = "below " + number(Geo::classes),
                   .found = number(Geo::classes)};
         }},
        {invariant::pool_size_class, "NeverInitialised",
         [](V& v, Damage& d) -> Sign {
           d.write(v.full->szidx, no_size_class);
           return {.arena = 4, .pool = 0, .expected = "below", .found = "65535"};
         }},
        {invariant::pool_max_next_offset, "OneBlockMore",
         [](V& v, Damage& d) -> Sign {
           const std::uint32_t right = Geo::max_next_offset(0);
           d.write(v.used->maxnextoffset, right + Geo::block_size(0));
           return {.arena = 4,
                   .pool = 1,
                   .expected = "maxnextoffset = " + number(right),
                   .found = number(right + Geo::block_size(0))};
         }},
        {invariant::pool_max_next_offset, "OfAnotherClass",
         [](V& v, Damage& d) -> Sign {
           d.write(v.used->szidx, 1U);
           return {.arena = 4,
                   .pool = 1,
                   .size_class = 1,
                   .expected = number(Geo::max_next_offset(1)),
                   .found = number(Geo::max_next_offset(0))};
         }},
        {invariant::pool_next_offset, "NotOnABlock",
         [](V& v, Damage& d) -> Sign {
           d.write(v.used->nextoffset, peek(v.used->nextoffset) - 1);
           return {
               .arena = 4, .pool = 1, .expected = "in steps of", .found = number(peek(v.used->nextoffset))};
         }},
        {invariant::pool_next_offset, "OneBlockCarved",
         [](V& v, Damage& d) -> Sign {
           d.write(v.other->nextoffset, Geo::overhead + Geo::block_size(1));
           return {.arena = 4,
                   .pool = 2,
                   .expected = "nextoffset from",
                   .found = number(peek(v.other->nextoffset))};
         }},
        {invariant::pool_next_offset, "BehindThePool",
         [](V& v, Damage& d) -> Sign {
           d.write(v.full->nextoffset, peek(v.full->nextoffset) + Geo::block_size(0));
           return {.arena = 4,
                   .pool = 0,
                   .expected = "nextoffset from",
                   .found = number(peek(v.full->nextoffset))};
         }},
        {invariant::pool_ref_count, "OneMore",
         [](V& v, Damage& d) -> Sign {
           d.write(v.used->ref_count, 3U);
           return {.arena = 4, .pool = 1, .expected = "ref.count = 2 (5 carved, 3 free)", .found = "3"};
         }},
        {invariant::pool_ref_count, "ABlockLostFromTheFreeList",
         [](V& v, Damage& d) -> Sign {
           d.write(v.used->freeblock, peek(v.link(v.used, 0)));
           return {.arena = 4, .pool = 1, .expected = "ref.count = 3", .found = "2"};
         }},
        {invariant::pool_full_or_ready, "NothingCarvedWhenTheListRanOut",
         [](V& v, Damage& d) -> Sign {
           d.write(v.used->freeblock, nullptr);
           d.write(v.used->ref_count, 5U);
           return {.arena = 4, .pool = 1, .expected = "a free block", .found = "none, with 5 in use"};
         }},
    };
  }

  [[nodiscard]] static Corruptions<L> free_lists() {
    return {
        {invariant::free_list_inside_pool, "HeadInAnotherPool",
         [](V& v, Damage& d) -> Sign {
           d.write(v.used->freeblock, v.block(v.full, 0));
           return {.arena = 4, .pool = 1, .expected = "a link to", .found = hex_of(v.block(v.full, 0))};
         }},
        {invariant::free_list_inside_pool, "LinkIntoTheHeader",
         [](V& v, Damage& d) -> Sign {
           auto* const header = reinterpret_cast<std::byte*>(v.used) + 8;
           d.write(v.link(v.used, 1), header);
           return {.arena = 4, .pool = 1, .expected = "a link to", .found = hex_of(header)};
         }},
        {invariant::free_list_inside_pool, "LinkOverwrittenByAClient",
         [](V& v, Damage& d) -> Sign {
           auto* const text = std::bit_cast<std::byte*>(std::uintptr_t{0x4141414141414141});
           d.write(v.link(v.used, 0), text);
           return {.arena = 4, .pool = 1, .expected = "a link to", .found = "0x4141414141414141"};
         }},
        {invariant::free_list_block_boundary, "OneByteFurther",
         [](V& v, Damage& d) -> Sign {
           std::byte* const further = peek(v.link(v.used, 0)) + 1;
           d.write(v.link(v.used, 0), further);
           return {.arena = 4, .pool = 1, .expected = "a multiple of", .found = hex_of(further)};
         }},
        {invariant::free_list_carved, "BlockNotYetCarved",
         [](V& v, Damage& d) -> Sign {
           d.write(v.link(v.used, 2), v.block(v.used, 5));
           return {.arena = 4, .pool = 1, .expected = "a link below", .found = hex_of(v.block(v.used, 5))};
         }},
        {invariant::free_list_no_block_twice, "ACircle",
         [](V& v, Damage& d) -> Sign {
           d.write(v.link(v.used, 2), peek(v.used->freeblock));
           return {.arena = 4, .pool = 1, .expected = "not yet in", .found = hex_of(peek(v.used->freeblock))};
         }},
        {invariant::free_list_no_block_twice, "ABlockThatLinksToItself",
         [](V& v, Damage& d) -> Sign {
           auto* const first = peek(v.empty->freeblock);
           d.write(v.link(v.empty, 0), first);
           return {.arena = 1, .pool = 0, .expected = "not yet in", .found = hex_of(first)};
         }},
    };
  }

  /// Puts a pool into a used list at its front, with sound links.
  static void link_first(V& v, Damage& d, PoolHeader* pool, std::uint32_t size_class) {
    PoolHeader* const head = v.head(size_class);
    PoolHeader* const second = head->nextpool;
    d.write(pool->nextpool, second);
    d.write(pool->prevpool, head);
    d.write(head->nextpool, pool);
    d.write(second->prevpool, pool);
  }
  static void unlink(Damage& d, PoolHeader* pool) {
    PoolHeader* const next = peek(pool->nextpool);
    PoolHeader* const previous = peek(pool->prevpool);
    d.write(next->prevpool, previous);
    d.write(previous->nextpool, next);
  }

  [[nodiscard]] static Corruptions<L> used_lists() {
    return {
        {invariant::used_lists_circular, "EndsInNull",
         [](V& v, Damage& d) -> Sign {
           d.write(v.pair[1]->nextpool, nullptr);
           return {.size_class = largest, .expected = "the head of the list", .found = "0x0"};
         }},
        {invariant::used_lists_circular, "EmptyListPointsNowhere",
         [](V& v, Damage& d) -> Sign {
           unlink(d, v.other);
           d.write(v.head(1)->nextpool, nullptr);
           return {.size_class = 1, .expected = "the head of the list", .found = "0x0"};
         }},
        {invariant::used_lists_circular, "LeadsToTheHeadOfAnotherClass",
         [](V& v, Damage& d) -> Sign {
           d.write(v.used->nextpool, v.head(1));
           return {.size_class = 0, .expected = "a carved pool", .found = hex_of(v.head(1))};
         }},
        {invariant::used_lists_back_links, "APoolIsItsOwnPrevious",
         [](V& v, Damage& d) -> Sign {
           d.write(v.pair[1]->prevpool, v.pair[1]);
           return {.arena = 3,
                   .pool = 2,
                   .expected = "prevpool = " + hex_of(v.pair[0]),
                   .found = hex_of(v.pair[1])};
         }},
        {invariant::used_lists_back_links, "TheHeadsIsNotTheLast",
         [](V& v, Damage& d) -> Sign {
           d.write(v.head(largest)->prevpool, v.pair[0]);
           return {.size_class = largest,
                   .expected = "the head's prevpool = " + hex_of(v.pair[1]),
                   .found = hex_of(v.pair[0])};
         }},
        {invariant::used_lists_back_links, "ACircleThatLeavesTheHeadOut",
         [](V& v, Damage& d) -> Sign {
           d.write(v.pair[1]->nextpool, v.pair[0]);
           return {.arena = 3, .pool = 3, .expected = hex_of(v.pair[1]), .found = "the head of the list"};
         }},
        {invariant::used_lists_one_class, "APoolInAnothersList",
         [](V& v, Damage& d) -> Sign {
           unlink(d, v.other);
           link_first(v, d, v.other, 0);
           return {.arena = 4, .pool = 2, .expected = "class 0", .found = "class 1"};
         }},
        {invariant::used_lists_no_full_pool, "NotTakenOut",
         [](V& v, Damage& d) -> Sign {
           link_first(v, d, v.full, 0);
           return {.arena = 4,
                   .pool = 0,
                   .expected = "a pool with room",
                   .found = "all " + number(Geo::capacity(0)) + " blocks"};
         }},
        {invariant::used_lists_no_empty_pool, "NotTakenOut",
         [](V& v, Damage& d) -> Sign {
           d.write(v.pair[1]->nextpool, v.empty);
           d.write(v.empty->prevpool, v.pair[1]);
           return {.arena = 1, .pool = 0, .expected = "a pool in use", .found = "ref.count = 0"};
         }},
        {invariant::used_lists_complete, "NotPutBack",
         [](V& v, Damage& d) -> Sign {
           unlink(d, v.pair[0]);
           return {.size_class = largest, .expected = "every pool", .found = "1 pools missing"};
         }},
    };
  }

  [[nodiscard]] static Corruptions<L> accounting() {
    return {
        {invariant::pool_state, "ABlockInUseInAPoolOfFreepools",
         [](V& v, Damage& d) -> Sign {
           d.write(v.empty->freeblock, peek(v.link(v.empty, 0)));
           d.write(v.empty->ref_count, 1U);
           return {.arena = 1, .pool = 0, .expected = "ref.count = 0", .found = "1"};
         }},
        {invariant::arena_pools_accounted, "EmptiedButNotGivenBack",
         [](V& v, Damage& d) -> Sign {
           std::byte* const block = v.block(v.other, 0);
           d.write(*reinterpret_cast<std::byte**>(block), peek(v.other->freeblock));
           d.write(v.other->freeblock, block);
           d.write(v.other->ref_count, 0U);
           return {.arena = 4, .pool = 2, .expected = "in freepools", .found = "neither"};
         }},
    };
  }

  template <class Member>
  [[nodiscard]] static Corruption<L> total(std::string_view name, Member member, std::string what) {
    return {name, "OneMore", [member, what](V& v, Damage& d) -> Sign {
              const std::uint64_t right = v.state().totals.*member;
              d.write(v.state().totals.*member, right + 1);
              return {.expected = number(right) + " " + what, .found = number(right + 1)};
            }};
  }

  [[nodiscard]] static Corruptions<L> totals() {
    return {
        total(invariant::totals_blocks, &Totals::blocks, "blocks in use"),
        total(invariant::totals_bytes, &Totals::bytes, "bytes in use"),
        total(invariant::totals_pools, &Totals::pools, "pools in use"),
        total(invariant::totals_arenas, &Totals::arenas, "arenas"),
    };
  }
};

}  // namespace pymalloc

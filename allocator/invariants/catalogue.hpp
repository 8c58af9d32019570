#pragma once

#include <array>
#include <string_view>

namespace pymalloc {

/// The name of an invariant and what it means.
struct Invariant {
  std::string_view name;
  std::string_view meaning;
};

/// Names, so that a misspelt one does not compile.
namespace invariant {
inline constexpr std::string_view arena_readable = "arena.readable";
inline constexpr std::string_view arenas_disjoint = "arenas.disjoint";
inline constexpr std::string_view arena_total_pools = "arena.total-pools";
inline constexpr std::string_view arena_pool_address = "arena.pool-address";
inline constexpr std::string_view arena_free_pools = "arena.free-pools";
inline constexpr std::string_view arena_free_pool_count = "arena.free-pool-count";
inline constexpr std::string_view unused_arenas_exact = "unused-arenas.exact";
inline constexpr std::string_view usable_arenas_links = "usable-arenas.links";
inline constexpr std::string_view usable_arenas_free_pool = "usable-arenas.free-pool";
inline constexpr std::string_view usable_arenas_complete = "usable-arenas.complete";
inline constexpr std::string_view usable_arenas_sorted = "usable-arenas.sorted";
inline constexpr std::string_view nfp2lasta_exact = "nfp2lasta.exact";
inline constexpr std::string_view arenas_kept = "arenas.kept";
inline constexpr std::string_view map_holds_arenas = "address-map.holds-arenas";
inline constexpr std::string_view map_only_arenas = "address-map.only-arenas";
inline constexpr std::string_view pool_arena_index = "pool.arena-index";
inline constexpr std::string_view pool_size_class = "pool.size-class";
inline constexpr std::string_view pool_max_next_offset = "pool.max-next-offset";
inline constexpr std::string_view pool_next_offset = "pool.next-offset";
inline constexpr std::string_view free_list_inside_pool = "free-list.inside-pool";
inline constexpr std::string_view free_list_block_boundary = "free-list.block-boundary";
inline constexpr std::string_view free_list_carved = "free-list.carved";
inline constexpr std::string_view free_list_no_block_twice = "free-list.no-block-twice";
inline constexpr std::string_view pool_ref_count = "pool.ref-count";
inline constexpr std::string_view pool_full_or_ready = "pool.full-or-ready";
inline constexpr std::string_view pool_state = "pool.state";
inline constexpr std::string_view arena_pools_accounted = "arena.pools-accounted";
inline constexpr std::string_view used_lists_circular = "used-lists.circular";
inline constexpr std::string_view used_lists_back_links = "used-lists.back-links";
inline constexpr std::string_view used_lists_one_class = "used-lists.one-class";
inline constexpr std::string_view used_lists_no_full_pool = "used-lists.no-full-pool";
inline constexpr std::string_view used_lists_no_empty_pool = "used-lists.no-empty-pool";
inline constexpr std::string_view used_lists_complete = "used-lists.complete";
inline constexpr std::string_view totals_blocks = "totals.blocks";
inline constexpr std::string_view totals_bytes = "totals.bytes";
inline constexpr std::string_view totals_pools = "totals.pools";
inline constexpr std::string_view totals_arenas = "totals.arenas";
}  // namespace invariant

/// Every invariant, in the order in which they are checked: each may rely on those before it.
inline constexpr std::array<Invariant, 37> catalogue = {{
    {invariant::arena_readable, "The memory of every arena can be read."},
    {invariant::arenas_disjoint, "No two arenas overlap."},
    {invariant::arena_total_pools,
     "ntotalpools is what fits: one pool less where the address is not on a pool boundary."},
    {invariant::arena_pool_address,
     "pool_address is a pool boundary from the arena's first pool to the end of its last."},
    {invariant::arena_free_pools,
     "freepools leads through carved pools of its own arena, none twice, to null."},
    {invariant::arena_free_pool_count, "nfreepools = pools in freepools + pools not yet carved."},
    {invariant::unused_arenas_exact,
     "The unused arena objects are exactly those without an address, each once in the unused list."},
    {invariant::usable_arenas_links,
     "The list of usable arenas leads through arenas of the table and back the same way, and ends."},
    {invariant::usable_arenas_free_pool, "Every usable arena has a free pool."},
    {invariant::usable_arenas_complete, "Every arena that has a free pool is in the list of usable arenas."},
    {invariant::usable_arenas_sorted, "Usable arenas ascend by nfreepools."},
    {invariant::nfp2lasta_exact,
     "nfp2lasta[n] is the last usable arena with n free pools, or null where none has n."},
    {invariant::arenas_kept,
     "No arena is wholly free, but where the layout keeps one: at most the last of the list."},
    {invariant::map_holds_arenas,
     "The address map holds every byte of every arena, and not the bytes beside it."},
    {invariant::map_only_arenas, "The address map holds nothing but arenas."},
    {invariant::pool_arena_index, "Every carved pool names the arena that it lies in."},
    {invariant::pool_size_class, "Every carved pool has a size class of the layout."},
    {invariant::pool_max_next_offset, "maxnextoffset = pool size - block size."},
    {invariant::pool_next_offset,
     "nextoffset is a block boundary behind the first two blocks, and at most one block behind "
     "maxnextoffset."},
    {invariant::free_list_inside_pool,
     "Every link of a free list leads into its own pool, behind the header."},
    {invariant::free_list_block_boundary, "Every link of a free list leads to the start of a block."},
    {invariant::free_list_carved, "Every link of a free list leads below nextoffset."},
    {invariant::free_list_no_block_twice, "No block is twice in a free list; so it ends."},
    {invariant::pool_ref_count, "ref.count = carved blocks - length of the free list."},
    {invariant::pool_full_or_ready,
     "A pool whose free list is empty is full: otherwise it has carved a block."},
    {invariant::pool_state, "A pool in freepools has no block in use."},
    {invariant::arena_pools_accounted,
     "Every pool of an arena is accounted for once: in use, in freepools, or not yet carved."},
    {invariant::used_lists_circular, "The used list of a class leads through carved pools back to its head."},
    {invariant::used_lists_back_links,
     "In a used list, the previous pool of the next pool is the pool itself."},
    {invariant::used_lists_one_class, "The used list of a class holds pools of that class only."},
    {invariant::used_lists_no_full_pool, "No full pool is in a used list."},
    {invariant::used_lists_no_empty_pool, "No empty pool is in a used list."},
    {invariant::used_lists_complete,
     "Every pool that is neither full nor empty is in the used list of its class."},
    {invariant::totals_blocks, "The count of blocks in use equals a recount."},
    {invariant::totals_bytes, "The count of bytes in use equals a recount."},
    {invariant::totals_pools, "The count of pools in use equals a recount."},
    {invariant::totals_arenas, "The count of arenas equals a recount."},
}};

}  // namespace pymalloc

#include "harness/run/explanations.hpp"

#include <algorithm>
#include <array>

#include "harness/oracles/call_clauses.hpp"

namespace poolhammer {
namespace {

constexpr std::array all = {
    // The client's side.
    Explanation{
        "shadow.alignment",
        "A block must begin at an address that any object may have (a multiple of 8 or 16), and at the "
        "alignment that was asked for. This one does not: code that keeps a long double or a vector there "
        "can "
        "crash."},
    Explanation{
        "shadow.owned-memory",
        "A block must lie in memory that the allocator got from the system. This one does not: writing to it "
        "overwrites somebody else's memory."},
    Explanation{
        "shadow.disjoint",
        "Two live blocks must not share a byte. These do: each owner destroys what the other keeps there."},
    Explanation{"shadow.usable-size",
                "A block must have at least the bytes that were asked for. This one is shorter: its owner "
                "writes past "
                "its end."},
    Explanation{"shadow.zeroed",
                "calloc promises bytes that are all zero. This block still holds old bytes."},
    Explanation{"shadow.kept",
                "realloc promises that a block which moves keeps what it held, up to the smaller of both "
                "sizes. Bytes "
                "were lost on the way."},
    Explanation{
        "shadow.contents",
        "Only its owner may change a live block. The allocator, or a write through another block, changed "
        "bytes of this one."},
    Explanation{
        "shadow.unchanged-by-failure",
        "A realloc that answers NULL must leave the old block as it was, still live. This one was damaged or "
        "freed."},
    Explanation{
        "shadow.refusal",
        "NULL was answered although memory could be had, or a block was given for a size that nobody can "
        "grant. A program takes the first for the end of memory, and overruns the second."},
    Explanation{
        "shadow.handed-over",
        "A block that one thread allocates and another frees must hold what was written into it. Its bytes "
        "changed on the way."},
    // The policy of pymalloc, step by step.
    Explanation{
        "model.answer",
        "pymalloc's rules say exactly which block every request gets (the one freed last, of the pool used "
        "last). Another was given: a rule was broken here or in a step before."},
    Explanation{"model.requests",
                "pymalloc's rules say when it asks the system for an arena, gives one back, or passes a "
                "request on to "
                "the raw allocator. It made a call too many, too few, or a wrong one."},
    Explanation{"model.pool",
                "The header of a pool, or the chain of its free blocks, is not what this operation should "
                "have left. A "
                "later malloc from that pool goes wrong."},
    Explanation{
        "model.arena",
        "The record of an arena (its address, its free pools) is not what this operation should have left. "
        "Pools get lost, or are given out twice."},
    Explanation{
        "model.lists",
        "A list of pools or arenas is not in the order that this operation should have left. The heap then "
        "serves from the wrong place, or loses what fell out of the list."},
    Explanation{
        "model.ownership",
        "The heap must know its own addresses: free and realloc ask of every pointer whether it is one. It "
        "claims an address that is no arena's, or disowns one of an arena: a block goes back to the wrong "
        "allocator."},
    Explanation{
        "model.usable-size",
        "The usable size of a pool's block is that of its class, and that of any other what the raw "
        "allocator "
        "tells. Another was told: its owner writes into what is not its own, or gets less than there is."},
    Explanation{"model.totals", "The heap's own statistics do not add up with what the program did."},
    // What AddressSanitizer forbids clients.
    Explanation{
        "poison.open",
        "Under AddressSanitizer a block must be open to its owner, every byte of those asked for. One is "
        "poisoned: a sound program is accused of a bad access."},
    Explanation{
        "poison.closed",
        "Under AddressSanitizer all memory of the heap that is no live block must be poisoned. A byte is "
        "open: a program that touches it (a freed block, or past the end of one) is not found out."},
    // Behind the end.
    Explanation{"drain.pools",
                "Every block was freed, but a pool is still counted as in use: its memory is lost."},
    Explanation{
        "drain.arenas",
        "Every block was freed, but more arenas are kept than the rules allow: memory that should have gone "
        "back to the system."},
    Explanation{"drain.raw-blocks",
                "Every block was freed, but the raw allocator still holds some: a large block was never "
                "passed back."},
    Explanation{"drain.bytes", "Every block was freed, but the allocator still counts bytes as given out."},
    Explanation{
        "teardown",
        "The heap was ended and did not give back all that it took from the system: a leak, or a release of "
        "what it does not own."},
    // Two subjects in lockstep.
    Explanation{
        "against.answer",
        "Two allocators got the same calls, and one answered with a block where the other answered NULL, or "
        "with a block in another place."},
    Explanation{"against.requests",
                "Two allocators got the same calls, and asked the backing allocator (arenas, raw memory) for "
                "different "
                "things."},
    Explanation{"against.pool",
                "Two allocators got the same calls, and the header of one pool differs between them."},
    Explanation{
        "against.free-list",
        "Two allocators got the same calls, and the chain of free blocks of one pool differs between them."},
    // Deaths.
    Explanation{
        "crash",
        "The process died in this operation: a bad access, an abort, or a sanitizer's report. The cause may "
        "lie in a step before, which damaged what is used here."},
    Explanation{
        "hang",
        "This operation did not end: most often a list that leads back into itself, so that a search never "
        "comes to its end."},
    Explanation{"memory", "The process took far more memory than the program asked for."},
    // Arenas: the large pieces that are got from the system.
    Explanation{"invariant.arena.readable",
                "The heap's table names an arena whose memory is gone: the next use of it crashes."},
    Explanation{"invariant.arenas.disjoint",
                "Two arenas overlap: the same bytes will be given to two owners."},
    Explanation{"invariant.arena.total-pools",
                "An arena is cut into pools of one size; the first must begin at a pool boundary, which may "
                "cost one. "
                "The count of pools is wrong: memory behind the arena's end is used, or some is wasted."},
    Explanation{
        "invariant.arena.pool-address",
        "pool_address says where an arena's next fresh pool begins. It points elsewhere: the next pool would "
        "lie across others, or outside."},
    Explanation{
        "invariant.arena.free-pools",
        "freepools chains the pools of an arena that became empty, to be used again. The chain leads astray "
        "or in a circle: a pool would be given out twice, or the heap crashes."},
    Explanation{"invariant.arena.free-pool-count",
                "nfreepools counts an arena's free pools. A wrong count makes the heap give an arena back "
                "while it is "
                "in use, or keep it for ever."},
    Explanation{
        "invariant.unused-arenas.exact",
        "Records of arenas that hold no memory wait in a list to be used again. One is missing there, or one "
        "in use is in it."},
    Explanation{
        "invariant.usable-arenas.links",
        "Arenas with free pools are linked in both directions. A link does not lead back: the next change of "
        "the list damages it."},
    Explanation{
        "invariant.usable-arenas.free-pool",
        "The list of usable arenas must hold only arenas with a free pool. A full one is in it: the next "
        "request takes a pool that does not exist."},
    Explanation{"invariant.usable-arenas.complete",
                "Every arena with a free pool must be in the list of usable arenas. One is missing: its free "
                "memory is "
                "lost."},
    Explanation{
        "invariant.usable-arenas.sorted",
        "The fullest arenas come first, so that the others can become empty and go back to the system. The "
        "order is broken: memory is kept that could be returned."},
    Explanation{
        "invariant.nfp2lasta.exact",
        "nfp2lasta remembers, for each number of free pools, the last arena that has so many; it keeps the "
        "list sorted without a search. A wrong entry puts arenas in the wrong place, or is used after its "
        "arena is gone."},
    Explanation{
        "invariant.arenas.kept",
        "An arena without a single block in use must go back to the system (all but one, in some layouts). "
        "One was kept: a leak."},
    Explanation{
        "invariant.address-map.holds-arenas",
        "The address map tells whether a pointer is the heap's own. It misses bytes of an arena: free would "
        "pass a block of the heap on to the wrong allocator."},
    Explanation{
        "invariant.address-map.only-arenas",
        "The address map tells whether a pointer is the heap's own. It claims memory that is no arena: free "
        "would take somebody else's block for one of the heap."},
    // Pools: they hold blocks of one size class.
    Explanation{
        "invariant.pool.arena-index",
        "A pool notes which arena it lies in. It names another: when the pool becomes empty, it goes to the "
        "wrong arena."},
    Explanation{"invariant.pool.size-class",
                "All blocks of a pool have one size, its class. The class noted in the pool does not exist."},
    Explanation{
        "invariant.pool.max-next-offset",
        "maxnextoffset is the place of a pool's last block. It is wrong for the size of its blocks: a block "
        "would reach past the pool's end, or one is never used."},
    Explanation{
        "invariant.pool.next-offset",
        "A pool hands out its blocks one after the other; nextoffset is where the next fresh one begins. It "
        "points between two blocks, or past the end."},
    Explanation{
        "invariant.free-list.inside-pool",
        "Free blocks of a pool are chained, each holding the address of the next. A link leads out of the "
        "pool: malloc would give out foreign memory."},
    Explanation{
        "invariant.free-list.block-boundary",
        "Free blocks of a pool are chained. A link leads into the middle of a block: malloc would give out a "
        "block that overlaps another."},
    Explanation{
        "invariant.free-list.carved",
        "Free blocks of a pool are chained. A link leads to a block that was never handed out: it would be "
        "handed out twice."},
    Explanation{"invariant.free-list.no-block-twice",
                "Free blocks of a pool are chained. One is there twice (as after a double free): malloc "
                "would give it "
                "to two owners."},
    Explanation{"invariant.pool.ref-count",
                "ref.count counts the blocks of a pool that are in use. When it is wrong, the pool is given "
                "back while "
                "somebody uses it, or never."},
    Explanation{
        "invariant.pool.full-or-ready",
        "A pool that has room must have a free block at hand, as malloc takes it without looking. None is "
        "there: malloc would answer with NULL, or crash."},
    Explanation{
        "invariant.pool.state",
        "A pool that was given back to its arena must have no block in use. One is in use there: it will be "
        "given to somebody else."},
    Explanation{
        "invariant.arena.pools-accounted",
        "Every pool of an arena is in use, or free, or not yet touched. One is nowhere, or in two places: it "
        "is lost, or given out twice."},
    Explanation{
        "invariant.used-lists.circular",
        "Pools of a class that have room form a ring, where malloc looks first. The ring is broken: malloc "
        "runs astray or never ends."},
    Explanation{
        "invariant.used-lists.back-links",
        "Pools of a class that have room form a ring with links in both directions. One does not lead back: "
        "taking a pool out of the ring damages its neighbours."},
    Explanation{
        "invariant.used-lists.one-class",
        "The ring of a size class must hold pools of that class. Another is in it: malloc gives a block that "
        "is too small or too large."},
    Explanation{"invariant.used-lists.no-full-pool",
                "malloc takes a block from the first pool of the ring without asking whether there is one. A "
                "full pool "
                "is in the ring: malloc would give out nothing, or what is in use."},
    Explanation{"invariant.used-lists.no-empty-pool",
                "A pool whose last block is freed must leave the ring and go to its arena. It is still in "
                "the ring: it "
                "will be used twice."},
    Explanation{
        "invariant.used-lists.complete",
        "Every pool that is neither full nor empty must be in the ring of its class, where malloc finds its "
        "room. One is missing: its free blocks are lost until it is empty."},
    // The heap's own statistics.
    Explanation{"invariant.totals.blocks", "The heap's count of blocks in use is wrong: its statistics lie."},
    Explanation{"invariant.totals.bytes", "The heap's count of bytes in use is wrong: its statistics lie."},
    Explanation{"invariant.totals.pools", "The heap's count of pools in use is wrong: its statistics lie."},
    Explanation{"invariant.totals.arenas", "The heap's count of arenas is wrong: its statistics lie."},
    // The memory system around the heap.
    Explanation{
        "invariant.domains.served-by",
        "Each of CPython's domains (raw, mem, object) has an allocator of its own. A block came from another "
        "one: freeing it in its domain goes wrong."},
    Explanation{
        "invariant.domains.allocator-called",
        "An allocator that was put before a domain must see each of its calls, once. A call passed it by, or "
        "came twice."},
    Explanation{
        "invariant.domains.arguments",
        "A domain passes a call on as it is. The allocator that serves it got other arguments than the "
        "caller gave."},
    Explanation{
        "invariant.domains.get-set",
        "Who asks for the allocator of a domain, or for the arena source, gets the one that was set last. "
        "It got another: who puts it back later puts back the wrong one."},
    Explanation{
        "invariant.domains.arena-source",
        "Arenas come from the source that was set last, and go back to it. Another was called, or with a "
        "context that is not its own."},
    Explanation{
        "invariant.domains.raw-requests",
        "No object is larger than PTRDIFF_MAX bytes. The guards of a debug layer count, too: what lies "
        "below it was asked for more."},
    Explanation{
        "invariant.domains.largest",
        "The largest sizes are refused, but not before they are asked for: a size that fits is refused "
        "only by what has the memory."},
    Explanation{
        "invariant.domains.empty",
        "A size of 0 gets a block, as any other does, also of calloc, whatever its other argument is."},
    Explanation{
        "invariant.domains.resource",
        "A memory resource takes a block of its domain, hands out an aligned part of it and gives the same "
        "block back; where it cannot, it throws std::bad_alloc. Two are equal where they share system and "
        "domain."},
    Explanation{
        "invariant.domains.c-interface",
        "The C interface is the memory system of the process under other names. It did something else than "
        "that does."},
    Explanation{
        "invariant.domains.foundation",
        "A system stands on the C library's allocator, which gives a block for a size of 0 and none over "
        "PTRDIFF_MAX, and on arenas of zeroes. One of these broke that."},
    Explanation{"invariant.domains.all-given-back",
                "A memory system that ends has nothing left of what it was given, and accuses nobody."},
    Explanation{
        "invariant.statistics.account-for-every-byte",
        "The statistics say where every byte of the arenas went. The parts do not add up to the whole."},
    Explanation{
        "invariant.statistics.figures",
        "The statistics tell what is in the arenas. Counted from the arenas' bytes, a figure is another: the "
        "sum may still be right."},
    Explanation{"invariant.statistics.clients-blocks",
                "Every block that a client has from a pool is one that the pool counts. The counts differ: a "
                "block was "
                "lost, or given twice."},
    Explanation{"invariant.statistics.text",
                "The text tells the figures of the statistics. A line is missing or tells another number."},
    Explanation{"invariant.statistics.json",
                "The JSON tells the figures of the statistics. A member is missing or tells another number."},
    Explanation{"invariant.debug.no-false-alarm",
                "The debug layer reports misuse of blocks. It accused a program that misused none."},
    Explanation{"invariant.debug.guards",
                "The debug layer writes size, letter and pads around each block, by which damage is seen and "
                "a dump is "
                "read. A byte is not the one that belongs there."},
    Explanation{"invariant.debug.fresh-bytes",
                "Under the debug layer bytes that nobody has written are cd. These are not: a program that "
                "reads them "
                "may seem to work."},
    Explanation{"invariant.debug.dead-bytes",
                "The debug layer fills what is freed with dd, and its pads, too. A byte was left as it was: "
                "who still "
                "uses the block does not notice."},
    Explanation{
        "invariant.debug.serial",
        "The debug layer numbers the allocations of all domains, each by one more than the last, a resized "
        "block anew. A number was left out, came twice, or stayed."},
    Explanation{
        "invariant.debug.quarantine",
        "Freed blocks are held back up to a number of bytes, the oldest leaves first, and what is held back "
        "is nobody else's. That does not hold."},
    Explanation{
        "invariant.debug.diagnosis",
        "A block was misused on purpose. The debug layer did not say exactly that: which misuse, of which "
        "block, at which byte, by whom it was allocated and freed."},
    Explanation{"invariant.debug.report",
                "The debug layer's report does not say in words what it says in its fields, or shows other "
                "bytes than "
                "stand there."},
    Explanation{"invariant.self-check", "The allocator's own check() says that its state is wrong."},
    Explanation{"invariant.own-operation",
                "An operation that only this allocator has says that something is wrong."},
};

}  // namespace

std::span<const Explanation> explanations() {
  return all;
}

std::string_view meaning_of(std::string_view oracle) {
  constexpr std::string_view contract = "contract.";
  if (oracle.starts_with(contract)) return promise_of(oracle.substr(contract.size()));
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Explanation& known) { return known.oracle == oracle; });
  return found == all.end() ? std::string_view() : found->meaning;
}

}  // namespace poolhammer

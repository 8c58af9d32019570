// All of the home allocator that a user's program holds, and nothing of what checks it: two mutants whose
// code for this is the same behave the same.
#include "allocator/heap.hpp"
#include "allocator/region_raw.hpp"
#include "allocator/region_source.hpp"

namespace pymalloc {

template class Heap<Classic, RegionArenaSource, RegionRaw>;
template class Heap<Aligned16, RegionArenaSource, RegionRaw>;
template class Heap<Modern, RegionArenaSource, RegionRaw>;
template class Heap<Tiny, RegionArenaSource, RegionRaw>;

// Only names can be instantiated, not a list.
static_assert(Layouts::size == 4, "a new layout is shipped, too");

}  // namespace pymalloc

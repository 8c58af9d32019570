#pragma once

#include "allocator/testing/arena_corruptions.hpp"
#include "allocator/testing/pool_corruptions.hpp"

namespace pymalloc {

/// Every way to break an invariant that the layout has.
template <Layout L>
Corruptions<L> all_corruptions() {
  Corruptions<L> list = ArenaCorruptions<L>::all();
  const Corruptions<L> pools = PoolCorruptions<L>::all();
  list.insert(list.end(), pools.begin(), pools.end());
  return list;
}

}  // namespace pymalloc

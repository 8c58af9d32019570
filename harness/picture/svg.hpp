#pragma once

#include <optional>
#include <string>

#include "harness/picture/snapshot.hpp"
#include "harness/report/finding.hpp"

namespace poolhammer {

/// What a picture is of.
struct Scene {
  Snapshot snapshot;
  std::string subject;             ///< "pymalloc:tiny"
  std::string moment;              ///< "after step 3 of 20: malloc 2 100"
  std::optional<Finding> finding;  ///< where it says a place, that is marked
};

// Each picture is a whole SVG file, with a legend of what is in it.

/// All arenas with their pools, the used list of each class, the list of usable arenas.
[[nodiscard]] std::string heap_svg(const Scene& scene);

/// An arena with its pools and its freepools. Precondition: the snapshot has it.
[[nodiscard]] std::string arena_svg(const Scene& scene, std::uint32_t arena);

/// A pool with its header, its blocks, its free list and its virgin space. Precondition: the snapshot has it.
[[nodiscard]] std::string pool_svg(const Scene& scene, const PoolName& pool);

/// A block of a carved pool, byte by byte. Precondition: the snapshot has it.
[[nodiscard]] std::string block_svg(const Scene& scene, const PoolName& pool, std::uint32_t block);

/// The pool of that name; null where there is none.
[[nodiscard]] const PoolSnapshot* find_pool(const Snapshot& snapshot, const PoolName& name);
/// The arena of that index; null where it has no memory.
[[nodiscard]] const ArenaSnapshot* find_arena(const Snapshot& snapshot, std::uint32_t index);

}  // namespace poolhammer

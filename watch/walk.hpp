#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "allocator/invariants/violation.hpp"

namespace poolhammer::watch {

/// The addresses of the arenas that a CPython 3.11 heap has.
using Arenas = std::set<std::uintptr_t>;

/// What does not hold in the pools of these arenas: headers, free lists, and the links between pools. The
/// first violation of each pool, in the order of their addresses. Only reads, and follows no address that it
/// did not look up before; no request of the heap may be under way.
[[nodiscard]] std::vector<pymalloc::Violation> walk(const Arenas& arenas);

/// What does not hold in the pool of a block that was just given out: its header, and that the address is a
/// block's. Costs the same for every pool. Nothing for a block in no arena.
[[nodiscard]] std::optional<pymalloc::Violation> check_given(const Arenas& arenas, const void* block);

/// What does not hold in the pool of a block that is about to be taken back: its header, its free list, and
/// that the address is that of a block in use. Nothing for a block in no arena.
[[nodiscard]] std::optional<pymalloc::Violation> check_taken(const Arenas& arenas, const void* block);

/// Where an address is, as far as the header of its pool can be believed.
[[nodiscard]] pymalloc::Location locate(const Arenas& arenas, const void* address);

}  // namespace poolhammer::watch

#pragma once

#include <concepts>
#include <cstddef>

namespace pymalloc {

/// Where a heap gets its arenas. allocate(size) returns `size` bytes aligned to 16, or null; release(arena,
/// size) takes back what allocate returned, with the size it was asked for.
template <class S>
concept ArenaSource = requires(S source, void* arena, std::size_t size) {
  { source.allocate(size) } -> std::same_as<void*>;
  {source.release(arena, size)};
};

/// Anonymous memory of the operating system.
struct OsArenaSource {
  [[nodiscard]] static void* allocate(std::size_t size);
  static void release(void* arena, std::size_t size);
};

}  // namespace pymalloc

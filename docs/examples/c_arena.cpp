// An arena as a C library has it: its memory comes back with its last block.
#include <cstdlib>

#include "harness/subjects/adapt.hpp"

struct Arena {
  std::size_t used, blocks;
  alignas(16) char memory[65536];
};
Arena* arena_create() {
  return static_cast<Arena*>(std::calloc(1, sizeof(Arena)));
}
void arena_destroy(Arena* arena) {
  std::free(arena);
}
void* arena_alloc(Arena* arena, std::size_t size) {
  if (size > sizeof arena->memory - arena->used) return nullptr;
  void* const block = arena->memory + arena->used;
  arena->used += (size + 15) / 16 * 16;
  ++arena->blocks;
  return block;
}
void arena_free(Arena* arena, void* /*block*/) {
  if (--arena->blocks == 0) arena->used = 0;
}
struct CArena : poolhammer::CArena<&arena_create, &arena_destroy, &arena_alloc, &arena_free> {
  std::size_t bytes_in_use() const { return arena()->used; }
};
const poolhammer::Adapted<CArena> registration("c-arena", "a C library's arena");

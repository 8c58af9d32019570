#include "allocator/arena_source.hpp"

#include <sys/mman.h>

namespace pymalloc {

void* OsArenaSource::allocate(std::size_t size) {
  void* const arena = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return arena == MAP_FAILED ? nullptr : arena;
}

void OsArenaSource::release(void* arena, std::size_t size) {
  munmap(arena, size);
}

}  // namespace pymalloc

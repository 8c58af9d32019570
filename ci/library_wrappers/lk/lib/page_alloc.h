/* Pages of the system. */
#include <lk/compiler.h>
#include <sys/mman.h>
#define PAGE_ALLOC_ANY_ARENA (-1)
static inline void* page_alloc(size_t pages, int arenas) {
  (void)arenas;
  if (pages > PTRDIFF_MAX / PAGE_SIZE) return NULL;
  void* const found =
      mmap(NULL, pages * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return found == MAP_FAILED ? NULL : found;
}
static inline void page_free(void* first, size_t pages) {
  munmap(first, pages * PAGE_SIZE);
}
static inline void* page_first_alloc(size_t* size) {
  *size = PAGE_SIZE;
  return page_alloc(1, PAGE_ALLOC_ANY_ARENA);
}

/* buddy_alloc with blocks of at least SMALLEST bytes, which are aligned to it. */
#ifndef SMALLEST
#define SMALLEST 16
#endif
#define BUDDY_ALLOC_IMPLEMENTATION
#include "buddy_alloc.h"
#include "pool.h"
static struct buddy *heap;
static struct buddy *ready(void) {
  if (heap == NULL) heap = buddy_embed_alignment((unsigned char *)pool, sizeof pool, SMALLEST);
  return heap;
}
static void *own_malloc(size_t size) { return buddy_malloc(ready(), size); }
static void own_free(void *block) { buddy_free(heap, block); }
static void *own_realloc(void *block, size_t size) { return buddy_realloc(heap, block, size, false); }
static void *own_calloc(size_t count, size_t size) { return buddy_calloc(ready(), count, size); }
#define OWN_REALLOC
#define OWN_CALLOC
#include "wrapper.h"

/* miniheap of Little Kernel: blocks are aligned to 16 bytes when asked for. */
#include <lib/miniheap.h>
#include "pool.h"
static int ready;
static void *own_malloc(size_t size) {
  if (!ready) miniheap_init(pool, sizeof pool);
  ready = 1;
  return miniheap_alloc(size, 16);
}
static void own_free(void *block) { miniheap_free(block); }
static void *own_realloc(void *block, size_t size) { return miniheap_realloc(block, size); }
#define OWN_REALLOC
#include "wrapper.h"

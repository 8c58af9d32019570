/* umm_malloc: blocks are aligned to 4 bytes; its heap has at most 32767 blocks. */
#include "umm_malloc.h"
#include "umm_malloc_cfg.h"
#include "pool.h"
size_t UMM_MALLOC_CFG_HEAP_SIZE;
void *UMM_MALLOC_CFG_HEAP_ADDR;
static int ready;
static void *own_malloc(size_t size) {
  const size_t addressable = (size_t)32767 * UMM_BLOCK_BODY_SIZE;
  if (!ready) umm_init_heap(pool, addressable < sizeof pool ? addressable : sizeof pool);
  ready = 1;
  return umm_malloc(size);
}
static void own_free(void *block) { umm_free(block); }
static void *own_realloc(void *block, size_t size) { return umm_realloc(block, size); }
#define OWN_ALIGNMENT 4
#define OWN_REALLOC
#include "wrapper.h"

/* Two-Level Segregated Fit by Matthew Conte: blocks are aligned to 8 bytes. */
#include "pool.h"
#include "tlsf.h"
static tlsf_t heap;
static void *own_malloc(size_t size) {
  if (heap == NULL) heap = tlsf_create_with_pool(pool, sizeof pool);
  return tlsf_malloc(heap, size);
}
static void own_free(void *block) { tlsf_free(heap, block); }
static void *own_realloc(void *block, size_t size) { return tlsf_realloc(heap, block, size); }
static size_t own_usable(void *block) { return tlsf_block_size(block); }
#define OWN_ALIGNMENT 8
#define OWN_REALLOC
#define OWN_USABLE
#include "wrapper.h"

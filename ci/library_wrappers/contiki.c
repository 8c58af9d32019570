/* heapmem of Contiki-NG, aligned to 16 bytes. */
#include "contiki.h"
#include "lib/heapmem.h"
static void *own_malloc(size_t size) { return heapmem_alloc(size); }
static void own_free(void *block) { heapmem_free(block); }
static void *own_realloc(void *block, size_t size) { return heapmem_realloc(block, size); }
static void *own_calloc(size_t count, size_t size) { return heapmem_calloc(count, size); }
#define OWN_REALLOC
#define OWN_CALLOC
#include "wrapper.h"

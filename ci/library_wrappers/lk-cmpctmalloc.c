/* cmpctmalloc of Little Kernel, whose pages come from the system: blocks are aligned to 16 bytes. */
#include <lib/cmpctmalloc.h>
static int ready;
static void prepare(void) {
  if (!ready) cmpct_init();
  ready = 1;
}
static void *own_malloc(size_t size) {
  prepare();
  return cmpct_alloc(size);
}
static void own_free(void *block) { cmpct_free(block); }
static void *own_realloc(void *block, size_t size) { return cmpct_realloc(block, size); }
#define OWN_REALLOC
#include "wrapper.h"

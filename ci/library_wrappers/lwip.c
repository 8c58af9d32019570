/* The heap of lwIP (mem.c), aligned to 16 bytes. It resizes by mem_trim alone, which only shrinks: what grows is copied here, from a
 * block that holds its size in 16 bytes before it. */
#include "lwip/mem.h"
#include <stddef.h>
#include <string.h>
enum { before_block = 16 };
static int ready;
static void *sized(char *raw, size_t size) {
  if (raw == NULL) return NULL;
  memcpy(raw, &size, sizeof size);
  return raw + before_block;
}
static void *own_malloc(size_t size) {
  if (!ready) mem_init();
  ready = 1;
  return sized(mem_malloc((mem_size_t)(size + before_block)), size);
}
static void own_free(void *block) { mem_free((char *)block - before_block); }
static void *own_realloc(void *block, size_t size) {
  char *const raw = (char *)block - before_block;
  size_t old = 0;
  memcpy(&old, raw, sizeof old);
  if (size <= old) return sized(mem_trim(raw, (mem_size_t)(size + before_block)), size);
  void *const grown = own_malloc(size);
  if (grown != NULL) {
    memcpy(grown, block, old);
    own_free(block);
  }
  return grown;
}
#define OWN_REALLOC
#define OWN_MOST ((mem_size_t)-1 - before_block)
#include "wrapper.h"

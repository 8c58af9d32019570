/* A heap of the FreeRTOS kernel, without the kernel: blocks are aligned to portBYTE_ALIGNMENT, 16 bytes. */
#include "FreeRTOS.h"
#ifdef HAS_REGIONS
#include "pool.h"
static void *own_malloc(size_t size) {
  static int ready;
  const HeapRegion_t regions[] = {{(uint8_t *)pool, sizeof pool / 4}, {(uint8_t *)pool + sizeof pool / 2, sizeof pool / 2}, {NULL, 0}};
  if (!ready) vPortDefineHeapRegions(regions);
  ready = 1;
  return pvPortMalloc(size);
}
#else
static void *own_malloc(size_t size) { return pvPortMalloc(size); }
#endif
static void own_free(void *block) { vPortFree(block); }
#ifdef HAS_CALLOC
static void *own_calloc(size_t count, size_t size) { return pvPortCalloc(count, size); }
#define OWN_CALLOC
#endif
#include "wrapper.h"

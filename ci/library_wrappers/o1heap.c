/* o1heap: blocks are aligned to O1HEAP_ALIGNMENT, 32 bytes here. */
#include "o1heap.h"
#include "pool.h"
static O1HeapInstance *heap;
static void *own_malloc(size_t size) {
  if (heap == NULL) heap = o1heapInit(pool, sizeof pool);
  return o1heapAllocate(heap, size);
}
static void own_free(void *block) { o1heapFree(heap, block); }
#include "wrapper.h"

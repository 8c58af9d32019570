/* A heap of the FreeRTOS kernel, without the kernel: blocks are aligned to portBYTE_ALIGNMENT, 16 bytes. */
#include "FreeRTOS.h"
static void *own_malloc(size_t size) { return pvPortMalloc(size); }
static void own_free(void *block) { vPortFree(block); }
#ifdef HAS_CALLOC
static void *own_calloc(size_t count, size_t size) { return pvPortCalloc(count, size); }
#define OWN_CALLOC
#endif
#include "wrapper.h"

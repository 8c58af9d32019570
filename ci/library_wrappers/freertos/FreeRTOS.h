/* What the heaps of FreeRTOS ask of their kernel, for one thread at a time. */
#ifndef LIBRARY_WRAPPERS_FREERTOS_H
#define LIBRARY_WRAPPERS_FREERTOS_H
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#define configSUPPORT_DYNAMIC_ALLOCATION 1
#define configTOTAL_HEAP_SIZE (64U << 20)
#define configAPPLICATION_ALLOCATED_HEAP 0
#define configUSE_MALLOC_FAILED_HOOK 0
#define configENABLE_HEAP_PROTECTOR 0
#define configHEAP_CLEAR_MEMORY_ON_FREE 0
#define configASSERT(x) ((x) ? (void)0 : abort())
#define portBYTE_ALIGNMENT 16
#define portBYTE_ALIGNMENT_MASK 15
#define portPOINTER_SIZE_TYPE uintptr_t
#define portMAX_DELAY 0xffffffffU
#define PRIVILEGED_DATA
#define PRIVILEGED_FUNCTION
#define mtCOVERAGE_TEST_MARKER()
#define traceMALLOC(a, b)
#define traceFREE(a, b)
#define pdTRUE 1
#define pdFALSE 0
#define taskENTER_CRITICAL()
#define taskEXIT_CRITICAL()
typedef long BaseType_t;
typedef unsigned long UBaseType_t;
typedef struct xHeapStats {
  size_t xAvailableHeapSpaceInBytes, xSizeOfLargestFreeBlockInBytes, xSizeOfSmallestFreeBlockInBytes,
      xNumberOfFreeBlocks;
  size_t xMinimumEverFreeBytesRemaining, xNumberOfSuccessfulAllocations, xNumberOfSuccessfulFrees;
} HeapStats_t;
typedef struct HeapRegion {
  uint8_t* pucStartAddress;
  size_t xSizeInBytes;
} HeapRegion_t;
void vPortDefineHeapRegions(const HeapRegion_t* regions);
void* pvPortMalloc(size_t size);
void* pvPortCalloc(size_t count, size_t size);
void vPortFree(void* block);
#endif

/* The scheduler: there is none. */
#ifndef LIBRARY_WRAPPERS_FREERTOS_TASK_H
#define LIBRARY_WRAPPERS_FREERTOS_TASK_H
#include "FreeRTOS.h"
static inline void vTaskSuspendAll(void) {}
static inline BaseType_t xTaskResumeAll(void) {
  return pdFALSE;
}
#endif

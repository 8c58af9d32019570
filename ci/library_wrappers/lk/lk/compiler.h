/* What the heaps of Little Kernel ask of their kernel, for one thread at a time. */
#ifndef LIBRARY_WRAPPERS_LK_H
#define LIBRARY_WRAPPERS_LK_H
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#define __BEGIN_CDECLS
#define __END_CDECLS
#define __MALLOC
#define STATIC_ASSERT(e) _Static_assert(e, #e)
/* assert() itself would allocate for its message, under the lock. */
#define DEBUG_ASSERT(e) ((e) ? (void)0 : __builtin_trap())
#define ASSERT DEBUG_ASSERT
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define ROUNDUP(a, b) (((a) + ((b)-1)) & ~((b)-1))
#define ROUNDDOWN(a, b) ((a) & ~((b)-1))
#define PAGE_SIZE 4096UL
#define PAGE_SIZE_SHIFT 12
#define IS_PAGE_ALIGNED(x) (((uintptr_t)(x) & (PAGE_SIZE - 1)) == 0)
#define likely(x) (x)
#define unlikely(x) (x)
#define INFO 0
#define dprintf(level, ...)
#define LTRACEF(...)
#define LTRACE_ENTRY
#define LTRACE
#define TRACEF(...)
#define NO_ERROR 0
#define ERR_NO_MEMORY (-5)
#define panic(...) abort()
#define hexdump(p, n)
typedef uintptr_t vaddr_t;
typedef uintptr_t addr_t;
typedef struct {
  int held;
} mutex_t;
#define mutex_init(m) (void)(m)
#define mutex_acquire(m) (void)(m)
#define mutex_release(m) (void)(m)
#endif

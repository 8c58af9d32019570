/* The memory and the lock of picolibc's allocator, which exports the functions of C itself. */
#include "pool.h"
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/types.h>
static size_t taken;
static pthread_mutex_t heap_lock = PTHREAD_MUTEX_INITIALIZER;
void pool_lock(void) { pthread_mutex_lock(&heap_lock); }
void pool_unlock(void) { pthread_mutex_unlock(&heap_lock); }
__attribute__((constructor)) static void keep_lock_over_fork(void) { pthread_atfork(pool_lock, pool_unlock, pool_unlock); }
void *pool_sbrk(intptr_t bytes) {
  if (bytes > (intptr_t)(sizeof pool - taken) || bytes < -(intptr_t)taken) {
    errno = ENOMEM;
    return (void *)-1;
  }
  char *const before = pool + taken;
  taken += (size_t)bytes;
  return before;
}

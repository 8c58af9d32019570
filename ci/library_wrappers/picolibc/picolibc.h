/* What picolibc's allocator asks of the rest of picolibc, by the means of the C library of the system. Its
 * memory is a region of 64 MiB that sbrk takes from. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>
#define __disable_sanitizer
#define __align_up(x, a) ((__typeof__(x))(((uintptr_t)(x) + (a)-1) & ~(uintptr_t)((a)-1)))
#define __strong_reference(symbol, alias) extern __typeof__(symbol) alias __attribute__((__alias__(#symbol)))
#define sbrk pool_sbrk
#define __LIBC_LOCK() pool_lock()
#define __LIBC_UNLOCK() pool_unlock()
void* pool_sbrk(intptr_t bytes);
void pool_lock(void);
void pool_unlock(void);

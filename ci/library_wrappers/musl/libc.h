/* What musl's older allocator asks of the rest of musl, by the means of the C library of the system. */
#ifndef LIBRARY_WRAPPERS_MUSL_H
#define LIBRARY_WRAPPERS_MUSL_H
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#define hidden __attribute__((__visibility__("hidden")))
#define weak_alias(old, new) extern __typeof(old) new __attribute__((__weak__, __alias__(#old)))
#define PAGE_SIZE 4096UL
extern char** environ;
/* Locks are always needed: a process may have threads from the start. */
static struct {
  int need_locks;
  const char* auxv;
} libc = {1, NULL};
#define __malloc_replaced 0
#define __aligned_alloc_replaced 0
#define __libc_malloc_impl malloc
#define __libc_malloc malloc
#define __libc_realloc realloc
#define __libc_free free
#define __mmap mmap
#define __munmap munmap
#define __mremap mremap
#define __madvise madvise
/* The program break belongs to the C library of the system: the heap grows by mmap, as musl's own does where
 * the break is refused. */
#define __syscall(number, argument) ((uintptr_t)(argument) - (uintptr_t)(argument))
static inline int a_swap(volatile int* at, int value) {
  return __atomic_exchange_n(at, value, __ATOMIC_SEQ_CST);
}
static inline void a_store(volatile int* at, int value) {
  __atomic_store_n(at, value, __ATOMIC_SEQ_CST);
}
static inline void a_and_64(volatile uint64_t* at, uint64_t value) {
  __atomic_fetch_and(at, value, __ATOMIC_SEQ_CST);
}
static inline void a_or_64(volatile uint64_t* at, uint64_t value) {
  __atomic_fetch_or(at, value, __ATOMIC_SEQ_CST);
}
static inline int a_ctz_64(uint64_t value) {
  return __builtin_ctzll(value);
}
static inline void a_crash(void) {
  __builtin_trap();
}
static inline void __wait(volatile int* at, volatile int* waiters, int value, int shared) {
  (void)waiters;
  (void)shared;
  if (__atomic_load_n(at, __ATOMIC_SEQ_CST) == value) sched_yield();
}
static inline void __wake(volatile int* at, int count, int shared) {
  (void)at, (void)count, (void)shared;
}
#endif

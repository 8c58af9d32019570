/* The functions of ISO C for an allocator that serves one thread from a heap of its own.
 *
 * A file that includes this has defined, as static functions:
 *   own_malloc(size), own_free(block)       the allocator's own; a block of own_malloc is aligned to
 * OWN_ALIGNMENT (16 where not defined) own_realloc(block, size), OWN_REALLOC   its own realloc, of a block
 * that is not NULL; where it has none, OWN_REALLOC stays undefined and realloc is not exported
 *   own_calloc(count, size), OWN_CALLOC     its own calloc; where it has none, the layer clears what
 * own_malloc gives own_usable(block), OWN_USABLE           how many bytes of a block its owner may use
 *   OWN_MOST                                the largest size that its type of sizes can hold (SIZE_MAX where
 * not defined)
 *
 * The layer adds what a library of the system owes and a small one does not claim: a lock that is held over a
 * fork, errno, and the alignment of max_align_t. It changes no size and no address beyond that. */
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifndef OWN_ALIGNMENT
#define OWN_ALIGNMENT 16
#endif
#ifndef OWN_MOST
#define OWN_MOST SIZE_MAX
#endif

static pthread_mutex_t heap_lock = PTHREAD_MUTEX_INITIALIZER;
static void lock_heap(void) {
  pthread_mutex_lock(&heap_lock);
}
static void unlock_heap(void) {
  pthread_mutex_unlock(&heap_lock);
}
__attribute__((constructor)) static void keep_lock_over_fork(void) {
  pthread_atfork(lock_heap, unlock_heap, unlock_heap);
}

/* A block of a weaker alignment is shifted to a multiple of 16; the 4 bytes before it say by how much. */
enum { fundamental = 16, shift_at_most = OWN_ALIGNMENT < fundamental ? fundamental + 4 : 0 };

static unsigned shift_for(const char* raw) {
  const uintptr_t least = (uintptr_t)raw + sizeof(unsigned);
  return (unsigned)(((least + fundamental - 1) & ~(uintptr_t)(fundamental - 1)) - (uintptr_t)raw);
}

static void* shifted(char* raw) {
  if (raw == NULL || shift_at_most == 0) return raw;
  const unsigned shift = shift_for(raw);
  memcpy(raw + shift - sizeof shift, &shift, sizeof shift);
  return raw + shift;
}

static unsigned shift_of(const char* block) {
  unsigned shift = 0;
  if (shift_at_most != 0) memcpy(&shift, block - sizeof shift, sizeof shift);
  return shift;
}

static int too_large(size_t size) {
  return size > OWN_MOST - shift_at_most;
}

static void* or_enomem(void* block, size_t size) {
  if (block == NULL && size != 0) errno = ENOMEM;
  return block;
}

void* malloc(size_t size) {
  if (too_large(size)) return or_enomem(NULL, size);
  lock_heap();
  void* const block = shifted(own_malloc(size + shift_at_most));
  unlock_heap();
  return or_enomem(block, size);
}

void free(void* block) {
  if (block == NULL) return;
  const int kept = errno;
  lock_heap();
  own_free((char*)block - shift_of(block));
  unlock_heap();
  errno = kept;
}

void* calloc(size_t count, size_t size) {
#ifdef OWN_CALLOC
  _Static_assert(shift_at_most == 0, "a calloc of its own is for blocks that are not shifted");
  lock_heap();
  void* const block = own_calloc(count, size);
  unlock_heap();
  return or_enomem(block, count == 0 ? 0 : size);
#else
  size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes)) return or_enomem(NULL, 1);
  void* const block = malloc(bytes);
  if (block != NULL) memset(block, 0, bytes);
  return block;
#endif
}

#ifdef OWN_REALLOC
void* realloc(void* block, size_t size) {
  if (block == NULL) return malloc(size);
  if (too_large(size)) return or_enomem(NULL, size);
  const unsigned before = shift_of(block);
  lock_heap();
  char* const raw = own_realloc((char*)block - before, size + shift_at_most);
  char* moved = raw;
  if (raw != NULL && shift_at_most != 0) {
    const unsigned after = shift_for(raw);
    if (after != before) memmove(raw + after, raw + before, size);
    moved = shifted(raw);
  }
  unlock_heap();
  return or_enomem(moved, size);
}
#endif

#ifdef OWN_USABLE
size_t malloc_usable_size(void* block) {
  if (block == NULL) return 0;
  const unsigned shift = shift_of(block);
  lock_heap();
  const size_t whole = own_usable((char*)block - shift);
  unlock_heap();
  return whole < shift ? 0 : whole - shift;
}
#endif

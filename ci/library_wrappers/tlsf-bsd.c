/* TLSF of tlsf-bsd, whose heap grows by tlsf_resize: blocks are aligned to 8 bytes. */
#include "pool.h"
#include "tlsf.h"
static tlsf_t heap = TLSF_INIT;
void *tlsf_resize(tlsf_t *of, size_t size) { return of == &heap && size <= sizeof pool ? pool : NULL; }
static void *own_malloc(size_t size) { return tlsf_malloc(&heap, size); }
static void own_free(void *block) { tlsf_free(&heap, block); }
static void *own_realloc(void *block, size_t size) { return tlsf_realloc(&heap, block, size); }
#define OWN_ALIGNMENT 8
#define OWN_REALLOC
#include "wrapper.h"

/* The C interface of the allocator: three domains over one system of memory that the whole process shares.
 *
 * Which allocators serve is chosen by the environment variable PYMALLOC, read at the first call: default,
 * malloc, malloc_debug, pymalloc, pymalloc_debug or debug. Any other value ends the process with one line and
 * status 2. Every function may be called by any thread. Link with -lpymalloc (C++ runtime included). */
#ifndef PYMALLOC_H
#define PYMALLOC_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Who a request is for. A block goes back to the domain that it came from. */
typedef enum pymalloc_domain {
  PYMALLOC_RAW = 0,   /* the C library's allocator */
  PYMALLOC_MEM = 1,   /* for buffers: pools up to 512 bytes, the C library's allocator beyond */
  PYMALLOC_OBJECT = 2 /* for objects: likewise */
} pymalloc_domain;

/* An allocator: four functions and the context that each is called with. A size of 0 gives a distinct block,
 * also by realloc; what cannot be had is NULL, and realloc leaves the block as it was then. */
typedef struct pymalloc_allocator {
  void* context;
  void* (*malloc)(void* context, size_t size);
  void* (*calloc)(void* context, size_t count, size_t size);
  void* (*realloc)(void* context, void* block, size_t size);
  void (*free)(void* context, void* block);
} pymalloc_allocator;

/* Where arenas come from. */
typedef struct pymalloc_arena_source {
  void* context;
  void* (*allocate)(void* context, size_t size); /* size bytes aligned to 16, or NULL */
  void (*release)(void* context, void* arena, size_t size);
} pymalloc_arena_source;

/* A block of at least size bytes, aligned to 16; NULL where it cannot be had. A size of 0 gives a block too.
 */
void* pymalloc_malloc(pymalloc_domain domain, size_t size);
/* The same, zeroed, of count * size bytes; NULL where the product is too large. */
void* pymalloc_calloc(pymalloc_domain domain, size_t count, size_t size);
/* The block with a new size; its first bytes keep their values. A NULL block is malloc. */
void* pymalloc_realloc(pymalloc_domain domain, void* block, size_t size);
/* Gives a block back; NULL is allowed. */
void pymalloc_free(pymalloc_domain domain, void* block);

/* Reads or replaces the allocator of a domain. Blocks that live when it is replaced come to the new one. */
void pymalloc_get_allocator(pymalloc_domain domain, pymalloc_allocator* allocator);
void pymalloc_set_allocator(pymalloc_domain domain, const pymalloc_allocator* allocator);

/* Reads or replaces the source of arenas. Arenas of before go back to the new one. */
void pymalloc_get_arena_source(pymalloc_arena_source* source);
void pymalloc_set_arena_source(const pymalloc_arena_source* source);

/* Chooses the allocators of all domains as the environment variable PYMALLOC does. To be called while no
 * block lives. 0, or -1 and nothing changed where the name is unknown. */
int pymalloc_choose(const char* name);

/* The figures of the pools, as text and as JSON: a string that the caller gives back to PYMALLOC_RAW, or
 * NULL. */
char* pymalloc_statistics_text(void);
char* pymalloc_statistics_json(void);

/* Walks the pools. NULL where every invariant holds; else a string that names the first that does not, where,
 * what is expected and what was found, which the caller gives back to PYMALLOC_RAW. */
char* pymalloc_check(void);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif

/* Calls every function of the C interface and ends with the number of the first line that did not hold, or 0.
 */
#include <pymalloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEMAND(condition)                                             \
  do {                                                                \
    if (!(condition)) {                                               \
      fprintf(stderr, "line %d: not so: %s\n", __LINE__, #condition); \
      return 1;                                                       \
    }                                                                 \
  } while (0)

typedef struct counting {
  pymalloc_allocator base;
  int mallocs;
} counting;

static void* counting_malloc(void* context, size_t size) {
  counting* const self = context;
  ++self->mallocs;
  return self->base.malloc(self->base.context, size);
}

typedef struct watched_arenas {
  pymalloc_arena_source base;
  int requests;
} watched_arenas;

static void* watched_allocate(void* context, size_t size) {
  watched_arenas* const self = context;
  ++self->requests;
  return self->base.allocate(self->base.context, size);
}

static void watched_release(void* context, void* arena, size_t size) {
  watched_arenas* const self = context;
  self->base.release(self->base.context, arena, size);
}

int main(void) {
  watched_arenas arenas = {.requests = 0};
  pymalloc_get_arena_source(&arenas.base);
  const pymalloc_arena_source watched = {&arenas, watched_allocate, watched_release};
  pymalloc_set_arena_source(&watched);

  for (int domain = PYMALLOC_RAW; domain <= PYMALLOC_OBJECT; ++domain) {
    const pymalloc_domain d = (pymalloc_domain)domain;
    char* block = pymalloc_malloc(d, 10);
    DEMAND(block != NULL);
    memset(block, 'x', 10);
    block = pymalloc_realloc(d, block, 1000);
    DEMAND(block != NULL && block[9] == 'x');
    pymalloc_free(d, block);
    block = pymalloc_calloc(d, 10, 10);
    DEMAND(block != NULL && block[99] == 0);
    pymalloc_free(d, block);
    DEMAND(pymalloc_malloc(d, SIZE_MAX) == NULL);
  }
  const char* const choice = getenv("PYMALLOC");
  const int pools = choice == NULL || strncmp(choice, "malloc", 6) != 0;
  DEMAND(pools == (arenas.requests > 0));
  DEMAND(pymalloc_check() == NULL);

  counting wrapped = {.mallocs = 0};
  pymalloc_get_allocator(PYMALLOC_OBJECT, &wrapped.base);
  pymalloc_allocator mine = wrapped.base;
  mine.context = &wrapped;
  mine.malloc = counting_malloc;
  pymalloc_set_allocator(PYMALLOC_OBJECT, &mine);
  void* const counted = pymalloc_malloc(PYMALLOC_OBJECT, 5);
  DEMAND(wrapped.mallocs == 1);
  pymalloc_set_allocator(PYMALLOC_OBJECT, &wrapped.base);
  pymalloc_free(PYMALLOC_OBJECT, counted);

  char* const text = pymalloc_statistics_text();
  char* const json = pymalloc_statistics_json();
  DEMAND(text != NULL && strstr(text, "size classes") != NULL);
  DEMAND(json != NULL && json[0] == '{' && json[strlen(json) - 1] == '}');
  pymalloc_free(PYMALLOC_RAW, text);
  pymalloc_free(PYMALLOC_RAW, json);

  DEMAND(pymalloc_choose("no such allocator") == -1);
  DEMAND(pymalloc_choose("malloc") == 0);
  const int before = arenas.requests;
  pymalloc_free(PYMALLOC_OBJECT, pymalloc_malloc(PYMALLOC_OBJECT, 5));
  DEMAND(arenas.requests == before);
  return 0;
}

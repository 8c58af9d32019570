// A heap as firmware has it: all of its state is static, and nothing resets it.
#include "static_heap.h"

struct block {
  _Alignas(16) size_t size; // with this header
  struct block* next;
};
static _Alignas(16) char heap[65536];
static struct block* free_list; // by address

void* heap_take(size_t size) {
  static int ready;
  if (!ready++) {
    free_list = (struct block*)heap;
    free_list->size = sizeof heap;
  }
  if (size > sizeof heap) return NULL;
  const size_t wanted = sizeof(struct block) + (size + 15) / 16 * 16;
  struct block** at = &free_list;
  while (*at != NULL && (*at)->size < wanted) at = &(*at)->next;
  struct block* const found = *at;
  if (found == NULL) return NULL;
  *at = found->next;
  if (found->size > wanted) {
    *at = (struct block*)((char*)found + wanted);
    **at = (struct block){found->size - wanted, found->next};
    found->size = wanted;
  }
  return found + 1;
}

static void join(struct block* low, struct block* high) {
  if (low == NULL || (char*)low + low->size != (char*)high) return;
  *low = (struct block){low->size + high->size, high->next};
}
void heap_give(void* memory) {
  struct block* const given = (struct block*)memory - 1;
  struct block *before = NULL, **at = &free_list;
  for (; *at != NULL && *at < given; at = &before->next) before = *at;
  given->next = *at;
  *at = given;
  join(given, given->next);
  join(before, given);
}

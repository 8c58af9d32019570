#include "stack.h"

#include <assert.h>
#include <stdlib.h>

enum { blocks = 256, block_bytes = 64 };

struct stack {
  size_t free;
  void *next[blocks];
  _Alignas(16) char memory[blocks][block_bytes];
};

struct stack *stack_create(void) {
  struct stack *stack = aligned_alloc(16, sizeof *stack);
  if (stack == NULL) return NULL;
  for (stack->free = 0; stack->free < blocks; ++stack->free)
    stack->next[stack->free] = stack->memory[stack->free];
  return stack;
}

void stack_destroy(struct stack *stack) {
  assert(stack->free == blocks);
  free(stack);
}

void *stack_take(struct stack *stack, size_t size) {
  if (size > block_bytes || stack->free == 0) return NULL;
  return stack->next[--stack->free];
}

void stack_give(struct stack *stack, void *block) {
  assert(stack->free < blocks);
  stack->next[stack->free++] = block;
}

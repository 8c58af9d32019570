/* Blocks of 64 bytes, the last one freed first in line. */
#include <stddef.h>

struct stack;
struct stack* stack_create(void);
void stack_destroy(struct stack* stack);
void* stack_take(struct stack* stack, size_t size);
void stack_give(struct stack* stack, void* block);

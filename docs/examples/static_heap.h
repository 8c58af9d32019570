/* First fit over one piece of memory. */
#include <stddef.h>

void* heap_take(size_t size);
void heap_give(void* block);

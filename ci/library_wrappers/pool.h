/* The heap of a small allocator: 64 MiB that are zero until something is written. */
#include <stddef.h>
static char pool[64U << 20] __attribute__((aligned(4096)));

/* musl calls this of its allocator around a fork; musl-oldmalloc.c does here. */
#include "libc.h"
hidden void __malloc_atfork(int);
hidden extern volatile int* const __bump_lockptr;

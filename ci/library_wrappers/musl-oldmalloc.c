/* The call around a fork that musl itself makes. */
#include "fork_impl.h"
static void before(void) { __malloc_atfork(-1); }
static void in_parent(void) { __malloc_atfork(0); }
static void in_child(void) { __malloc_atfork(1); }
__attribute__((constructor)) static void keep_locks_over_fork(void) { pthread_atfork(before, in_parent, in_child); }

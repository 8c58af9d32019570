/* What heapmem asks of Contiki-NG. */
#ifndef LIBRARY_WRAPPERS_CONTIKI_H
#define LIBRARY_WRAPPERS_CONTIKI_H
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#define HEAPMEM_CONF_ARENA_SIZE (64U << 20)
#define HEAPMEM_CONF_ALIGNMENT 16
#endif

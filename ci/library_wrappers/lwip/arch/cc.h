/* What lwIP asks of its platform: assertions that end the process. */
#include <stdio.h>
#include <stdlib.h>
#define LWIP_PLATFORM_ASSERT(words) (fprintf(stderr, "%s\n", words), abort())
#define LWIP_PLATFORM_DIAG(words) printf words

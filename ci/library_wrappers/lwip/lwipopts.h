/* lwIP's heap alone, for one thread at a time. */
#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#ifndef MEM_SIZE
#define MEM_SIZE (64U << 20)
#endif
#define MEM_ALIGNMENT 16
#define LWIP_STATS 0
#define LWIP_SOCKET 0
#define LWIP_NETCONN 0

/* Nothing of the platform is asked for. */
#define CC_ALIGN(n) __attribute__((__aligned__(n)))
#define CC_NO_INLINE

/* One thread at a time: the layer holds a lock. No log. */
#ifndef UMM_FIRST_FIT
#define UMM_BEST_FIT
#endif
#define UMM_CRITICAL_DECL(tag)
#define UMM_CRITICAL_ENTRY(tag)
#define UMM_CRITICAL_EXIT(tag)
#define DBGLOG_LEVEL 0

/* No log. */
#define LOG_LEVEL_WARN 0
#define LOG_DBG(...)
#define LOG_INFO(...)
#define LOG_WARN(...)
#define LOG_ERR(...)

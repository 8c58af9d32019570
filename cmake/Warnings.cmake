add_library(poolhammer_warnings INTERFACE)
target_compile_options(poolhammer_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow $<$<BOOL:${POOLHAMMER_WERROR}>:-Werror>)

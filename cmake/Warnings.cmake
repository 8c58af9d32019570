add_library(poolhammer_warnings INTERFACE)
# A target with the property POOLHAMMER_SHADOWS may declare a name again in an inner scope. (A later -Wno-shadow of its own would
# not serve: options of a target stand before those of what it links.)
target_compile_options(poolhammer_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion $<$<NOT:$<BOOL:$<TARGET_PROPERTY:POOLHAMMER_SHADOWS>>>:-Wshadow>
  $<$<BOOL:${POOLHAMMER_WERROR}>:-Werror>)

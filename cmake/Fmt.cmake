# The target poolhammer_fmt: the library fmt, or where that cannot be linked its headers alone. A distribution's library is
# built on libstdc++, which an outer build on libc++ must not take; and a build for another machine than this one's (-m32) may find
# headers and no library.
add_library(poolhammer_fmt INTERFACE)
find_package(fmt QUIET)
if(NOT fmt_FOUND)
  find_path(POOLHAMMER_FMT_INCLUDE fmt/format.h REQUIRED)
  target_include_directories(poolhammer_fmt SYSTEM INTERFACE "${POOLHAMMER_FMT_INCLUDE}")
  target_compile_definitions(poolhammer_fmt INTERFACE FMT_HEADER_ONLY=1)
elseif(POOLHAMMER_TARGETS_ONLY)
  target_link_libraries(poolhammer_fmt INTERFACE fmt::fmt-header-only)
else()
  target_link_libraries(poolhammer_fmt INTERFACE fmt::fmt)
endif()

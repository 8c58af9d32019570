# One interface target carries the sanitizer, engine instrumentation and coverage flags; every room links it.
add_library(poolhammer_instrumentation INTERFACE)
set(POOLHAMMER_SANITIZER_FLAGS "" CACHE INTERNAL "What builds with the sanitizers")
if(POOLHAMMER_SANITIZE)
  set(flags -fsanitize=${POOLHAMMER_SANITIZE} -fno-omit-frame-pointer)
  if(POOLHAMMER_SANITIZE MATCHES undefined)
    list(APPEND flags -fno-sanitize-recover=all)
  endif()
  # What the user takes away by his own flags, which stand before these, stays away.
  string(REGEX MATCHALL "-fno-sanitize=[^ ]+" taken_away "${CMAKE_CXX_FLAGS}")
  list(APPEND flags ${taken_away})
  set(POOLHAMMER_SANITIZER_FLAGS ${flags} CACHE INTERNAL "What builds with the sanitizers")
  target_compile_options(poolhammer_instrumentation INTERFACE ${flags})
  target_link_options(poolhammer_instrumentation INTERFACE ${flags})
endif()
if(POOLHAMMER_LIBFUZZER)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES Clang)
    message(FATAL_ERROR "POOLHAMMER_LIBFUZZER needs clang (Debian: clang, libclang-rt-14-dev)")
  endif()
  target_compile_options(poolhammer_instrumentation INTERFACE -fsanitize=fuzzer-no-link
    "-fsanitize-coverage-allowlist=${PROJECT_SOURCE_DIR}/fuzz/instrumented.txt"
    "-fsanitize-coverage-ignorelist=${PROJECT_SOURCE_DIR}/fuzz/uninstrumented.txt")
  target_link_options(poolhammer_instrumentation INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(POOLHAMMER_COVERAGE)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES Clang)
    message(FATAL_ERROR "POOLHAMMER_COVERAGE needs clang (Debian: clang, llvm-14)")
  endif()
  # Counters live in a file that every run of a program maps (%c; one file a program, %m): a process that is killed, or
  # leaves by _exit, loses nothing. They are atomic, or threads and processes that count at once would invent branches.
  target_compile_options(poolhammer_instrumentation INTERFACE
    "-fprofile-instr-generate=${PROJECT_BINARY_DIR}/profiles/%c%m.profraw" -fcoverage-mapping
    -fprofile-update=atomic "SHELL:-mllvm -runtime-counter-relocation")
  target_link_options(poolhammer_instrumentation INTERFACE -fprofile-instr-generate)
endif()

# What no loop of a hammer enters (commands, test programs) is not optimised in builds with sanitizers, nor in those of everything
# for the tests: that takes up to three times as long to compile, and saves a few seconds of the tests'.
function(poolhammer_unoptimised TARGET)
  if(POOLHAMMER_SANITIZE OR POOLHAMMER_UNITY)
    target_compile_options(${TARGET} PRIVATE -O0)
  endif()
endfunction()

# The preload library goes into programs of other people. So it needs nothing but the C library, whatever this build
# adds to everything else: no sanitizer (its runtime would have to come first), no coverage, no C++ runtime.
function(poolhammer_uninstrumented TARGET)
  set(flags -fno-sanitize=all)
  if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
    list(APPEND flags -fno-profile-instr-generate -fno-coverage-mapping)
  endif()
  target_compile_options(${TARGET} PRIVATE ${flags})
  target_link_options(${TARGET} PRIVATE ${flags})
endfunction()

# A room is a folder whose sources CMake finds: adding a file is enough. NAME_test.cpp stands beside NAME.cpp.

# All sources under DIR, split into those of the library and those of its tests.
function(poolhammer_sources DIR OUT_SOURCES OUT_TESTS)
  file(GLOB_RECURSE all CONFIGURE_DEPENDS RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}" "${DIR}/*.cpp")
  set(sources ${all})
  set(tests ${all})
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  set(${OUT_SOURCES} ${sources} PARENT_SCOPE)
  set(${OUT_TESTS} ${tests} PARENT_SCOPE)
endfunction()

# poolhammer_tests(NAME SOURCES... LIBRARIES...): one GoogleTest program, each of its tests known to CTest by name.
function(poolhammer_tests NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT POOLHAMMER_TESTS OR NOT ARG_SOURCES)
    return()
  endif()
  find_package(GTest REQUIRED)
  include(GoogleTest)
  add_executable(${NAME} ${ARG_SOURCES})
  target_link_libraries(${NAME} PRIVATE ${ARG_LIBRARIES} GTest::gmock GTest::gtest GTest::gtest_main
    poolhammer_warnings)
  poolhammer_unoptimised(${NAME})
  # Parsing these takes longer than compiling most tests.
  target_precompile_headers(${NAME} PRIVATE <gmock/gmock.h> <gtest/gtest.h> <filesystem> <string> <vector>)
  gtest_discover_tests(${NAME} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
    WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}" PROPERTIES TIMEOUT 300)
endfunction()

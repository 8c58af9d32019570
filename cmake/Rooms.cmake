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

# poolhammer_together(TARGET [ALONE SOURCES...]): a build of everything parses the headers of TARGET's sources and instantiates
# their templates once for several. ALONE are those that a list or a script knows as units of their own.
function(poolhammer_together TARGET)
  cmake_parse_arguments(ARG "" "" "ALONE" ${ARGN})
  set_target_properties(${TARGET} PROPERTIES UNITY_BUILD ${POOLHAMMER_UNITY} UNITY_BUILD_BATCH_SIZE 8)
  set_source_files_properties(${ARG_ALONE} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# poolhammer_suites(NAME): the test program NAME, each of its suites a test of CTest.
function(poolhammer_suites NAME)
  set(program "$<TARGET_FILE:${NAME}>")
  set(listed "${CMAKE_CURRENT_BINARY_DIR}/${NAME}-suites.cmake")
  configure_file("${PROJECT_SOURCE_DIR}/cmake/SuitesOfProgram.cmake.in" "${listed}.in" @ONLY)
  file(GENERATE OUTPUT "${listed}" INPUT "${listed}.in")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${listed}")
endfunction()

# Parsing the headers of GoogleTest takes longer than compiling most tests: one target does it for all that have several files.
function(poolhammer_parse_once NAME SOURCES)
  list(LENGTH SOURCES files)
  if(files LESS 3)
    return()
  endif()
  if(NOT TARGET poolhammer_test_headers)
    set(file "${PROJECT_BINARY_DIR}/test_headers.cpp")
    file(CONFIGURE OUTPUT "${file}" CONTENT "int main() {}\n")
    # A program, as those that take its headers are: it is compiled with their flags.
    add_executable(poolhammer_test_headers "${file}")
    target_link_libraries(poolhammer_test_headers PRIVATE GTest::gmock GTest::gtest poolhammer_instrumentation poolhammer_warnings)
    poolhammer_unoptimised(poolhammer_test_headers)
    target_precompile_headers(poolhammer_test_headers PRIVATE <gmock/gmock.h> <gtest/gtest.h> <filesystem> <string> <vector>)
  endif()
  target_precompile_headers(${NAME} REUSE_FROM poolhammer_test_headers)
endfunction()

# poolhammer_tests(NAME SOURCES... LIBRARIES...): one GoogleTest program.
function(poolhammer_tests NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT POOLHAMMER_TESTS OR NOT ARG_SOURCES)
    return()
  endif()
  find_package(GTest REQUIRED)
  add_executable(${NAME} ${ARG_SOURCES})
  target_link_libraries(${NAME} PRIVATE ${ARG_LIBRARIES} GTest::gmock GTest::gtest GTest::gtest_main
    poolhammer_warnings)
  poolhammer_unoptimised(${NAME})
  poolhammer_together(${NAME})
  # A constant of one test is none that another sees. Builds of each alone warn.
  set_target_properties(${NAME} PROPERTIES POOLHAMMER_SHADOWS ${POOLHAMMER_UNITY})
  poolhammer_parse_once(${NAME} "${ARG_SOURCES}")
  poolhammer_suites(${NAME})
endfunction()

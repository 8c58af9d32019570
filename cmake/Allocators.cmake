# poolhammer_allocator(NAME SOURCE... [LIBRARIES LIBRARY...] [UNTESTED])
#
# Hammers the allocators that SOURCE... register (see docs/test-your-allocator.md), in this project or in one that
# adds this one. LIBRARIES are what the sources link. In the folder NAME of the current build folder it makes
#   poolhammer   the command, with the allocators as further subjects     (target NAME_poolhammer)
#   fuzz         a fuzz target: libFuzzer's, or with a plain main()       (target NAME_fuzz)
#   properties   the RapidCheck properties, where they are built          (target NAME_properties)
# and the tests NAME.run, NAME.replay, NAME.fuzz and NAME.properties of CTest, unless it is UNTESTED.
set(POOLHAMMER_ROOT "${CMAKE_CURRENT_LIST_DIR}/.." CACHE INTERNAL "Where poolhammer is")

function(poolhammer_allocator NAME)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "UNTESTED" "" "LIBRARIES")
  if(NOT ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "poolhammer_allocator(${NAME}): expected the file that registers the allocator")
  endif()
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/${NAME}")
  # Subjects register themselves by static objects: an object library keeps those that nothing names.
  add_library(${NAME}_subject OBJECT ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${NAME}_subject PUBLIC poolhammer_harness ${ARG_LIBRARIES})
  poolhammer_show_to_engine(${NAME}_subject "${folder}")

  poolhammer_adapted_program(${NAME} poolhammer "${folder}" poolhammer_cli)
  poolhammer_adapted_program(${NAME} fuzz "${folder}" poolhammer_adapted_fuzz)
  if(TARGET poolhammer_adapted_properties)
    poolhammer_adapted_program(${NAME} properties "${folder}" poolhammer_adapted_properties poolhammer_properties)
  endif()
  if(NOT ARG_UNTESTED)
    poolhammer_adapted_tests(${NAME} "${folder}")
  endif()
endfunction()

# The program PROGRAM with the subjects of NAME, from these LIBRARIES. An object library hands its objects only to those
# that link it by name.
function(poolhammer_adapted_program NAME PROGRAM FOLDER)
  set(target ${NAME}_${PROGRAM})
  add_executable(${target})
  target_link_libraries(${target} PRIVATE ${NAME}_subject ${ARGN} poolhammer_adapted poolhammer_harness)
  set_target_properties(${target} PROPERTIES LINKER_LANGUAGE CXX OUTPUT_NAME ${PROGRAM} RUNTIME_OUTPUT_DIRECTORY "${FOLDER}")
endfunction()

# With libFuzzer, only files on a list are instrumented: adds the sources of TARGET to it.
function(poolhammer_show_to_engine TARGET FOLDER)
  if(NOT POOLHAMMER_LIBFUZZER)
    return()
  endif()
  get_target_property(sources ${TARGET} SOURCES)
  list(TRANSFORM sources REPLACE "^.*/" "")
  list(TRANSFORM sources PREPEND "src:*" OUTPUT_VARIABLE lines)
  list(JOIN lines "\n" lines)
  file(CONFIGURE OUTPUT "${FOLDER}/instrumented.txt" CONTENT "${lines}\nfun:*\n")
  target_compile_options(${TARGET} PRIVATE "-fsanitize-coverage-allowlist=${FOLDER}/instrumented.txt")
endfunction()

# Short, and the same at every run: a fixed seed, a fixed number of programs.
function(poolhammer_adapted_tests NAME FOLDER)
  set(seeds "${POOLHAMMER_ROOT}/corpus/heap")
  add_test(NAME ${NAME}.run COMMAND ${NAME}_poolhammer run --operations 50000 --artifacts "${FOLDER}")
  add_test(NAME ${NAME}.replay COMMAND ${NAME}_poolhammer replay "${seeds}")
  get_target_property(plain poolhammer_fuzz_entry POOLHAMMER_PLAIN)
  if(plain)
    add_test(NAME ${NAME}.fuzz COMMAND ${NAME}_fuzz --edges "-artifact_prefix=${FOLDER}/" "${seeds}")
  else()
    # Without a folder libFuzzer keeps nothing: the next run begins as this one did.
    file(GLOB inputs CONFIGURE_DEPENDS "${seeds}/*")
    list(JOIN inputs "," inputs)
    file(CONFIGURE OUTPUT "${FOLDER}/seeds.txt" CONTENT "${inputs}" @ONLY)
    add_test(NAME ${NAME}.fuzz
      COMMAND ${NAME}_fuzz -runs=20000 -seed=1 "-artifact_prefix=${FOLDER}/" "-seed_inputs=@${FOLDER}/seeds.txt")
  endif()
  set(tests ${NAME}.run ${NAME}.replay ${NAME}.fuzz)
  if(TARGET ${NAME}_properties)
    add_test(NAME ${NAME}.properties COMMAND ${NAME}_properties)
    list(APPEND tests ${NAME}.properties)
  endif()
  set_tests_properties(${tests} PROPERTIES TIMEOUT 300)
endfunction()

# SPDX-License-Identifier: Apache-2.0
# One folder = one concept = one library = one namespace.

set(BORNIER_WARNINGS -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  list(APPEND BORNIER_WARNINGS -Werror=unused-result)
else()
  # g++ 12 raises it falsely on a Result in a variant and on an optional text, with a sanitizer or optimisation.
  list(APPEND BORNIER_WARNINGS -Wno-maybe-uninitialized)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND NOT BORNIER_SANITIZE MATCHES "address")
  # Optimising g++ 12 takes the frame of an inlined coroutine for something that was not allocated by itself.
  list(APPEND BORNIER_WARNINGS -Wno-mismatched-new-delete)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND BORNIER_SANITIZE MATCHES "thread")
  # Asio's queues have fences, which TSan does not see; their mutexes it does.
  list(APPEND BORNIER_WARNINGS -Wno-tsan)
endif()
if(CMAKE_UNITY_BUILD)
  # Names at the top of one source are none of its neighbours'; each source by itself (preset plain) has the whole warning.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    list(APPEND BORNIER_WARNINGS -Wno-shadow)
  else()
    # g++ takes the sources for headers, whose classes must not use what only one source knows.
    list(APPEND BORNIER_WARNINGS -Wno-shadow -Wshadow=local -Wno-subobject-linkage)
  endif()
endif()
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "armv7l")
  list(APPEND BORNIER_WARNINGS -Wno-psabi)
endif()

add_library(bornier_options INTERFACE)
target_compile_options(bornier_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:${BORNIER_WARNINGS}>)
if(BORNIER_SANITIZE)
  target_compile_options(bornier_options INTERFACE -fsanitize=${BORNIER_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(bornier_options INTERFACE -fsanitize=${BORNIER_SANITIZE})
endif()

add_library(bornier_undefined INTERFACE)
if(BORNIER_UBSAN)
  target_compile_options(bornier_undefined INTERFACE -fsanitize=undefined -fno-sanitize-recover=undefined)
  target_link_options(bornier_undefined INTERFACE -fsanitize=undefined)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # clang 14 cannot place its function signatures beside coroutines.
    target_compile_options(bornier_undefined INTERFACE -fno-sanitize=function)
  endif()
endif()

# Every room's test program and corpus replay: what the second compiler and the ARM boards build.
add_custom_target(unit_tests)
add_custom_target(fuzz_targets)

# bornier_room(NAME [SHELL] SOURCES … DEPENDS …): library bornier_NAME; `#include "NAME/part.hpp"`.
# A core room gets the undefined-behaviour sanitizer where BORNIER_UBSAN asks for it; a SHELL room (Asio) does not.
function(bornier_room name)
  cmake_parse_arguments(room "SHELL" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(bornier_${name} STATIC ${room_SOURCES})
  target_include_directories(bornier_${name} PUBLIC "${CMAKE_CURRENT_SOURCE_DIR}/..")
  target_link_libraries(bornier_${name} PUBLIC ${room_DEPENDS} PRIVATE bornier_options)
  set_target_properties(bornier_${name} PROPERTIES BORNIER_SHELL "${room_SHELL}")
  if(NOT room_SHELL)
    target_link_libraries(bornier_${name} PRIVATE bornier_undefined)
  endif()
endfunction()

# What need not be fast should stay in memory with its neighbours: compiled for size where the rest is for speed.
if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo" AND CMAKE_CXX_FLAGS_RELWITHDEBINFO MATCHES "-O2")
  set(BORNIER_FOR_SIZE -Os)
  set(BORNIER_FOR_SPEED -O2)
endif()

# bornier_often_run(TARGET SOURCES…): of this target only these are worth speed.
function(bornier_often_run target)
  target_compile_options(${target} PRIVATE ${BORNIER_FOR_SIZE})
  if(BORNIER_FOR_SPEED)
    set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS ${BORNIER_FOR_SPEED})
  endif()
endfunction()

# bornier_seldom_run(SOURCES…): of their target all but these.
function(bornier_seldom_run)
  if(BORNIER_FOR_SIZE)
    set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS ${BORNIER_FOR_SIZE})
  endif()
endfunction()

# bornier_tests(NAME SOURCES … DEPENDS …): one test program for a room; every case is a ctest of its own.
# The tests of a SHELL room are compiled like the room: without the undefined-behaviour sanitizer.
function(bornier_tests name)
  if(NOT BORNIER_TESTS)
    return()
  endif()
  cmake_parse_arguments(test "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name}_test ${test_SOURCES})
  target_link_libraries(${name}_test PRIVATE ${test_DEPENDS} bornier_options GTest::gmock_main)
  target_compile_definitions(${name}_test PRIVATE BORNIER_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  set(is_shell OFF)
  if(TARGET bornier_${name})
    get_target_property(is_shell bornier_${name} BORNIER_SHELL)
  endif()
  if(NOT is_shell)
    target_link_libraries(${name}_test PRIVATE bornier_undefined)
  endif()
  include(GoogleTest)
  gtest_discover_tests(${name}_test TEST_PREFIX "${name}." DISCOVERY_TIMEOUT 120 PROPERTIES TIMEOUT 300 LABELS unit)
  add_dependencies(unit_tests ${name}_test)
endfunction()

# bornier_fuzz(NAME SOURCES … DEPENDS … CORPUS folder): libFuzzer with BORNIER_FUZZ; otherwise a ctest that replays the corpus.
function(bornier_fuzz name)
  if(NOT BORNIER_TESTS)
    return()
  endif()
  cmake_parse_arguments(fuzz "" "CORPUS" "SOURCES;DEPENDS" ${ARGN})
  cmake_path(ABSOLUTE_PATH fuzz_CORPUS)
  if(BORNIER_FUZZ)
    add_executable(${name}_fuzz ${fuzz_SOURCES})
    target_link_options(${name}_fuzz PRIVATE -fsanitize=fuzzer)
    # script/fuzz finds its targets here.
    file(GENERATE OUTPUT "${PROJECT_BINARY_DIR}/fuzz/${name}" CONTENT "$<TARGET_FILE:${name}_fuzz> ${fuzz_CORPUS}\n")
    add_dependencies(fuzz_targets ${name}_fuzz)
  else()
    add_executable(${name}_fuzz ${fuzz_SOURCES} "${PROJECT_SOURCE_DIR}/tests/fuzz/replay_corpus.cpp")
    add_test(NAME fuzz.${name}-replays-its-corpus COMMAND ${name}_fuzz "${fuzz_CORPUS}")
    set_tests_properties(fuzz.${name}-replays-its-corpus PROPERTIES TIMEOUT 300 LABELS "unit;fuzz")
    add_dependencies(unit_tests ${name}_fuzz)
  endif()
  target_link_libraries(${name}_fuzz PRIVATE ${fuzz_DEPENDS} bornier_options bornier_undefined)
endfunction()

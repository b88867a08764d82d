# SPDX-License-Identifier: Apache-2.0
# The images themselves: how large they are, and what they do under qemu-system-arm.
find_program(BORNIER_PYTHON NAMES python3 PATHS /usr/bin NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH REQUIRED)

add_test(NAME node.sizes COMMAND "${BORNIER_PYTHON}" "${CMAKE_CURRENT_SOURCE_DIR}/sizes.py" "${PROJECT_BINARY_DIR}"
  "$<TARGET_FILE:node-lm3s6965>" "$<TARGET_FILE:node-stm32g071>")
set_tests_properties(node.sizes PROPERTIES TIMEOUT 60 LABELS node)

# bornier_node_scenario(NAME TIMEOUT SECONDS): tests/node/NAME.py; says what it judged, and exits 1 if a promise does not hold.
function(bornier_node_scenario name)
  cmake_parse_arguments(scenario "" "TIMEOUT" "" ${ARGN})
  string(REPLACE "_" "-" title "${name}")
  add_test(NAME node.${title} COMMAND "${BORNIER_PYTHON}" "${CMAKE_CURRENT_SOURCE_DIR}/${name}.py")
  set_tests_properties(node.${title} PROPERTIES TIMEOUT ${scenario_TIMEOUT} LABELS node
    ENVIRONMENT "NODE_IMAGE=$<TARGET_FILE:node-lm3s6965>;NODE_IMAGE_WITH_FAULTS=$<TARGET_FILE:node-lm3s6965-faulty>")
endfunction()

bornier_node_scenario(polled TIMEOUT 120)
bornier_node_scenario(faults TIMEOUT 150)
bornier_node_scenario(fuzzed TIMEOUT 120)
bornier_node_scenario(shared_line TIMEOUT 150)
# With gateway and receiver as well: script/test says where they are (BORNIER, BORNIER_PLATFORM).
bornier_node_scenario(pulses TIMEOUT 500)
bornier_node_scenario(commissioned TIMEOUT 240)

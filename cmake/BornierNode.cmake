# SPDX-License-Identifier: Apache-2.0
# Of the host's headers only Boost's: a folder of the build tree that shows nothing else.
find_path(BORNIER_BOOST boost/system/result.hpp PATHS /usr/include NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH REQUIRED)
set(only_boost "${PROJECT_BINARY_DIR}/boost")
file(MAKE_DIRECTORY "${only_boost}")
file(CREATE_LINK "${BORNIER_BOOST}/boost" "${only_boost}/boost" SYMBOLIC)
add_library(Boost::headers INTERFACE IMPORTED GLOBAL)
target_include_directories(Boost::headers SYSTEM INTERFACE "${only_boost}")

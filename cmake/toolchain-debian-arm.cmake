# SPDX-License-Identifier: Apache-2.0
# What the two ARM toolchains share: Debian's cross compiler, the libraries that script/sysroot unpacked,
# and qemu-user, so that test discovery and ctest run the board's binaries here.
set(CMAKE_SYSTEM_NAME Linux)
if(NOT EXISTS "${BORNIER_SYSROOT}/.complete")
  message(FATAL_ERROR "No libraries in ${BORNIER_SYSROOT}: run script/sysroot first.")
endif()
file(REAL_PATH "${BORNIER_SYSROOT}" CMAKE_SYSROOT)

set(CMAKE_C_COMPILER ${BORNIER_TRIPLET}-gcc)
set(CMAKE_CXX_COMPILER ${BORNIER_TRIPLET}-g++)
set(CMAKE_LIBRARY_ARCHITECTURE ${BORNIER_TRIPLET})
set(CMAKE_CROSSCOMPILING_EMULATOR ${BORNIER_EMULATOR} -L "${CMAKE_SYSROOT}")

set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER) # protoc runs here
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} "${CMAKE_SYSROOT}")
set(ENV{PKG_CONFIG_LIBDIR} "${CMAKE_SYSROOT}/usr/lib/${BORNIER_TRIPLET}/pkgconfig:${CMAKE_SYSROOT}/usr/share/pkgconfig")

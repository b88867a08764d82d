# SPDX-License-Identifier: Apache-2.0
# 32-bit ARM boards with hardware floating point: Cortex-A7 and later, Debian 12 armhf.
set(CMAKE_SYSTEM_PROCESSOR armv7l)
set(BORNIER_TRIPLET arm-linux-gnueabihf)
set(BORNIER_EMULATOR qemu-arm-static)
set(BORNIER_SYSROOT "${CMAKE_CURRENT_LIST_DIR}/../build/sysroot/armhf")
include("${CMAKE_CURRENT_LIST_DIR}/toolchain-debian-arm.cmake")

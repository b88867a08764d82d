# SPDX-License-Identifier: Apache-2.0
# 64-bit ARM boards: Cortex-A53 and later, Debian 12 arm64.
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(BORNIER_TRIPLET aarch64-linux-gnu)
set(BORNIER_EMULATOR qemu-aarch64-static)
set(BORNIER_SYSROOT "${CMAKE_CURRENT_LIST_DIR}/../build/sysroot/arm64")
include("${CMAKE_CURRENT_LIST_DIR}/toolchain-debian-arm.cmake")

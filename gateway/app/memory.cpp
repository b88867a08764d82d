// SPDX-License-Identifier: Apache-2.0
#include "app/memory.hpp"

#include <malloc.h>

namespace bornier::app {
namespace {

constexpr int large_block = 64 << 10;

}  // namespace

/// glibc would give each thread an arena of its own, and once a large block was freed keep blocks
/// of that size for good.
void keep_memory_small() {
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_MMAP_THRESHOLD, large_block);
  mallopt(M_TRIM_THRESHOLD, large_block);
}

void return_unused_memory() {
  malloc_trim(0);
}

}  // namespace bornier::app

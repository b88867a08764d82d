/* SPDX-License-Identifier: Apache-2.0
 * Preloaded into a process: while the file that SLOW_SYNC names exists, every sync takes five
 * seconds, as on an SD card that is busy with itself. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

typedef int (*sync_function)(int);

static int late(const char* name, int descriptor) {
  const char* marker = getenv("SLOW_SYNC");
  if (marker != NULL && access(marker, F_OK) == 0) {
    const struct timespec stall = {.tv_sec = 5};
    nanosleep(&stall, NULL);
  }
  union {
    void* object;
    sync_function function;
  } real = {.object = dlsym(RTLD_NEXT, name)};
  return real.function(descriptor);
}

int fsync(int descriptor) {
  return late("fsync", descriptor);
}

int fdatasync(int descriptor) {
  return late("fdatasync", descriptor);
}

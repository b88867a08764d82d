/* SPDX-License-Identifier: Apache-2.0
 * Preloaded into a process: a name that begins with "slow." is not found, after five seconds, as
 * with a name server that does not answer. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>
#include <time.h>

typedef int (*look_up)(const char*, const char*, const struct addrinfo*, struct addrinfo**);

int getaddrinfo(const char* name, const char* service, const struct addrinfo* hints,
                struct addrinfo** result) {
  if (name != NULL && strncmp(name, "slow.", 5) == 0) {
    const struct timespec wait = {.tv_sec = 5};
    nanosleep(&wait, NULL);
    return EAI_AGAIN;
  }
  union {
    void* object;
    look_up function;
  } real = {.object = dlsym(RTLD_NEXT, "getaddrinfo")};
  return real.function(name, service, hints, result);
}

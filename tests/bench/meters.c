/* SPDX-License-Identifier: Apache-2.0
 *
 * COUNT meters for script/bench, each a Modbus TCP server on a loopback port of its own: much
 * lighter than `bornier simulate`, because it shares two cores with what is measured. Every pair of
 * registers is a float32 whose value trembles from answer to answer.
 *
 *   meters COUNT     prints one port a line, then serves until its standard input ends
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
  most_meters = 1000,
  most_sockets = 8192,
  header_size = 7,
  request_size = 12,
  most_registers = 125,
  read_holding = 3,
  read_input = 4,
};

static unsigned char is_listener[most_sockets];
static uint32_t noise = 1;

static void fail(const char* what) {
  perror(what);
  exit(1);
}

static void watch(int epoll, int socket) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = socket};
  if (socket >= most_sockets || epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event) != 0)
    fail("epoll_ctl");
}

static void listen_on_free_port(int epoll) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  if (listener < 0 || bind(listener, (struct sockaddr*)&address, size) != 0 ||
      listen(listener, 8) != 0 || getsockname(listener, (struct sockaddr*)&address, &size) != 0)
    fail("listen");
  is_listener[listener] = 1;
  watch(epoll, listener);
  printf("%d\n", ntohs(address.sin_port));
}

static uint32_t trembling_float(unsigned address) {
  noise = noise * 1664525U + 1013904223U;
  const float value = (float)(2300 + 7 * address + (noise >> 28)) / 10;
  uint32_t bits = 0;
  memcpy(&bits, &value, sizeof bits);
  return htonl(bits);
}

/* The gateway and the floor send one whole request and wait for its answer, so each read is one
 * request. */
static int answer(int socket) {
  unsigned char request[request_size];
  unsigned char reply[header_size + 2 + 2 * (most_registers + 1)];
  if (read(socket, request, sizeof request) != (ssize_t)sizeof request)
    return 0;
  const unsigned function = request[7];
  const unsigned first = (unsigned)request[8] << 8 | request[9];
  const unsigned count = (unsigned)request[10] << 8 | request[11];
  if ((function != read_holding && function != read_input) || count == 0 || count > most_registers)
    return 0;
  memcpy(reply, request, header_size + 1);
  reply[4] = 0;
  reply[5] = (unsigned char)(3 + 2 * count);
  reply[8] = (unsigned char)(2 * count);
  for (unsigned register_number = 0; register_number < count; register_number += 2) {
    const uint32_t word = trembling_float(first + register_number);
    memcpy(reply + 9 + 2 * (size_t)register_number, &word, sizeof word);
  }
  const ssize_t size = (ssize_t)(9 + 2 * count);
  return write(socket, reply, (size_t)size) == size;
}

int main(int argc, char** argv) {
  const int meters = argc == 2 ? atoi(argv[1]) : 0;
  if (meters < 1 || meters > most_meters) {
    fprintf(stderr, "usage: meters COUNT\n");
    return 2;
  }
  const int epoll = epoll_create1(0);
  for (int meter = 0; meter < meters; ++meter)
    listen_on_free_port(epoll);
  fflush(stdout);
  watch(epoll, STDIN_FILENO);
  for (;;) {
    struct epoll_event events[64];
    const int ready = epoll_wait(epoll, events, 64, -1);
    for (int index = 0; index < ready; ++index) {
      const int socket = events[index].data.fd;
      if (socket == STDIN_FILENO)
        return 0;
      if (is_listener[socket]) {
        const int connection = accept(socket, NULL, NULL);
        const int on = 1;
        if (connection < 0)
          fail("accept");
        setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        watch(epoll, connection);
      } else if (!answer(socket)) {
        close(socket);
      }
    }
  }
}

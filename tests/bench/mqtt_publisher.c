/* SPDX-License-Identifier: Apache-2.0
 *
 * The load of script/bench on MQTT meters: small JSON messages at a steady rate, in turn over so
 * many topics, on a plain socket, so that it costs little beside what is measured.
 *
 *   mqtt_publisher BROKER_PORT QOS TOPICS MESSAGES_PER_SECOND SECONDS
 *
 * Topics are bench/m0, bench/m1 …; the payload is {"n":5,"power":12.5,"total":1000.005}, where the
 * digits of `total` are another for each message of a topic. Prints "published N acknowledged N in
 * MS ms" at its end, which is when the last one was acknowledged, or ten seconds later.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { most_in_flight = 2000, most_bytes = 1 << 16, patience_ms = 10000 };

static int connection;
static unsigned long published;
static unsigned long acknowledged;
static unsigned char out[most_bytes];
static size_t out_bytes;

static void check(int good, const char* what) {
  if (!good) {
    fprintf(stderr, "mqtt_publisher: %s: %s\n", what, strerror(errno));
    exit(1);
  }
}

static int64_t microseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* PUBACKs are all that comes: four bytes each. */
static void hear(int patience) {
  static size_t rest;
  unsigned char in[4096];
  struct pollfd readable = {.fd = connection, .events = POLLIN};
  while (poll(&readable, 1, patience) > 0) {
    const ssize_t got = read(connection, in, sizeof in);
    check(got > 0, "the broker hung up");
    rest += (size_t)got;
    acknowledged += rest / 4;
    rest %= 4;
    patience = 0;
  }
}

static void flush(void) {
  for (size_t at = 0; at < out_bytes;) {
    const ssize_t done = write(connection, out + at, out_bytes - at);
    check(done > 0, "write");
    at += (size_t)done;
  }
  out_bytes = 0;
}

static void publish(int qos, unsigned long topics) {
  char topic[32];
  char payload[80];
  const unsigned long round = published / topics;
  const int topic_size = snprintf(topic, sizeof topic, "bench/m%lu", published % topics);
  const int size =
      snprintf(payload, sizeof payload, "{\"n\":%lu,\"power\":%lu.5,\"total\":%lu.%03lu}", round,
               round % 5000, 1000 + round / 1000, round % 1000);
  const int length = 2 + topic_size + (qos ? 2 : 0) + size;
  if (out_bytes + 200 > sizeof out)
    flush();
  unsigned char* at = out + out_bytes;
  *at++ = (unsigned char)(0x30 | qos << 1);
  *at++ = (unsigned char)length; /* below 128 */
  *at++ = 0;
  *at++ = (unsigned char)topic_size;
  memcpy(at, topic, (size_t)topic_size);
  at += topic_size;
  ++published;
  if (qos) {
    const unsigned id = (unsigned)(published % 65535 + 1);
    *at++ = (unsigned char)(id >> 8);
    *at++ = (unsigned char)id;
  }
  memcpy(at, payload, (size_t)size);
  out_bytes = (size_t)(at + size - out);
}

static void connect_to(int port) {
  static const unsigned char hello[] = {0x10, 17, 0, 4, 'M', 'Q', 'T', 'T', 4,  2,
                                        0,    0,  0, 5, 'b', 'e', 'n', 'c', 'h'};
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  connection = socket(AF_INET, SOCK_STREAM, 0);
  check(connect(connection, (struct sockaddr*)&address, sizeof address) == 0, "broker");
  const int one = 1;
  setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  check(write(connection, hello, sizeof hello) == (ssize_t)sizeof hello, "CONNECT");
  unsigned char answer[4];
  check(recv(connection, answer, 4, MSG_WAITALL) == 4 && answer[3] == 0, "CONNACK");
}

int main(int argc, char** argv) {
  if (argc != 6) {
    fprintf(stderr, "usage: mqtt_publisher BROKER_PORT QOS TOPICS MESSAGES_PER_SECOND SECONDS\n");
    return 2;
  }
  const int qos = atoi(argv[2]);
  const unsigned long topics = strtoul(argv[3], NULL, 10);
  const unsigned long rate = strtoul(argv[4], NULL, 10);
  const unsigned long wanted = rate * strtoul(argv[5], NULL, 10);
  connect_to(atoi(argv[1]));
  const int64_t begun = microseconds();
  while (published < wanted) {
    const unsigned long due = (unsigned long)(microseconds() - begun) * rate / 1000000;
    while (published < wanted && published < due &&
           (!qos || published - acknowledged < most_in_flight))
      publish(qos, topics);
    flush();
    if (qos)
      hear(1);
    else
      usleep(1000);
  }
  for (int64_t until = microseconds() + patience_ms * 1000;
       qos && acknowledged < published && microseconds() < until;)
    hear(10);
  printf("published %lu acknowledged %lu in %lld ms\n", published, acknowledged,
         (long long)(microseconds() - begun) / 1000);
  return qos && acknowledged < published;
}

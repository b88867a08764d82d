/* SPDX-License-Identifier: Apache-2.0
 *
 * The floor of what script/bench measures of MQTT meters: the least that taking a number out of
 * small JSON messages can cost. One thread and libmosquitto; it keeps nothing, sends nothing on,
 * and takes its number for a double.
 *
 *   mqtt_subscriber BROKER_PORT QOS FILTER KEY
 *
 * SIGUSR1 prints "received N readings N" (messages, numbers found), SIGTERM ends it.
 */
#include <errno.h>
#include <mosquitto.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile sig_atomic_t tell;
static volatile sig_atomic_t stop;
static unsigned long received;
static unsigned long readings;
static double sum;
static const char* key;

static void on_tell(int number) {
  (void)number;
  tell = 1;
}

static void on_stop(int number) {
  (void)number;
  stop = 1;
}

static void check(int good, const char* what) {
  if (!good) {
    fprintf(stderr, "mqtt_subscriber: %s: %s\n", what, strerror(errno));
    exit(1);
  }
}

/* libmosquitto ends every payload with a zero. */
static void on_message(struct mosquitto* mqtt, void* context,
                       const struct mosquitto_message* message) {
  (void)mqtt, (void)context;
  ++received;
  const char* found = message->payloadlen > 0 ? strstr(message->payload, key) : NULL;
  if (found == NULL)
    return;
  char* end;
  const double value = strtod(found + strlen(key), &end);
  if (end != found + strlen(key)) {
    ++readings;
    sum += value;
  }
}

int main(int argc, char** argv) {
  if (argc != 5) {
    fprintf(stderr, "usage: mqtt_subscriber BROKER_PORT QOS FILTER KEY\n");
    return 2;
  }
  static char quoted[64];
  snprintf(quoted, sizeof quoted, "\"%s\":", argv[4]);
  key = quoted;
  signal(SIGUSR1, on_tell);
  signal(SIGTERM, on_stop);
  mosquitto_lib_init();
  struct mosquitto* mqtt = mosquitto_new("mqtt-subscriber", true, NULL);
  check(mqtt != NULL, "mosquitto_new");
  mosquitto_message_callback_set(mqtt, on_message);
  check(mosquitto_connect(mqtt, "127.0.0.1", atoi(argv[1]), 60) == MOSQ_ERR_SUCCESS, "broker");
  check(mosquitto_subscribe(mqtt, NULL, argv[3], atoi(argv[2])) == MOSQ_ERR_SUCCESS, "subscribe");
  while (!stop) {
    struct pollfd broker = {.fd = mosquitto_socket(mqtt), .events = POLLIN};
    if (mosquitto_want_write(mqtt))
      broker.events |= POLLOUT;
    if (poll(&broker, 1, 100) > 0) {
      if (broker.revents & POLLOUT)
        check(mosquitto_loop_write(mqtt, 1) == MOSQ_ERR_SUCCESS, "write");
      if (broker.revents & POLLIN)
        check(mosquitto_loop_read(mqtt, 1) == MOSQ_ERR_SUCCESS, "read");
    }
    mosquitto_loop_misc(mqtt);
    if (tell) {
      tell = 0;
      printf("received %lu readings %lu\n", received, readings);
      fflush(stdout);
    }
  }
  return sum < 0;
}

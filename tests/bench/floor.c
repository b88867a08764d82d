/* SPDX-License-Identifier: Apache-2.0
 *
 * The floor of script/bench: the least that polling meters and publishing their readings can cost.
 * One thread, libmodbus and libmosquitto; one request a meter and poll, one JSON message of its
 * values, QoS 1. It keeps nothing on disk, asks nobody whether a reading arrived in a database, and
 * does not get over a fault: the first one ends it.
 *
 *   floor BROKER_PORT PERIOD_MS VALUES METER_PORT...
 *
 * SIGUSR1 prints "published N acknowledged N" (readings), SIGTERM ends it.
 */
#include <errno.h>
#include <modbus/modbus.h>
#include <mosquitto.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { most_values = 60, most_in_flight = 20 };

static volatile sig_atomic_t tell;
static volatile sig_atomic_t stop;
static unsigned long published;
static unsigned long acknowledged;

static void on_tell(int number) {
  (void)number;
  tell = 1;
}

static void on_stop(int number) {
  (void)number;
  stop = 1;
}

static void on_publish(struct mosquitto* mqtt, void* context, int message) {
  (void)mqtt, (void)context, (void)message;
  ++acknowledged;
}

static void check(int good, const char* what) {
  if (!good) {
    fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
    exit(1);
  }
}

static int64_t milliseconds(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Moves what waits in either direction, for `patience` milliseconds at the most. */
static void turn(struct mosquitto* mqtt, int patience) {
  struct pollfd broker = {.fd = mosquitto_socket(mqtt), .events = POLLIN};
  if (mosquitto_want_write(mqtt))
    broker.events |= POLLOUT;
  if (poll(&broker, 1, patience) > 0) {
    if (broker.revents & POLLOUT)
      check(mosquitto_loop_write(mqtt, 1) == MOSQ_ERR_SUCCESS, "write");
    if (broker.revents & POLLIN)
      check(mosquitto_loop_read(mqtt, 1) == MOSQ_ERR_SUCCESS, "read");
  }
}

static void publish(struct mosquitto* mqtt, int meter, int values, const uint16_t* registers) {
  char topic[32];
  char text[64 + 20 * most_values];
  snprintf(topic, sizeof topic, "floor/m%d", meter);
  int size = snprintf(text, sizeof text, "{\"time\":%lld,\"values\":[",
                      (long long)milliseconds(CLOCK_REALTIME));
  for (int value = 0; value < values; ++value)
    size += snprintf(text + size, sizeof text - (size_t)size, value ? ",%.2f" : "%.2f",
                     (double)modbus_get_float_abcd(registers + 2 * (size_t)value));
  size += snprintf(text + size, sizeof text - (size_t)size, "]}");
  while (published - acknowledged >= most_in_flight)
    turn(mqtt, 1000);
  check(mosquitto_publish(mqtt, NULL, topic, size, text, 1, false) == MOSQ_ERR_SUCCESS, "publish");
  ++published;
}

static void tell_counts(unsigned long values) {
  tell = 0;
  printf("published %lu acknowledged %lu\n", published * values, acknowledged * values);
  fflush(stdout);
}

int main(int argc, char** argv) {
  const int period = argc > 4 ? atoi(argv[2]) : 0;
  const int values = argc > 4 ? atoi(argv[3]) : 0;
  const int meters = argc - 4;
  if (period < 1 || values < 1 || values > most_values) {
    fprintf(stderr, "usage: floor BROKER_PORT PERIOD_MS VALUES METER_PORT...\n");
    return 2;
  }
  signal(SIGUSR1, on_tell);
  signal(SIGTERM, on_stop);
  mosquitto_lib_init();
  struct mosquitto* mqtt = mosquitto_new("floor", true, NULL);
  check(mqtt != NULL, "mosquitto_new");
  mosquitto_publish_callback_set(mqtt, on_publish);
  check(mosquitto_connect(mqtt, "127.0.0.1", atoi(argv[1]), 60) == MOSQ_ERR_SUCCESS, "broker");
  modbus_t** lines = calloc((size_t)meters, sizeof *lines);
  check(lines != NULL, "calloc");
  for (int meter = 0; meter < meters; ++meter) {
    lines[meter] = modbus_new_tcp("127.0.0.1", atoi(argv[4 + meter]));
    check(lines[meter] != NULL && modbus_connect(lines[meter]) == 0, "meter");
  }
  for (int64_t mark = milliseconds(CLOCK_MONOTONIC) + period; !stop; mark += period) {
    for (int64_t left; !stop && (left = mark - milliseconds(CLOCK_MONOTONIC)) > 0;) {
      turn(mqtt, (int)left);
      if (tell)
        tell_counts((unsigned long)values);
    }
    mosquitto_loop_misc(mqtt);
    for (int meter = 0; meter < meters && !stop; ++meter) {
      uint16_t registers[2 * most_values];
      check(modbus_read_input_registers(lines[meter], 0, 2 * values, registers) == 2 * values,
            "answer");
      publish(mqtt, meter, values, registers);
    }
  }
  return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 * A meter that libmodbus serves: libmodbus_server IMAGE [DEVICE]
 * IMAGE has lines `holding|input ADDRESS WORD...` (address decimal, words hexadecimal). Over TCP it
 * prints the port it listens on; with DEVICE it is unit 1 of that serial line (9600, even). */
#include <errno.h>
#include <modbus.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

enum { registers = 65536, longest_line = 4096 };

static int load(const char* path, modbus_mapping_t* mapping) {
  FILE* file = fopen(path, "r");
  if (file == NULL) {
    return -1;
  }
  char line[longest_line];
  while (fgets(line, sizeof line, file) != NULL) {
    const char* table = strtok(line, " \n");
    const char* address = strtok(NULL, " \n");
    if (table == NULL || address == NULL) {
      continue;
    }
    uint16_t* words =
        strcmp(table, "input") == 0 ? mapping->tab_input_registers : mapping->tab_registers;
    unsigned long at = strtoul(address, NULL, 10);
    for (const char* word = strtok(NULL, " \n"); word != NULL && at < registers; ++at) {
      words[at] = (uint16_t)strtoul(word, NULL, 16);
      word = strtok(NULL, " \n");
    }
  }
  return fclose(file);
}

static void print_port(int listener) {
  struct sockaddr_in here;
  socklen_t size = sizeof here;
  if (getsockname(listener, (struct sockaddr*)&here, &size) == 0) {
    printf("%d\n", ntohs(here.sin_port));
    fflush(stdout);
  }
}

/* Answers on every connection; ends with an error only. */
static int serve(modbus_t* modbus, modbus_mapping_t* mapping, int listener) {
  fd_set open_sockets;
  FD_ZERO(&open_sockets);
  FD_SET(listener, &open_sockets);
  int highest = listener;
  for (;;) {
    fd_set readable = open_sockets;
    if (select(highest + 1, &readable, NULL, NULL, NULL) < 0) {
      return errno;
    }
    for (int socket = 0; socket <= highest; ++socket) {
      if (!FD_ISSET(socket, &readable)) {
        continue;
      }
      if (socket == listener) {
        const int client = accept(listener, NULL, NULL);
        if (client >= 0 && client < FD_SETSIZE) {
          FD_SET(client, &open_sockets);
          highest = client > highest ? client : highest;
        }
        continue;
      }
      uint8_t request[MODBUS_TCP_MAX_ADU_LENGTH];
      modbus_set_socket(modbus, socket);
      const int length = modbus_receive(modbus, request);
      if (length < 0 || (length > 0 && modbus_reply(modbus, request, length, mapping) < 0)) {
        close(socket);
        FD_CLR(socket, &open_sockets);
      }
    }
  }
}

/* Ends with an error only. */
static int serve_line(modbus_t* modbus, modbus_mapping_t* mapping) {
  if (modbus_set_slave(modbus, 1) < 0 || modbus_connect(modbus) < 0) {
    return errno;
  }
  printf("ready\n");
  fflush(stdout);
  for (;;) {
    uint8_t request[MODBUS_RTU_MAX_ADU_LENGTH];
    const int length = modbus_receive(modbus, request);
    if (length > 0 && modbus_reply(modbus, request, length, mapping) < 0) {
      return errno;
    }
    if (length < 0 && errno != EMBBADCRC && errno != ETIMEDOUT) {
      return errno;
    }
  }
}

int main(int count, char** arguments) {
  const int on_line = count == 3;
  modbus_t* modbus =
      on_line ? modbus_new_rtu(arguments[2], 9600, 'E', 8, 1) : modbus_new_tcp("127.0.0.1", 0);
  modbus_mapping_t* mapping = modbus_mapping_new(0, 0, registers, registers);
  if (count < 2 || count > 3 || modbus == NULL || mapping == NULL ||
      load(arguments[1], mapping) != 0) {
    fprintf(stderr, "libmodbus_server: usage: libmodbus_server IMAGE [DEVICE]\n");
    return EXIT_FAILURE;
  }
  if (on_line) {
    fprintf(stderr, "libmodbus_server: %s\n", modbus_strerror(serve_line(modbus, mapping)));
    return EXIT_FAILURE;
  }
  const int listener = modbus_tcp_listen(modbus, 4);
  if (listener < 0) {
    fprintf(stderr, "libmodbus_server: %s\n", modbus_strerror(errno));
    return EXIT_FAILURE;
  }
  print_port(listener);
  fprintf(stderr, "libmodbus_server: %s\n", strerror(serve(modbus, mapping, listener)));
  return EXIT_FAILURE;
}

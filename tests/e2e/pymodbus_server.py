# SPDX-License-Identifier: Apache-2.0
"""A meter that pymodbus serves: pymodbus_server.py IMAGE PORT|DEVICE

With a DEVICE it is unit 1 of that pseudo-terminal (9600; pyserial refuses a parity that is not kept). IMAGE as for
libmodbus_server: lines `holding|input|coil|discrete ADDRESS WORD...`, address decimal, words hexadecimal. What stands
nowhere in it is answered with exception 2. A line `unit N` begins another meter; without one the meter answers to any unit
id. Further lines on the standard input change what unit 1 shows.
"""

import sys
import threading

from pymodbus.datastore import ModbusServerContext, ModbusSlaveContext, ModbusSparseDataBlock
from pymodbus.server import StartSerialServer, StartTcpServer
from pymodbus.transaction import ModbusRtuFramer


def meter_of(tables):
    blocks = {key: ModbusSparseDataBlock(tables.get(table) or {0: 0})
              for key, table in (("hr", "holding"), ("ir", "input"), ("co", "coil"), ("di", "discrete"))}
    return ModbusSlaveContext(**blocks, zero_mode=True)


TABLES = {"holding": 3, "input": 4, "coil": 1, "discrete": 2}


def follow(lines, meter):
    for line in lines:
        table, address, *words = line.split()
        meter.setValues(TABLES[table], int(address), [int(word, 16) for word in words])


def main():
    units = {}
    tables = units.setdefault(1, {})
    with open(sys.argv[1]) as image:
        for line in image:
            table, address, *words = line.split()
            if table == "unit":
                tables = units.setdefault(int(address), {})
            for offset, word in enumerate(words):
                tables.setdefault(table, {})[int(address) + offset] = int(word, 16)
    meters = {unit: meter_of(tables) for unit, tables in units.items()}
    threading.Thread(target=follow, args=(sys.stdin, meters[1]), daemon=True).start()
    place = sys.argv[2]
    if place.startswith("/"):
        context = ModbusServerContext(slaves=meters, single=False)
        StartSerialServer(context=context, framer=ModbusRtuFramer, port=place, baudrate=9600, parity="N", timeout=0.05,
                          ignore_missing_slaves=True)
    else:
        single = len(meters) == 1
        context = ModbusServerContext(slaves=meters[1] if single else meters, single=single)
        StartTcpServer(context=context, address=("127.0.0.1", int(place)))


if __name__ == "__main__":
    main()

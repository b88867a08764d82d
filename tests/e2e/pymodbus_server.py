# SPDX-License-Identifier: Apache-2.0
"""A meter that pymodbus serves: pymodbus_server.py IMAGE PORT|DEVICE

With a DEVICE it is unit 1 of that pseudo-terminal (9600; pyserial refuses a parity that is not kept). IMAGE as for
libmodbus_server: lines `holding|input ADDRESS WORD...`, address decimal, words hexadecimal. What stands nowhere in it is
answered with exception 2.
"""

import sys

from pymodbus.datastore import ModbusServerContext, ModbusSlaveContext, ModbusSparseDataBlock
from pymodbus.server import StartSerialServer, StartTcpServer
from pymodbus.transaction import ModbusRtuFramer


def main():
    tables = {"holding": {}, "input": {}}
    with open(sys.argv[1]) as image:
        for line in image:
            table, address, *words = line.split()
            for offset, word in enumerate(words):
                tables[table][int(address) + offset] = int(word, 16)
    meter = ModbusSlaveContext(hr=ModbusSparseDataBlock(tables["holding"] or {0: 0}),
                               ir=ModbusSparseDataBlock(tables["input"] or {0: 0}), zero_mode=True)
    place = sys.argv[2]
    if place.startswith("/"):
        context = ModbusServerContext(slaves={1: meter}, single=False)
        StartSerialServer(context=context, framer=ModbusRtuFramer, port=place, baudrate=9600, parity="N", timeout=0.05,
                          ignore_missing_slaves=True)
    else:
        StartTcpServer(context=ModbusServerContext(slaves=meter, single=True), address=("127.0.0.1", int(place)))


if __name__ == "__main__":
    main()

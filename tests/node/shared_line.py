# SPDX-License-Identifier: Apache-2.0
"""Two nodes and a meter that pymodbus serves on one line, where each hears all that the others say. One node dies, and
comes back: the others go on, and nobody answers for another.
"""

import sys
import time

import bench
import modbus

import cabinet
from building import check

FOREIGN_SERVER = cabinet.SOURCE / "tests/e2e/pymodbus_server.py"
FOREIGN, FIRST, SECOND = 1, 2, 3
READING = [0x1234, 0x5678]


class Foreign(cabinet.Process):
    """On a pseudo terminal; has the address of the factory too, so it comes last."""

    def __init__(self, line):
        super().__init__("pymodbus", line.folder)
        self.device = line.hub.open_pty()
        self.image = line.folder / "pymodbus.image"
        self.image.write_text(f"holding 0 {READING[0]:x} {READING[1]:x}\n")

    def start(self):
        self.launch(["/usr/bin/python3", FOREIGN_SERVER, self.image, self.device])


def give_address(line, unit):
    """As one commissions: the only node that has the address of the factory gets another, and confirms under it."""
    line.client.write(bench.UNIT_ID, unit)
    line.client.write(bench.LINE_CONFIRM, 1, unit=unit)
    line.save(unit=unit)


def poll(line, unit, tries=3):
    if unit == FOREIGN:
        check(list(line.client.holding(0, 2, unit=unit, tries=tries)) == READING, "the foreign meter's reading")
        return None
    return line.counts(unit)


def main():
    with bench.line("shared") as line:
        second = line.add("second")
        line.wait_until_it_answers()
        give_address(line, SECOND)
        first = line.add("first")
        line.wait_until_it_answers()
        give_address(line, FIRST)
        foreign = Foreign(line)
        foreign.start()
        try:
            def answers():
                try:
                    return line.client.holding(0, 2, unit=FOREIGN, seconds=0.5, tries=1)
                except modbus.NoAnswer:
                    return None
            cabinet.wait_until(answers, 30, "pymodbus to serve")
            pulses = {FIRST: 0, SECOND: 0}
            nodes = {FIRST: first, SECOND: second}

            def turn(units):
                for unit in units:
                    poll(line, unit)
                for unit in set(units) & set(nodes):
                    line.pulse(nodes[unit], [unit], unit=unit)
                    pulses[unit] += 1
                    check(line.counts(unit)[unit] == pulses[unit], f"unit {unit} has its own pulses")

            for _ in range(20):
                turn([FIRST, SECOND, FOREIGN])
            serials = [line.client.inputs(4, 4, unit=unit) for unit in nodes]
            check(serials[0] != serials[1], "two serial numbers")

            line.save(SECOND)
            second.kill()
            repeated = line.client.repeated
            failed = 0
            began = time.monotonic()
            while time.monotonic() < began + 10:
                turn([FIRST, FOREIGN])
                try:
                    line.client.holding(0, 1, unit=SECOND, seconds=0.3, tries=1)
                    check(False, "somebody answers for the dead node")
                except modbus.NoAnswer:
                    failed += 1
            repeated = line.client.repeated - repeated - failed
            second.start()
            line.wait_until_it_answers(SECOND)
            check(line.counts(SECOND)[SECOND] == pulses[SECOND], "the dead node's counts were kept, and its address")
            for _ in range(10):
                turn([FIRST, SECOND, FOREIGN])
        finally:
            foreign.stop()
        print(f"{pulses[FIRST]} and {pulses[SECOND]} pulses; {failed} turns with a dead node, in which {repeated} requests to "
              f"the others had to be repeated; {line.hub.bytes} bytes on the line")
    return 0


if __name__ == "__main__":
    sys.exit(main())

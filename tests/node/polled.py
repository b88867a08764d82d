# SPDX-License-Identifier: Apache-2.0
"""The image, polled by mbpoll over a pseudo terminal: somebody else's client reads its registers, counts and inputs, and
writes a setting that outlives a power cut. The supply falls before that, and all is saved at once.
"""

import re
import subprocess
import sys
import time

import bench
import emulator

from building import check

TABLES = {"input": "3", "holding": "4", "discrete": "1"}
DOOR_DEBOUNCE = 5
SPIKES = 40
SUPPLY_PIN = 6
BROWN_OUT = 26


def mbpoll(line, table, address, *values, count=1):
    command = ["mbpoll", "-m", "rtu", "-a", "1", "-b", "9600", "-P", "none", "-t", TABLES[table], "-0", "-r", str(address),
               "-1", "-q", "-o", "10"]  # it asks once: of a machine that is busy with other things
    if not values:
        command += ["-c", str(count)]
    device = line.hub.open_pty()
    run = subprocess.run([*command, device, *map(str, values)], capture_output=True, text=True, timeout=60)
    line.hub.close_pty(device)
    check(run.returncode == 0, f"mbpoll {table} {address}: {run.stdout}{run.stderr}")
    return [int(value) for value in re.findall(r"^\[\d+\]:\s+(\d+)", run.stdout, re.MULTILINE)]


def main():
    with bench.line("polled") as line:
        node = line.add()
        line.wait_until_it_answers()
        check(mbpoll(line, "input", 0, count=4) == [0x424E, 1, 1, 8], "map, version, firmware and inputs")
        serial = mbpoll(line, "input", 4, count=4)
        check(serial == [0, 0x5634, 0x1200, 0x5452], f"serial number {serial}")
        check(len(mbpoll(line, "input", bench.EVENTS, count=125)) == 125, "as many registers as an answer holds")
        for _ in range(3):
            line.pulse(node, [2, 7])
        counts = mbpoll(line, "input", bench.COUNTS, count=32)
        check(counts[3::4] == [0, 0, 3, 0, 0, 0, 0, 3] and sum(counts) == 6, f"counts {counts}")
        # Much shorter than a turn of the loop: only interrupts see them. Where the host stands still between two calls a spike is
        # long enough to count, or several are one.
        for _ in range(SPIKES):
            node.close_contact(4)
            node.open_contact(4)
            time.sleep(0.01)
        rejected = mbpoll(line, "input", bench.REJECTED, count=16)[9]
        stretched = mbpoll(line, "input", bench.COUNTS, count=32)[4 * 4 + 3]
        check(rejected > 0 and rejected + stretched <= SPIKES, f"{rejected} of {SPIKES} spikes were rejected, {stretched} counted")
        node.close_contact(5)
        line.wait_until_active([5], 1)
        check(mbpoll(line, "discrete", 0, count=8) == [0, 0, 0, 0, 0, 1, 0, 0], "input 5 is active")  # and counts
        mbpoll(line, "holding", DOOR_DEBOUNCE, 77)
        check(mbpoll(line, "holding", DOOR_DEBOUNCE) == [77], "the setting reads back")
        node.set_pin(emulator.PORT_C, SUPPLY_PIN, 1)
        line.wait_until_saved(seconds=8)  # before save_every is over
        check(mbpoll(line, "discrete", BROWN_OUT) == [1], "the supply is low")
        node.kill()
        node.start()
        line.wait_until_it_answers()
        check(mbpoll(line, "holding", DOOR_DEBOUNCE) == [77], "the setting was kept")
        counts = mbpoll(line, "input", bench.COUNTS, count=32)[3::4]
        check(counts == [0, 0, 3, 0, stretched, 1, 0, 3], f"so were the counts: {counts}")
        check(mbpoll(line, "input", bench.BOOTS, count=3) == [0, 2, bench.POWER_ON], "second boot, by power")
        print(f"mbpoll reads and writes the node; {rejected} of {SPIKES} spikes seen and rejected; counts and a setting outlive a "
              "power cut")
    return 0


if __name__ == "__main__":
    sys.exit(main())

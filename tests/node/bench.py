# SPDX-License-Identifier: Apache-2.0
"""What the node's scenarios have in common: one line, nodes on it, and a client."""

import contextlib
import os
import pathlib
import random
import struct
import time

import emulator  # puts the end-to-end tests' folder in the path
import hub
import modbus

import building
import cabinet

IMAGES = cabinet.SOURCE / "build/node/firmware/board"
IMAGE = pathlib.Path(os.environ.get("NODE_IMAGE", IMAGES / "node-lm3s6965.elf"))
IMAGE_WITH_FAULTS = pathlib.Path(os.environ.get("NODE_IMAGE_WITH_FAULTS", IMAGES / "node-lm3s6965-faulty.elf"))

# Registers, from the table in firmware/node.
UNIT_ID, SAVE_EVERY, LINE_CONFIRM = 0, 3, 8
BOOTS, RESET_CAUSE, SAVES, EVENT_NEXT, FAULT = 0x000A, 0x000C, 0x0010, 0x0014, 0x0018
COUNTS, REJECTED, EDGES_LOST, EVENTS = 0x0100, 0x0130, 0x0140, 0x0400
SAVE_NOW = 0
PULSE_INPUTS = 8
POWER_ON, WATCHDOG, SOFTWARE, FAULTED = 1, 3, 5, 6
BOOT_EVENT, FAULT_EVENT = 1, 19

# A pulse of the default settings is 20 ms long and 2 ms from the next.
WIDTH = 0.022
PAUSE = 0.003


class Bench:
    """A line with a client; nodes are added to it."""

    def __init__(self, folder):
        self.folder = folder
        self.hub = hub.Hub()
        self.client = modbus.Client(self.hub.open_tap())
        self.nodes = []

    def add(self, name="node", image=IMAGE):
        node = emulator.Emulator(self.folder, image, name, mac=f"52:54:00:12:34:{0x56 + len(self.nodes):02x}")
        self.nodes.append(node)
        self.hub.join_socket(node.uart)
        node.start()
        return node

    def wait_until_it_answers(self, unit=1, seconds=30):
        cabinet.wait_until(lambda: self.boots(unit) is not None, seconds, f"unit {unit} to answer")

    def boots(self, unit=1):
        try:
            return modbus.number(self.client.inputs(BOOTS, 2, unit=unit, seconds=0.3, tries=1))
        except modbus.NoAnswer:
            return None

    def counts(self, unit=1):
        # With the interval behind them: no answer to a gateway on the same line is as long and could be taken for it.
        words = self.client.inputs(COUNTS, 4 * PULSE_INPUTS + 2, unit=unit)
        return [modbus.number(words[4 * at:4 * at + 4]) for at in range(PULSE_INPUTS)]

    def reset_cause(self, unit=1):
        return self.client.inputs(RESET_CAUSE, 1, unit=unit)[0]

    def events(self, unit=1):
        """(number, boot, kind, source, value), oldest first."""
        found = []
        for first in range(0, 32, 8):
            words = self.client.inputs(EVENTS + 8 * first, 64, unit=unit)
            for at in range(0, 64, 8):
                number, boot, kind, _, value, _ = struct.unpack(">LHHLHH", struct.pack(">8H", *words[at:at + 8]))
                if number:
                    found.append((number, boot, kind >> 8, kind & 0xFF, value))
        return sorted(found)

    def save(self, unit=1):
        """Returns once all counts are in the store."""
        self.client.write_coil(SAVE_NOW, True, unit=unit)
        self.wait_until_saved(unit)

    def wait_until_saved(self, unit=1, seconds=20):
        cabinet.wait_until(lambda: self.client.ask(struct.pack(">BHH", 1, SAVE_NOW, 1), unit=unit)[2] & 1 == 0, seconds,
                           "all that waits to be saved")

    def wait_until_active(self, node_inputs, active, unit=1):
        """The node has seen these pins: only then does time count for it too, however long the machine stalled."""
        def seen():
            levels = self.client.discrete(0, PULSE_INPUTS, unit=unit)
            return all(levels[at] == active for at in node_inputs)
        cabinet.wait_until(seen, 30, f"inputs {node_inputs} to be {'active' if active else 'inactive'}")

    def pulse(self, node, node_inputs, unit=1):
        """One clean pulse on each of these inputs at once."""
        for at in node_inputs:
            node.close_contact(at)
        self.wait_until_active(node_inputs, 1, unit)
        time.sleep(WIDTH)
        for at in node_inputs:
            node.open_contact(at)
        self.wait_until_active(node_inputs, 0, unit)
        time.sleep(PAUSE)

    def stack_used(self, node):
        import sizes
        return node.stack_used(sizes.symbols(node.image)[0])


@contextlib.contextmanager
def line(title):
    with building.folder(title) as folder:
        bench = Bench(folder)
        bench.hub.start()
        try:
            yield bench
        finally:
            for node in bench.nodes:
                node.kill()
            bench.hub.stop()


def seeded(given=None):
    """A generator whose seed is printed: what failed can be run again."""
    seed = given if given is not None else int.from_bytes(os.urandom(4), "big")
    print(f"seed {seed}")
    return random.Random(seed)

# SPDX-License-Identifier: Apache-2.0
"""As one commissions a node in the field: `bornier node` over a serial port, the image in the emulator at the other end, and
a client of its own that looks what is in the registers afterwards. Wrong values, an address that is taken, a power cut
while the address is on trial; and the same once more through a gateway that has the line.
"""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import time

import bench
import modbus

import cabinet
from building import check

BORNIER = pathlib.Path(os.environ.get("BORNIER", cabinet.SOURCE / "build/dev/gateway/app/bornier"))
# Registers, from the table in firmware/node.
INPUT_3 = 0x0100 + 16 * 2
SCALE, START_INDEX = INPUT_3 + 4, INPUT_3 + 8
LINE_ON_TRIAL = 27
INDEX_SET, LINE_CONFIRMED = 7, 15
SERIAL = "0000563412005452"


class Tool:
    """bornier node, each time on a port of its own, or with a configuration."""

    def __init__(self, line, unit=1, where=None):
        self.line = line
        self.unit = unit
        self.where = where

    def place(self, device):
        return self.where or ["--rtu", device, "--baud", "9600", "--parity", "none", "--unit-id", str(self.unit)]

    def start(self, device, command, *arguments):
        where = self.place(device)
        # With a configuration the meter's id stands before the value.
        values = [*where[2:], *arguments] if self.where else arguments
        place = where[:2] if self.where else where
        return subprocess.Popen([str(BORNIER), "node", command, *place, *values], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    @contextlib.contextmanager
    def running(self, command, *arguments):
        device = self.line.hub.open_pty()
        process = self.start(device, command, *arguments)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate()
            self.line.hub.close_pty(device)

    def __call__(self, command, *arguments, code=0):
        with self.running(command, *arguments) as process:
            out, told = process.communicate(timeout=120)
        check(process.returncode == code,
              f"node {command} {' '.join(arguments)}: exit code {process.returncode}, not {code}: {out}{told}")
        return out, told

    def write(self, command, *arguments, code=0):
        return self(command, *arguments, "--yes", code=code)

    def info(self):
        return json.loads(self("info", "--format", "json")[0])


def scale(line, unit):
    """Mantissa, exponent, unit of input 3."""
    words = line.client.holding(SCALE, 4, unit=unit)
    exponent = words[2] - 0x10000 if words[2] & 0x8000 else words[2]
    return modbus.number(words[:2]), exponent, words[3]


def start_index(line, unit):
    return modbus.number(line.client.holding(START_INDEX, 4, unit=unit))


def look_around(line, tool):
    shown = tool.info()
    node, third = shown["node"], shown["inputs"][2]
    check(node["serial_number"] == SERIAL and node["firmware"] == "0.1", f"which node it is: {node}")
    check(node["reset_cause"] == "power on" and node["unit_id"] == 1 and node["baud"] == 9600, f"its state: {node}")
    check(third["count"] == 15 and third["index"] == "15 {pulse}", f"what it counted: {third}")
    check(shown["events"][0]["what"] == "started: power on", f"its events: {shown['events']}")
    people = tool("info")[0]
    check("serial_number" in people and "pulse_value" in people, f"the same for people: {people}")
    check(len(tool("info", "--format", "csv")[0].splitlines()) == 9, "a heading and eight inputs")


def say_what_a_pulse_is(line, tool):
    out, told = tool.write("set-pulse-value", "--input", "3", "10 L")
    check("1 {pulse} -> 0.010 m3, confirmed" in out, f"{out}{told}")
    check(scale(line, 1) == (10, -3, 3), f"10 L in the registers: {scale(line, 1)}")
    refused = tool.write("set-pulse-value", "--input", "3", "600 imp/kWh", code=1)[1]
    check("nearest that the node can hold" in refused, refused)
    for wrong in ("10 parsec", "0 L", "ten L"):
        tool.write("set-pulse-value", "--input", "3", wrong, code=1)
    tool.write("set-pulse-value", "--input", "9", "10 L", code=2)
    tool("set-pulse-value", "--input", "3", "10 L", code=2)  # nobody to ask, and no --yes
    check(scale(line, 1) == (10, -3, 3), f"what is refused changes nothing: {scale(line, 1)}")


def note_the_index(line, tool):
    out, told = tool.write("set-index", "--input", "3", "1234.567 m3")
    check("-> 1234.567 m3 at count 15, confirmed" in out and "its start index was set" in out, f"{out}{told}")
    check(start_index(line, 1) == 1_234_417, f"1234.567 less 15 times 0.010: {start_index(line, 1)}")
    check(line.counts()[2] == 15, "the count is what it was")
    check(any(kind == INDEX_SET and source == 2 for _, _, kind, source, _ in line.events()), f"an event: {line.events()}")
    refused = tool.write("set-index", "--input", "3", "0.1 m3", code=1)[1]
    check("15 pulses, which are 0.150 m3 already" in refused, refused)
    tool.write("set-index", "--input", "3", "12 kWh", code=1)
    check(start_index(line, 1) == 1_234_417, f"what is refused changes nothing: {start_index(line, 1)}")
    check(tool.info()["inputs"][2]["index"] == "1234.567 m3", "and the index is the meter's")
    stanza = tool("info", "--configuration-lines")[0]
    check(f'serial = "{SERIAL}"' in stanza and 'count = "pulse_count_3"' in stanza
          and 'value = "0.010 m3/{pulse}", index = "1234.567 m3", count = 15' in stanza, stanza)


def give_an_address(line, tool):
    out, told = tool.write("set-address", "17")
    check("unit 1, 9600 baud 8E1 -> unit 17, 9600 baud 8N1, confirmed" in out, f"{out}{told}")
    check("unit_id = 17" in told and "has saved it" in told, told)
    check(line.client.holding(bench.UNIT_ID, 3, unit=17) == (17, 96, 3), "the registers say so")
    check(line.client.discrete(LINE_ON_TRIAL, 1, unit=17) == [0], "no trial any more")
    check(any(kind == LINE_CONFIRMED for _, _, kind, _, _ in line.events(unit=17)), "an event")
    try:
        line.client.holding(bench.UNIT_ID, 1, unit=1, seconds=0.3, tries=1)
        check(False, "it still answers as unit 1")
    except modbus.NoAnswer:
        pass


def refuse_a_taken_address(line):
    """A second node has come to the line with the address of the factory."""
    second = line.add("second")
    line.wait_until_it_answers(1)
    told = Tool(line, 1).write("set-address", "17", code=1)[1]
    check("answers already" in told, told)
    check(line.client.holding(bench.UNIT_ID, 1, unit=1) == (1,), "it stays where it is")
    check(line.client.discrete(LINE_ON_TRIAL, 1, unit=1) == [0], "and nothing is on trial")
    second.kill()
    line.nodes.remove(second)
    line.hub.leave_socket(second.uart)


def cut_the_power_during_the_trial(line, node, tool):
    """The supply goes when the new address is on trial: the old one is what is left."""
    with tool.running("set-address", "18", "--yes") as process:
        written = b"\x11\x10\x00\x00\x00\x03"
        heard = b""
        deadline = time.monotonic() + 60
        line.client.drain()
        line.client.tap.settimeout(60)
        while written not in heard and time.monotonic() < deadline:
            heard += line.client.tap.recv(4096)
        node.kill()
        told = ""
        while "waiting" not in told:
            check(process.poll() is None, f"it waits: {told}")
            told += process.stderr.readline()
        node.start()
        line.wait_until_it_answers(17)
        out, rest = process.communicate(timeout=120)
        told += rest
    check(process.returncode == 1, f"a failure, not {process.returncode}: {out}{told}")
    check("answers as before; nothing was changed" in told, told)
    check(line.client.holding(bench.UNIT_ID, 3, unit=17) == (17, 96, 3), "the address of before")
    check(scale(line, 17) == (10, -3, 3) and start_index(line, 17) == 1_234_417 and line.counts(17)[2] == 15,
          "and all that was commissioned")


class Gateway(cabinet.Process):
    """One that has the node's line; nobody has to receive what it reads."""

    def __init__(self, line):
        super().__init__("gateway", line.folder)
        self.file = line.folder / "gateway.toml"
        self.file.write_text(f"""
[gateway]
id = "cab-0001"
city = "sceaux"
timezone = "Europe/Paris"
state_directory = "{line.folder / 'state'}"
[[bus]]
name = "rs485-1"
transport = "rtu"
device = "{line.hub.open_pty()}"
baud = 9600
parity = "none"
[[meter]]
id = "cellar"
bus = "rs485-1"
unit_id = 17
model = "bornier-node"
serial = "{SERIAL}"
every = "2s"
""")

    def start(self):
        self.launch([BORNIER, "run", "-c", self.file])
        # Before that everybody goes to the line himself.
        cabinet.wait_until(lambda: any(path.is_socket() for path in (self.file.parent / "state").glob("*")), 30,
                           "the gateway to be asked")

    def said(self, text):
        return text in self.output.read_text(errors="replace")


def go_through_a_gateway(line):
    gateway = Gateway(line)
    gateway.start()
    try:
        tool = Tool(line, where=["-c", str(gateway.file), "cellar"])

        def reads():
            run = subprocess.run([str(BORNIER), "read", "-c", str(gateway.file), "cellar", "--format", "json"],
                                 capture_output=True, text=True, timeout=60)
            return run.returncode == 0 and json.loads(run.stdout)
        points = {row["point"]: row["value"] for row in cabinet.wait_until(reads, 60, "the gateway to read the node")}
        check(points["pulse_count_3"] == "15" and points["mains_present"] is not None, f"what the model says: {points}")
        out, told = tool.write("set-index", "--input", "3", "2000.000 m3")
        check("cellar, input 3: index 1234.567 m3 -> 2000.000 m3 at count 15, confirmed" in out, f"{out}{told}")
        check("recorded in the node's events only" not in told, told)
        check(start_index(line, 17) == 1_999_850, f"2000.000 less 0.150: {start_index(line, 17)}")
        check(gateway.said("meter cellar: node: holding register 292:"), "the gateway records it")
        out, told = tool.write("set-address", "18")
        check("unit 17, 9600 baud 8N1 -> unit 18, 9600 baud 8N1, confirmed" in out, f"{out}{told}")
        check(line.client.holding(bench.UNIT_ID, 1, unit=18) == (18,), "the address, confirmed by the gateway")
        told = tool("info", code=1)[1]
        check("no answer" in told, f"the gateway asks unit 17 until its configuration is corrected: {told}")
    finally:
        gateway.stop()


def main():
    check(BORNIER.exists(), f"{BORNIER} is not built: script/test --preset node builds it, or name another one in BORNIER")
    with bench.line("commissioned") as line:
        node = line.add()
        line.wait_until_it_answers()
        for _ in range(15):
            line.pulse(node, [2])
        line.save()
        tool = Tool(line)
        look_around(line, tool)
        say_what_a_pulse_is(line, tool)
        note_the_index(line, tool)
        give_an_address(line, tool)
        refuse_a_taken_address(line)
        cut_the_power_during_the_trial(line, node, Tool(line, 17))
        go_through_a_gateway(line)
        print(f"a node was commissioned: 10 L a pulse, 1234.567 m3 at count 15, unit 17; a taken address was refused, and a power "
              f"cut during the trial left unit 17; a gateway did the same; {line.client.repeated} requests repeated")
    return 0


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: Apache-2.0
"""`bornier write`: with nobody else on the bus, beside a running gateway that writes for it, and to a server of others.

A value is shown before and after, a refusal and a meter that only acknowledges are told from success, a meter that gets
another unit id is found again; the gateway misses no mark meanwhile, and every write is an event in the city's database.
"""

import json
import os
import pty
import re
import socket
import subprocess
import sys

import building
import cabinet
import foreign_servers
from building import check
from commands import bornier, expect

MOVING = """format = 1
id = "moving"
version = "1"
manufacturer = "Maker"
title = "Meter that moves at once"
medium = "electricity"
confidence = "low"
[timing]
response_timeout = "300ms"
[defaults]
table = "holding"
type = "uint16"
[points]
voltage_l1_n = { quantity = "voltage", address = 0, scale = "0.1", unit = "V", phase = "l1_n", group = "essential" }
node = { quantity = "device_setting", address = 20, writable = true, sets = "unit_id" }
clear = { quantity = "device_setting", address = 30, write_only = true }
"""
TCP_METERS = """[[endpoint]]
listen = "127.0.0.1:{port}"
[[endpoint.meter]]
name = "main"
model = "eastron-sdm630"
fixed = {{ network_node = "1", energy_prefix = "0", system_type = "3" }}
[[endpoint.meter]]
name = "pulses"
unit_id = 2
model = "wirenboard-mcm8"
fixed = {{ input_1_debounce_ms = "50" }}
[[endpoint.meter]]
name = "stubborn"
unit_id = 3
model = "wirenboard-mcm8"
ignores_writes = true
fixed = {{ input_1_debounce_ms = "50" }}
[[endpoint.meter]]
name = "moving"
unit_id = 4
model = "moving"
fixed = {{ node = "4" }}
[[endpoint]]
pty = "{line}"
baud = 9600
[[endpoint.meter]]
name = "riser"
model = "eastron-sdm120"
fixed = {{ network_node = "1" }}
[[endpoint.meter]]
name = "dead"
unit_id = 9
model = "eastron-sdm120"
dead = true
"""


class Simulator(cabinet.Simulator):
    """Knows the models of a folder, too."""

    def __init__(self, folder, port, line):
        super().__init__("simulator", folder, building.GATEWAY, TCP_METERS.format(port=port, line=line))
        models = folder / "models"
        models.mkdir()
        (models / "moving.toml").write_text(MOVING)
        self.models = ["--models", str(models), "--models", str(building.MODELS)]
        self.command = [building.GATEWAY, "simulate", "--meters", self.description, "--log", self.served, *self.models]

    def writes(self, meter):
        return [(int(row["function"]), int(row["address"]), row["written"], row["outcome"]) for row in self.answers()
                if row["meter"] == meter and row["written"]]


def check_usage(place):
    for wrong, why in ((["--holding", "1"], "--value"), (["--holding", "70000", "--value", "1"], "no such register"),
                       (["--holding", "1", "--coil", "1", "--value", "1"], "excludes"), (["node=5"], "--model"), ([], "one value"),
                       (["a=1", "b=2"], "one value"), (["main", "a=1"], "-c FILE"), (["--holding", "1", "--value", "1", "--function", "3"], "3"),
                       (["--coil", "1", "--value", "1", "--type", "uint16"], "excludes"),
                       (["--model", "moving", "node=5", "--password", "secret"], "a number")):
        answer = bornier("write", *place, *wrong, "--yes")
        check(answer.returncode == 2 and why in answer.stderr, f"write {wrong}: {answer.returncode} {answer.stderr}")
    answer = expect(bornier("write", *place, "--holding", "1", "--value", "1"), 2, stderr="--yes")
    check("no terminal" in answer.stderr, f"it does not say why it refuses: {answer.stderr}")


def at_a_terminal(arguments, reply):
    """The exit code, and what a person sees."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([str(building.GATEWAY), *map(str, arguments)], stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    seen = b""
    while b"[y/N]" not in seen:
        seen += os.read(ours, 1000)
    os.write(ours, reply.encode() + b"\n")
    try:
        while True:
            seen += os.read(ours, 1000)
    except OSError:  # the terminal ends with the program
        pass
    os.close(ours)
    return process.wait(30), seen.decode()


def check_alone(simulator, port):
    place = ["--tcp", f"127.0.0.1:{port}", *simulator.models]
    check_usage(place)

    def write(*arguments):
        return bornier("write", *place, *arguments, "--yes")

    main = ["--unit-id", 1, "--model", "eastron-sdm630"]
    code, seen = at_a_terminal(["write", *place, *main, "energy_prefix=M"], "n")
    check(code == 1 and "nothing was written" in seen and "0 (k)" in seen, f"declined: {code} {seen}")
    check(simulator.writes("main") == [], "it wrote although the answer was no")
    code, seen = at_a_terminal(["write", *place, *main, "energy_prefix=M"], "y")
    check(code == 0 and "0 (k) -> 1 (M), confirmed" in seen and "recorded nowhere" in seen, f"agreed: {code} {seen}")
    check(simulator.writes("main") == [(16, 30, "3F80 0000", "answered")], f"not 1.0 in one message: {simulator.writes('main')}")

    expect(write(*main, "system_type=3p3w"), 0, "3 (3p4w) -> 2 (3p3w), confirmed", "the meter shows it")
    expect(write(*main, "system_type=3p4w", "--password", 7), 1, "refused", "--password")
    expect(write(*main, "system_type=5p5w"), 1, stderr="one of 1 (1p2w)")
    expect(write(*main, "energy_prefx=M"), 1, stderr="did you mean `energy_prefix`?")
    expect(write("--unit-id", 4, "--holding", "40100", "--value", 3), 1, stderr="exception 2 (illegal data address)")
    expect(write("--unit-id", 0, "--holding", "40001", "--value", 3), 1, stderr="everybody's address")
    expect(write("--unit-id", 77, "--holding", "40001", "--value", 3), 1, stderr="does not answer")
    pulses = ["--unit-id", 2, "--model", "wirenboard-mcm8"]
    expect(write(*pulses, "input_1_debounce_ms=2001"), 1, stderr="the most is 2000")
    expect(write("--unit-id", 2, "--holding", 20, "--value", 2001), 1, "refused", "exception 3 (illegal data value)")
    expect(write("--unit-id", 2, "--holding", 20, "--value", 200, "--function", 16), 1, "refused", "--function")
    expect(write("--unit-id", 2, "--holding", 20, "--value", 2000), 0, "50 -> 2000, confirmed", "shows it")
    expect(write(*pulses, "reset_all_counters=1"), 0, "accepted", "cannot be read back")
    answer = expect(write("--unit-id", 3, "--model", "wirenboard-mcm8", "input_1_debounce_ms=100"), 1,
                    "50 -> 100, not taken, shows 50", "does not show it")
    check("0x" not in answer.stdout, answer.stdout)
    expect(write("--unit-id", 4, "--model", "moving", "clear=1"), 0, "1, accepted", "acknowledges")
    expect(write("--unit-id", 4, "--model", "moving", "unit_id=6"), 0, "4 -> 6, confirmed", "answers as unit 6 now")
    expect(bornier("read", *place, "--unit-id", 6, "--model", "moving"), 0, "node")
    expect(write("--unit-id", 6, "--model", "moving", "unit_id=4"), 0, "confirmed", "as unit 4 now")
    print("alone: asks, writes, reads back, and tells refusals, stubborn meters and moved ones apart")


def check_foreign(folder):
    """Others' idea of functions 6 and 16, and of 5 and 15 (the libmodbus server has no coils)."""
    image = folder / "image"
    image.write_text("holding 100 0001 0002 0003\ncoil 3 0000 0000\n")
    for server in (foreign_servers.Pymodbus("pymodbus-writes", folder, image), foreign_servers.Libmodbus("libmodbus-writes", folder, image)):
        with building.running(server):
            place = ["--tcp", f"127.0.0.1:{server.port}", "--unit-id", 1]
            writes = [(["--holding", "@100", "--value", 17], "1 -> 17, confirmed"),
                      (["--holding", "40101", "--value", 18, "--function", 16], "17 -> 18, confirmed"),
                      (["--holding", "@101", "--type", "float32", "--value", "230.5"], "-> 230.5, confirmed")]
            if server.name.startswith("pymodbus"):
                writes += [(["--coil", 3, "--value", 1], "0 -> 1, confirmed"),
                           (["--coil", 4, "--value", "on", "--function", 15], "0 -> 1, confirmed")]
                expect(bornier("write", *place, "--holding", "@5000", "--value", 1, "--yes"), 1, stderr="exception 2")
            for arguments, told in writes:
                expect(bornier("write", *place, *arguments, "--yes"), 0, told, "shows it")
            shown = json.loads(bornier("read", *place, "--holding", "@100", "--count", 3, "--format", "json").stdout)
            check([row["hex"] for row in shown] == ["0012", "4366", "8000"], f"not 18 and 230.5 (0x43668000): {shown}")
    print("foreign servers take what is written with functions 5, 6, 15 and 16")


def say(path, line):
    """One raw line to the gateway's socket; its answer."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        client.settimeout(20)
        client.sendall(line + b"\n")
        answer = b""
        while not answer.endswith(b"\n"):
            part = client.recv(65536)
            if not part:
                break
            answer += part
    return json.loads(answer)


def check_hostile(path):
    order = {"command": "write", "meter": "pulses", "table": "holding", "address": 20, "type": "uint16", "value": "1"}
    hostile = [b"", b"\xff\xfe", b"[]", b"{", b'{"command":"write"}', b"[" * 5000, b'{"command":' + b"[" * 50 + b"]" * 50 + b"}",
               b'{"command":"read","meter":7}', b'{"command":"read","meter":"main","points":"all"}',
               b'{"command":"read","meter":"main","points":["nothing"]}']
    for key, value in (("meter", "nobody"), ("meter", 7), ("meter", "x" * 2000), ("table", "input"), ("address", -1), ("address", 65536),
                       ("address", "20"), ("type", "float"), ("type", "string:200"), ("type", None), ("value", "x"), ("value", 1),
                       ("function", 3), ("function", 99), ("password", "secret"), ("setting", "nothing"), ("word_order", "middle")):
        hostile.append(json.dumps({**order, key: value}).encode())
    for line in hostile:
        answer = say(path, line)
        check(answer.get("error"), f"{line[:100]} is answered with {answer}")
    check("longer" in say(path, b"x" * 70000)["error"], "a long line is refused")
    print(f"{len(hostile)} hostile requests are answered with errors")


def check_beside_the_gateway(gateway, simulator, platform, stalls):
    def write(*arguments):
        return gateway.ask("write", *arguments, "--yes", seconds=100)

    before = gateway.status()
    earlier = len(simulator.writes("pulses"))
    for value in range(60, 72):
        expect(write("pulses", f"input_1_debounce_ms={value}"), 0, f"-> {value}, confirmed", "shows it")
    check(len(simulator.writes("pulses")) == earlier + 12, "not every write reached the meter once")
    expect(write("riser", "relay_pulse_width=100"), 0, "-> 100", "shows it")
    expect(write("pulses", "--holding", 20, "--value", 5000), 1, "refused", "exception 3")
    expect(write("stubborn", "input_1_debounce_ms=100"), 1, "not taken, shows 50", "does not show it")
    expect(write("pulses", "input_1_debounce_ms=2001"), 1, stderr="the most is 2000")
    expect(write("main", "unit_id=2"), 1, stderr='meter "pulses" of the same bus has this unit id')
    expect(write("riser", "--coil", 1, "--value", 1), 1, stderr="exception 1")
    rows = json.loads(expect(gateway.ask("read", "riser", "--points", "network_node,voltage_*", "--format", "json"), 0, "[").stdout)
    check([row["point"] for row in rows] == ["voltage_l1_n", "network_node"] and all(row["state"] == "ok" for row in rows),
          f"read through the gateway: {rows}")
    expect(gateway.ask("read", "riser"), 0, "voltage_l1_n")
    expect(gateway.ask("read", "dead"), 1, stderr="unit 9 at ")
    expect(write("dead", "relay_pulse_width=100"), 1, stderr="no answer; nothing was written")
    after = gateway.status()
    marks = {bus["name"]: bus["marks"] for bus in after["buses"]}
    missed = max(marks["plant-room"]["missed"], marks["riser"]["missed"])
    stalls.judge(missed <= 1, missed <= 4, f"marks were missed while writing: {marks}")
    check(after["gateway"]["readings_taken"] > before["gateway"]["readings_taken"], "no readings were taken while writing")

    expect(write("main", "unit_id=8"), 0, "1 -> 8, accepted", "restart it, then it is unit 8")
    simulator.say("restart main")
    hints = [hint for bus in gateway.status()["buses"] for hint in bus["hints"]]
    check(not any("unit 8:" in hint for hint in hints), f"a unit that no meter is configured with gives a hint: {hints}")
    check_moved(gateway, simulator)

    def events():
        found = platform.rows("SELECT meter, number, text FROM event_view WHERE kind = 'register_written' ORDER BY time")
        return found if len(found) >= 19 else None
    told = cabinet.wait_until(events, 60, "the events of the writes in the city's database")
    wanted = [("pulses", 1, "input_1_debounce_ms (holding register 40021): 70 -> 71, confirmed"),
              ("pulses", 0, "holding register 40021: 71 -> 5000, refused"),
              ("stubborn", 0, "input_1_debounce_ms (holding register 40021): 50 -> 100, not taken, shows 50"),
              ("main", 1, "network_node (holding register 40021): 1 -> 8, accepted")]
    for row in wanted:
        check(row in told, f"{row} is not among {told}")
    check(len(told) == 19, f"19 writes reached a meter, {len(told)} are told: {told}")
    print(f"beside the gateway: no mark missed, {len(told)} events in the city's database")


def check_moved(gateway, simulator):
    """The configuration still has the old address: the gateway says so, and the tool finds the meter at its new one."""
    check("correct the configuration" in gateway.text(), "the gateway's log does not say that the meter has moved")
    port = re.search(r"listen = \"127.0.0.1:(\d+)\"", simulator.description.read_text())[1]
    expect(bornier("read", "--tcp", f"127.0.0.1:{port}", "--unit-id", 8, "--model", "eastron-sdm630", *simulator.models), 0, "network_node")


def check_two_at_once(gateway):
    """Orders wait for each other."""
    asked = [subprocess.Popen([str(building.GATEWAY), "write", "-c", str(gateway.configuration), "pulses", f"input_2_debounce_ms={value}",
                               "--yes"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
             for value in (10, 20, 30)]
    for process in asked:
        output = process.communicate(timeout=60)[0]
        check(process.returncode == 0 and "confirmed" in output, f"one of three at once: {output}")


def check_without_the_gateway(gateway):
    answer = expect(gateway.ask("write", "pulses", "input_1_debounce_ms=99", "--yes"), 0, "-> 99, confirmed", "recorded nowhere")
    check("71" in answer.stdout, f"not from what the gateway wrote: {answer.stdout}")


def main():
    with building.folder("writing") as folder:
        certificates = cabinet.Certificates(folder / "certificates", ["broker", "platform", "cab-1"])
        broker = cabinet.Broker(folder, certificates, ["cab-1"])
        platform = cabinet.Platform(folder, building.PLATFORM, broker, certificates)
        port, line = cabinet.free_port(), folder / "line"
        simulator = Simulator(folder, port, line)
        point = '["essential"]'
        buses = building.bus_toml("plant-room", port, [("main", 1, "eastron-sdm630", "1s", point), ("pulses", 2, "wirenboard-mcm8", "1s", point),
                                                       ("stubborn", 3, "wirenboard-mcm8", "1s", point)])
        buses += f'[[bus]]\nname = "riser"\ntransport = "rtu"\ndevice = "{line}"\nbaud = 9600\nparity = "none"\n'
        for meter, unit in (("riser", 1), ("dead", 9)):
            buses += f'[[meter]]\nid = "{meter}"\nbus = "riser"\nunit_id = {unit}\nmodel = "eastron-sdm120"\nevery = "5s"\npoints = {point}\n'
        gateway = cabinet.Gateway(folder, building.GATEWAY, "cab-1",
                                  building.gateway_toml(broker, certificates, platform='batch_every = "1s"', rest=buses))
        stalls = building.Stalls()
        with building.running(stalls, broker, platform, simulator):
            cabinet.wait_until(lambda: "listening" in simulator.text() and line.exists(), 20, "the simulator")
            check_alone(simulator, port)
            check_foreign(folder)
            with building.running(gateway):
                cabinet.wait_until(lambda: (gateway.status() or {"gateway": {"readings_taken": 0}})["gateway"]["readings_taken"] > 50, 60,
                                   "readings")
                check_hostile(folder / "cab-1-state/bornier.sock")
                check_two_at_once(gateway)
                check_beside_the_gateway(gateway, simulator, platform, stalls)
            check_without_the_gateway(gateway)


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: Apache-2.0
"""Meters that others serve: libmodbus (C) and Debian's pymodbus are read right, by the daemon into the city's database
and by `bornier read`; and our simulated meters are read right by mbpoll.

The register images are made here from the manufacturers' tables, not from our model files.
"""

import decimal
import json
import os
import pathlib
import socket
import struct
import subprocess
import sys

import building
import cabinet
from building import check

LIBMODBUS_SERVER = pathlib.Path(os.environ.get("LIBMODBUS_SERVER",
                                               cabinet.SOURCE / "build/release/tests/e2e/libmodbus_server"))
PYMODBUS_SERVER = pathlib.Path(__file__).with_name("pymodbus_server.py")

# point, table, address, type, what the register holds, what is read from it (None: the meter has no value)
SDM630 = [  # Eastron SDM630-Modbus protocol: float32, high word first, input registers
    ("voltage_l1_n", "input", 0, ">f", 230.2, "230.2"),
    ("voltage_l2_n", "input", 2, ">f", 231.75, "231.75"),
    ("current_l1", "input", 6, ">f", 18.4, "18.4"),
    ("power_active_l1", "input", 12, ">f", -1420.5, "-1420.5"),
    ("power_active", "input", 52, ">f", 4216.0, "4216"),
    ("power_reactive", "input", 60, ">f", 418.0, "418"),
    ("power_factor", "input", 62, ">f", 0.875, "0.875"),
    ("frequency", "input", 70, ">f", 49.98, "49.98"),
    ("energy_active_import", "input", 72, ">f", 40960.25, "40960.25"),
]
IEM3155 = [  # Schneider iEM3100 user manual: int64 counters in Wh, float32 powers in kW, holding registers
    ("serial_number", "holding", 129, ">I", 21045678, "21045678"),
    ("voltage_l1_n", "holding", 3027, ">f", 229.5, "229.5"),
    ("power_active_l1", "holding", 3053, ">f", 0.125, "125"),
    ("power_active_l2", "holding", 3055, ">f", -4.216, "-4216"),
    ("power_active_l3", "holding", 3057, ">f", 3.0905, "3090.5"),
    ("power_active", "holding", 3059, ">f", float("nan"), None),
    ("power_factor", "holding", 3083, ">f", 1.25, "0.75"),
    ("frequency", "holding", 3109, ">f", 50.0, "50"),
    ("energy_active_import", "holding", 3203, ">q", 9007199254740993, "9007199254740.993"),
    ("energy_active_export", "holding", 3207, ">q", 12345678, "12345.678"),
    ("energy_reactive_import", "holding", 3219, ">q", -2**63, None),
    ("energy_reactive_export", "holding", 3223, ">q", -1, None),
]
# What stands between the points of one request: a model may read across it.
SPANS = {"eastron-sdm630": [("input", 0, 108)], "schneider-iem3155": []}
FACTS = {"eastron-sdm630": SDM630, "schneider-iem3155": IEM3155}


def write_image(path, model):
    lines = [f"{table} {first} " + " ".join(["0000"] * count) for table, first, count in SPANS[model]]
    for _, table, address, kind, number, _ in FACTS[model]:
        data = struct.pack(kind, number)
        words = (data[at:at + 2].hex() for at in range(0, len(data), 2))
        lines.append(f"{table} {address} " + " ".join(words))
    path.write_text("\n".join(lines) + "\n")


class Libmodbus(cabinet.Process):
    def __init__(self, name, folder, image):
        super().__init__(name, folder)
        self.image = image
        self.port = None

    def start(self):
        self.launch([LIBMODBUS_SERVER, self.image])
        self.port = int(cabinet.wait_until(lambda: self.text().endswith("\n") and self.text(), 20, "libmodbus to listen"))


class Pymodbus(cabinet.Process):
    def __init__(self, name, folder, image):
        super().__init__(name, folder)
        self.image = image
        self.port = cabinet.free_port()

    def start(self):
        self.launch([sys.executable, PYMODBUS_SERVER, self.image, self.port])

        def listens():
            check(self.running(), f"pymodbus did not start: {self.text()}")
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0
        cabinet.wait_until(listens, 60, "pymodbus to listen")


def same(found, expected):
    """Equal as numbers: trailing zeros are the meter's resolution."""
    return found is None if expected is None else found is not None and decimal.Decimal(found) == decimal.Decimal(expected)


def judge(title, model, found):
    wrong = [f"{point}: {found.get(point)}, not {expected}" for point, *_, expected in FACTS[model]
             if not same(found.get(point), expected)]
    print(f"{title}: {len(FACTS[model]) - len(wrong)} of {len(FACTS[model])} points are right")
    check(not wrong, f"{title}: " + "; ".join(wrong))


def points_of(model):
    return "[" + ", ".join(f'"{point}"' for point, *_ in FACTS[model]) + "]"


def read_with_tool(server, model):
    answer = subprocess.run([str(building.GATEWAY), "read", "--tcp", f"127.0.0.1:{server.port}", "--model", model,
                             "--models", str(building.MODELS), "--points", ",".join(p for p, *_ in FACTS[model]),
                             "--format", "json"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    check(answer.returncode == 0, f"`bornier read` failed at {server.name}: {answer.stderr}")
    rows = json.loads(answer.stdout)
    for row in rows:
        expected = next(expected for point, *_, expected in FACTS[model] if point == row["point"])
        check((row["state"] == "not available") == (expected is None), f"{server.name}: state of {row}")
    judge(f"bornier read, {server.name}", model, {row["point"]: row["value"] or None for row in rows})


def read_into_the_city(folder, servers):
    certificates = cabinet.Certificates(folder / "certificates", ["broker", "platform", "cab-1"])
    broker = cabinet.Broker(folder, certificates, ["cab-1"])
    platform = cabinet.Platform(folder, building.PLATFORM, broker, certificates)
    buses = "".join(building.bus_toml(server.name, server.port, [(server.name, 1, model, "1s", points_of(model))])
                    for server, model in servers)
    gateway = cabinet.Gateway(folder, building.GATEWAY, "cab-1",
                              building.gateway_toml(broker, certificates, platform='batch_every = "1s"', rest=buses))
    present = sum(expected is not None for _, model in servers for *_, expected in FACTS[model])
    with building.running(broker, platform, gateway):
        cabinet.wait_until(lambda: len(platform.rows("SELECT point FROM latest_view")) >= present, 60,
                           "every point to reach the city's database")
        for server, model in servers:
            latest = platform.rows("SELECT point, coalesce(value, text) FROM latest_view WHERE meter = ?", server.name)
            judge(f"the city's database, {server.name}", model, dict(latest))
            absent = {point for (point,) in platform.rows(
                "SELECT point FROM state_view WHERE meter = ? AND state = 'not available'", server.name)}
            check(absent == {point for point, *_, expected in FACTS[model] if expected is None},
                  f"{server.name}: state_view says that {sorted(absent)} are not available")


def mbpoll(port, kind, first, count):
    """Values by register address counted from 0."""
    answer = subprocess.run(["mbpoll", "-m", "tcp", "-p", str(port), "-a", "1", "-t", kind, "-B", "-0", "-r", str(first),
                             "-c", str(count), "-1", "127.0.0.1"], capture_output=True, text=True, timeout=60)
    check(answer.returncode == 0, f"mbpoll: {answer.stdout}{answer.stderr}")
    lines = (line for line in answer.stdout.splitlines() if line.startswith("["))
    return {int(line[1:line.index("]")]): line.split(":")[1].strip() for line in lines}


def read_ours_with_mbpoll(folder):
    port = cabinet.free_port()
    simulator = cabinet.Simulator("simulator", folder, building.GATEWAY, f"""
[[endpoint]]
listen = "127.0.0.1:{port}"
[[endpoint.meter]]
name = "ours"
model = "eastron-sdm630"
fixed = {{ voltage_l1_n = "230.2", current_l1 = "18.4", power_active = "4216" }}
""")
    with building.running(simulator):
        cabinet.wait_until(lambda: "listening" in simulator.text(), 20, "the simulator to listen")
        found = mbpoll(port, "3:float", 0, 4) | mbpoll(port, "3:float", 52, 1)
        right = {address: same(found.get(address), value) for address, value in {0: "230.2", 6: "18.4", 52: "4216"}.items()}
        print(f"mbpoll reads our simulated meter: {found}")
        check(all(right.values()), "mbpoll does not read what the simulated meter was told to show")


def main():
    with building.folder("foreign-servers") as folder:
        images = {model: folder / f"{model}.image" for model in FACTS}
        for model, image in images.items():
            write_image(image, model)
        servers = [(kind(f"{kind.__name__.lower()}-{model}", folder, images[model]), model)
                   for kind in (Libmodbus, Pymodbus) for model in FACTS]
        with building.running(*(server for server, _ in servers)):
            for server, model in servers:
                read_with_tool(server, model)
            read_into_the_city(folder, servers)
        read_ours_with_mbpoll(folder)


if __name__ == "__main__":
    sys.exit(main())

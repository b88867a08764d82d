# SPDX-License-Identifier: Apache-2.0
"""Serial lines with somebody else at the other end: meters that libmodbus and pymodbus serve are read right on a line
and behind RTU over TCP, by `bornier read` and by the daemon into the city's database; and mbpoll reads our simulated
meters on both.

A pseudo-terminal stands for the line: it has bytes and silences, but neither parity nor RS-485 direction. socat is the
cable, and the converter of RTU over TCP.
"""

import json
import os
import subprocess
import sys

import building
import cabinet
import foreign_servers
from building import check

BAUD = ["--baud", "9600", "--parity", "even"]


class Cable(cabinet.Process):
    """Two serial devices that are joined."""

    def __init__(self, name, folder):
        super().__init__(f"cable-{name}", folder)
        self.ends = [str(folder / f"{name}-{side}") for side in ("meter", "gateway")]

    def start(self):
        self.launch(["socat", *(f"pty,raw,echo=0,link={end}" for end in self.ends)])
        cabinet.wait_until(lambda: all(map(os.path.exists, self.ends)), 20, "socat to join two pseudo-terminals")


class Converter(cabinet.Process):
    """A serial server: passes bytes between a TCP port and a device."""

    def __init__(self, name, folder, device):
        super().__init__(f"converter-{name}", folder)
        self.device = device
        self.port = cabinet.free_port()

    def start(self):
        self.launch(["socat", f"TCP-LISTEN:{self.port},bind=127.0.0.1,reuseaddr,fork", f"OPEN:{self.device},raw,echo=0"])


class Server(cabinet.Process):
    """One of the two foreign meters on a line."""

    def __init__(self, kind, folder, image, cable):
        super().__init__(f"{kind}-{cable.name}", folder)
        program = {"libmodbus": [foreign_servers.LIBMODBUS_SERVER],
                   "pymodbus": [sys.executable, foreign_servers.PYMODBUS_SERVER]}[kind]
        self.command = [*program, image, cable.ends[0]]

    def start(self):
        self.launch(self.command)


def read_with_tool(place, model, arguments):
    """Until the server is there; then its values count."""
    command = [str(building.GATEWAY), "read", *arguments, "--format", "json"]

    def answered():
        answer = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        return json.loads(answer.stdout) if answer.returncode == 0 else None
    rows = cabinet.wait_until(answered, 60, f"`bornier read` to get an answer at {place}")
    foreign_servers.judge(f"bornier read, {place}", model, {row["point"]: row["value"] or None for row in rows})


def bus(name, transport, model):
    return (f'[[bus]]\nname = "{name}"\n{transport}\n[[meter]]\nid = "{name}"\nbus = "{name}"\nunit_id = 1\n'
            f'model = "{model}"\nevery = "2s"\npoints = {foreign_servers.points_of(model)}\n')


def serial(device):
    return f'transport = "rtu"\ndevice = "{device}"\nbaud = 9600\nparity = "even"'


def read_foreign_meters(folder):
    images = {model: folder / f"{model}.image" for model in foreign_servers.FACTS}
    for model, image in images.items():
        foreign_servers.write_image(image, model)
    parts, buses, meters, tools = [], "", [], []
    for kind, model in [("libmodbus", "eastron-sdm630"), ("pymodbus", "schneider-iem3155")]:
        line = Cable(f"{kind}-line", folder)
        behind = Cable(f"{kind}-behind", folder)
        converter = Converter(kind, folder, behind.ends[1])
        parts += [line, behind, converter, Server(kind, folder, images[model], line),
                  Server(kind, folder, images[model], behind)]
        buses += bus(f"{kind}-rtu", serial(line.ends[1]), model)
        buses += bus(f"{kind}-rtu-over-tcp",
                     f'transport = "rtu-over-tcp"\nhost = "127.0.0.1"\nport = {converter.port}', model)
        meters += [(f"{kind}-rtu", model), (f"{kind}-rtu-over-tcp", model)]
        points = ",".join(point for point, *_ in foreign_servers.FACTS[model])
        tools.append((f"{kind}-rtu", model, ["--rtu", line.ends[1], *BAUD, "--model", model, "--models",
                                             str(building.MODELS), "--points", points]))
    certificates = cabinet.Certificates(folder / "certificates", ["broker", "platform", "cab-1"])
    broker = cabinet.Broker(folder, certificates, ["cab-1"])
    platform = cabinet.Platform(folder, building.PLATFORM, broker, certificates)
    gateway = cabinet.Gateway(folder, building.GATEWAY, "cab-1",
                              building.gateway_toml(broker, certificates, platform='batch_every = "1s"', rest=buses))
    expected = sum(fact[-1] is not None for _, model in meters for fact in foreign_servers.FACTS[model])
    with building.running(broker, platform, *parts):
        for place, model, arguments in tools:
            read_with_tool(place, model, arguments)
        with building.running(gateway):
            cabinet.wait_until(lambda: len(platform.rows("SELECT point FROM latest_view")) >= expected, 60,
                               "every point to reach the city's database")
            for meter, model in meters:
                rows = platform.rows("SELECT point, coalesce(value, text) FROM latest_view WHERE meter = ?", meter)
                foreign_servers.judge(f"the city's database, {meter}", model, dict(rows))
            check("does not keep parity" in gateway.text(), "the gateway did not say what a pseudo-terminal lacks")
            busy = subprocess.run([str(building.GATEWAY), "read", *tools[0][2]], capture_output=True, text=True, timeout=60)
            check(busy.returncode == 1 and "another program has it" in busy.stderr,
                  f"`bornier read` on the daemon's line: {busy.returncode} {busy.stderr}")


def mbpoll_rtu(device):
    answer = subprocess.run(["mbpoll", "-m", "rtu", "-b", "9600", "-P", "even", "-a", "1", "-t", "3:float", "-B", "-0",
                             "-r", "0", "-c", "4", "-1", device], capture_output=True, text=True, timeout=60)
    lines = [line for line in answer.stdout.splitlines() if line.startswith("[")]
    return {int(line[1:line.index("]")]): line.split(":")[1].strip() for line in lines}


def read_ours_with_mbpoll(folder):
    port = cabinet.free_port()
    meter = """[[endpoint.meter]]
name = "{name}"
model = "eastron-sdm630"
fixed = {{ voltage_l1_n = "230.2", current_l1 = "18.4" }}
"""
    simulator = cabinet.Simulator("simulator", folder, building.GATEWAY,
                                  f'[[endpoint]]\npty = "{folder}/ours"\nbaud = 9600\n' + meter.format(name="on-a-line")
                                  + f'[[endpoint]]\nlisten = "127.0.0.1:{port}"\nframing = "rtu"\n'
                                  + meter.format(name="over-tcp"))
    cable = cabinet.Process("cable-to-ours", folder)
    with building.running(simulator):
        cabinet.wait_until(lambda: simulator.text().count("listening") == 2, 20, "the simulator to listen")
        cable.launch(["socat", f"pty,raw,echo=0,link={folder}/over-tcp", f"TCP:127.0.0.1:{port}"])
        try:
            for device in ("ours", "over-tcp"):
                found = cabinet.wait_until(lambda device=device: mbpoll_rtu(folder / device), 30,
                                           f"mbpoll to get an answer at {device}")
                right = all(foreign_servers.same(found.get(address), value)
                            for address, value in {0: "230.2", 6: "18.4"}.items())
                print(f"mbpoll reads our simulated meter, {device}: {found}")
                check(right, "mbpoll does not read what the simulated meter was told to show")
        finally:
            cable.stop()
    check(not os.path.lexists(folder / "ours"), "the simulator left its link behind")


def main():
    with building.folder("foreign-lines") as folder:
        read_foreign_meters(folder)
        read_ours_with_mbpoll(folder)


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: Apache-2.0
"""`bornier scan` before meters that nobody has told it about: on a serial line, over TCP, behind a converter; simulated
ones, one whose registers fit no model, and one that libmodbus serves. What it prints is a configuration that `check`
accepts and by which `read` and the daemon read every meter. And all shipped models, each behind a unit id.

A pseudo-terminal has neither bit rate nor parity: that the right ones are found is shown by the unit tests.
"""

import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import time
import tomllib

import building
import cabinet
import foreign_servers
from building import check

# unit id, model, what is certain about it
LINE = [(3, "eastron-sdm630", True), (7, "carlo-gavazzi-em340", True), (12, "sunspec-203", True), (17, "abb-b23-b24", True),
        (18, "janitza-umg604", False), (21, "xy-md02", False)]
STRANGER = 9
# A map that no shipped model has: a pump that counts its own things.
STRANGE_MODEL = """format = 1
id = "strange-pump"
version = "1"
manufacturer = "Nobody"
title = "pump"
medium = "water"
confidence = "low"
[limits]
holes = "refused"
[defaults]
table = "holding"
[points]
speed = { quantity = "device_setting", address = 300, type = "uint16" }
mode = { quantity = "status", address = 301, type = "uint16" }
[[test]]
title = "any"
origin = "made up"
registers = [{ table = "holding", first = 300, words = "0001" }]
expect = { speed = "1" }
"""
HEAD = """[gateway]
id = "cab-1"
city = "sceaux"
timezone = "Europe/Paris"
state_directory = "{folder}-state"
models = ["{models}"]
clock = "system"

"""


def meter(unit, model, rest=""):
    return f'[[endpoint.meter]]\nname = "unit-{unit}"\nunit_id = {unit}\nmodel = "{model}"\nlatency = "5ms"\n{rest}'


def scan(*arguments, seconds=120):
    return subprocess.run([str(building.GATEWAY), "scan", *map(str, arguments), "--models", str(building.MODELS)],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds)


def wait_for(port):
    def listens():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0
    cabinet.wait_until(listens, 20, "the simulated meters to listen")


def rows_of(answer):
    check(answer.returncode == 0, f"`scan` ended with {answer.returncode}: {answer.stderr}{answer.stdout}")
    return {row["unit_id"]: row for row in json.loads(answer.stdout)}


def without_values(blocks):
    """Comments name values of the moment."""
    return re.sub(r"^#.*\n", "", blocks, flags=re.MULTILINE)


def simulator(folder, name, description):
    models = folder / "models"
    models.mkdir(exist_ok=True)
    (models / "strange-pump.toml").write_text(STRANGE_MODEL)
    one = cabinet.Simulator(name, folder, building.GATEWAY, description)
    one.command += ["--models", models]
    return one


def use(folder, name, block, meters):
    """`check` accepts what was printed; `read` and the daemon read by it."""
    file = folder / f"{name}.toml"
    file.write_text(HEAD.format(folder=folder / name, models=building.MODELS) + block)
    checked = subprocess.run([building.GATEWAY, "check", "-c", file], capture_output=True, text=True, timeout=60)
    check(checked.returncode == 0, f"`check` refuses what `scan` printed:\n{checked.stderr}{block}")
    ids = re.findall(r'^id = "(.*)"$', block, re.MULTILINE)
    check(len(set(ids)) == len(meters), f"{name}: meters {ids}, not {len(meters)} different ones")
    for identity in ids:
        read = subprocess.run([building.GATEWAY, "read", "-c", file, identity, "--format", "json"], capture_output=True,
                              text=True, timeout=60)
        states = [row["state"] for row in json.loads(read.stdout or "[]")]
        check(read.returncode == 0 and any(state.startswith("ok") for state in states),
              f"{name}: `read {identity}` gives nothing: {read.stderr}{states}")
    gateway = cabinet.Gateway(folder, building.GATEWAY, name, file.read_text())
    with building.running(gateway):
        def read_all():
            status = gateway.status()
            return status and all(any(point["state"] == "ok" for point in each["points"]) for each in status["meters"])
        cabinet.wait_until(read_all, 60, "the daemon to read every meter that was found")
        check(len(gateway.status()["meters"]) == len(meters), "the daemon does not know every meter")
        busy = scan("--rtu", folder / "line", "--unit-ids", "1", "--bauds", "9600")
        taken = name == "line"
        check(not taken or (busy.returncode == 1 and "another program has it" in busy.stderr
                            and "systemctl stop bornier" in busy.stderr),
              f"`scan` beside the daemon: {busy.returncode} {busy.stderr}")


def on_a_line(folder):
    device = folder / "line"
    description = f'[[endpoint]]\npty = "{device}"\n' + "".join(meter(unit, model) for unit, model, _ in LINE)
    with building.running(simulator(folder, "meters", description + meter(STRANGER, "strange-pump"))):
        cabinet.wait_until(lambda: os.path.exists(device), 20, "the simulated line")
        arguments = ["--rtu", device, "--unit-ids", "1-22", "--bauds", "9600,19200", "--timeout", "300ms"]
        answer = scan(*arguments, "--format", "json")
        rows = rows_of(answer)
        check(sorted(rows) == sorted([unit for unit, *_ in LINE] + [STRANGER]), f"found {sorted(rows)}")
        for unit, model, certain in LINE:
            row = rows[unit]
            check(row["model"] == model and row["certainty"] == ("certain" if certain else "looks like")
                  and row["baud"] == 9600 and row["parity"] == "none" and row["or"] is None, f"unit {unit}: {row}")
        check(rows[STRANGER]["model"] is None and rows[STRANGER]["certainty"] == "unknown"
              and "Nobody" in rows[STRANGER]["reason"], f"the stranger: {rows[STRANGER]}")
        check("this line takes no notice" in answer.stderr, f"`scan` on a pseudo-terminal said nothing: {answer.stderr}")
        print(f"on a line: {len(rows)} units found, {len(LINE)} named")
        block = scan(*arguments, "--format", "toml").stdout
        check(f"# unit {STRANGER}: says it is Nobody" in block, f"the stranger is not in the blocks:\n{block}")
        few = ["--rtu", device, "--unit-ids", "3,7", "--bauds", "9600", "--parities", "none"]
        table, blocks = scan(*few).stdout, scan(*few, "--format", "toml").stdout
        check(table.startswith("unit_id") and without_values(table).endswith("\n" + without_values(blocks)),
              f"the table is not followed by the blocks: {table}")
        use(folder, "line", block, LINE)
        interrupted(folder, device)


def interrupted(folder, device):
    """Ctrl-C at a terminal, where a bar is drawn."""
    leader, follower = pty.openpty()
    process = subprocess.Popen([building.GATEWAY, "scan", "--rtu", device, "--bauds", "9600", "--models", building.MODELS],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=follower, text=True)
    os.close(follower)
    drawn = ""
    try:
        while "unit 7 at 9600 8N1" not in drawn:
            drawn += os.read(leader, 4096).decode()
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        printed = process.communicate(timeout=20)[0]
        took = time.monotonic() - begun
    finally:
        process.kill()
        process.wait(10)
        os.close(leader)
    check("[" in drawn and " left" in drawn, f"no progress at a terminal: {drawn}")
    limit = 5 if os.environ.get("BORNIER_SANITIZE") else 1
    check(process.returncode == 0 and took < limit, f"Ctrl-C took {took:.1f} s, exit code {process.returncode}")
    check("eastron-sdm630" in printed and "[[meter]]" in printed, f"after Ctrl-C nothing of what was found: {printed}")
    print(f"Ctrl-C ends it in {took * 1000:.0f} ms")


def behind_sockets(folder):
    ports = {framing: cabinet.free_port() for framing in ("tcp", "rtu")}
    description = "".join(f'[[endpoint]]\nlisten = "127.0.0.1:{port}"\nframing = "{framing}"\n'
                          + meter(2, "schneider-iem3155") + meter(4, "inepro-pro380")
                          for framing, port in ports.items()).replace('"unit-', '"{}-unit-')
    description = description.replace("{}", "a", 2).replace("{}", "b", 2)
    with building.running(simulator(folder, "sockets", description)):
        for option, framing in (("--tcp", "tcp"), ("--rtu-over-tcp", "rtu")):
            place = [option, f"127.0.0.1:{ports[framing]}", "--unit-ids", "1-5", "--timeout", "500ms"]
            wait_for(ports[framing])
            rows = rows_of(scan(*place, "--format", "json"))
            check({unit: row["model"] for unit, row in rows.items()} == {2: "schneider-iem3155", 4: "inepro-pro380"},
                  f"{option}: {rows}")
            check("baud" not in rows[2], f"{option} has a bit rate: {rows[2]}")
            use(folder, f"by-{framing}", scan(*place, "--format", "toml").stdout, rows)
    print("over TCP and RTU over TCP: both meters found, named and read")


def of_others(folder):
    """libmodbus answers whatever unit is asked for, and knows no 43 / 14."""
    image = folder / "sdm630.image"
    foreign_servers.write_image(image, "eastron-sdm630")
    server = foreign_servers.Libmodbus("libmodbus", folder, image)
    with building.running(server):
        answer = scan("--tcp", f"127.0.0.1:{server.port}", "--unit-ids", "1-6", "--format", "json")
        rows = rows_of(answer)
        check(list(rows) == [1] and "whatever unit id" in answer.stderr, f"libmodbus: {rows} {answer.stderr}")
        named = {rows[1]["model"], *(rows[1]["or"] or "").split(", ")}
        check(rows[1]["certainty"] == "looks like" and "eastron-sdm630" in named, f"libmodbus' SDM630: {rows[1]}")
        print(f"libmodbus with the registers of an SDM630 looks like {named - {''}}")
    image.write_text("holding 0 " + " ".join(f"{value:04x}" for value in range(7, 90)) + "\n")
    stranger = foreign_servers.Libmodbus("libmodbus-stranger", folder, image)
    with building.running(stranger):
        rows = rows_of(scan("--tcp", f"127.0.0.1:{stranger.port}", "--unit-ids", "1", "--format", "json"))
        check(rows[1]["certainty"] == "unknown", f"libmodbus with counted registers: {rows[1]}")


def all_models(folder):
    models = sorted(path.stem for path in building.MODELS.glob("*.toml")
                    if tomllib.loads(path.read_text()).get("protocol") != "mqtt")
    port = cabinet.free_port()
    description = f'[[endpoint]]\nlisten = "127.0.0.1:{port}"\n' + "".join(
        meter(unit, model).replace('latency = "5ms"\n', "") for unit, model in enumerate(models, 1))
    with building.running(simulator(folder, "all", description)):
        place = ["--tcp", f"127.0.0.1:{port}", "--unit-ids", f"1-{len(models)}"]
        wait_for(port)
        rows = rows_of(scan(*place, "--format", "json", seconds=300))
    expected = dict(enumerate(models, 1))
    check({unit: row["model"] for unit, row in rows.items()} == expected, f"not every model is named: {rows}")
    certain = sum(row["certainty"] == "certain" for row in rows.values())
    check(certain == 18 and all(row["or"] is None for row in rows.values()), f"{certain} are certain, not 18")
    print(f"{len(rows)} of {len(models)} models scanned over TCP are named, {certain} of them with certainty")


def main():
    with building.folder("scan") as folder:
        on_a_line(folder)
        behind_sockets(folder)
        of_others(folder)
        all_models(folder)


if __name__ == "__main__":
    sys.exit(main())

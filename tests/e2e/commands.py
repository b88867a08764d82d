# SPDX-License-Identifier: Apache-2.0
"""Each command as somebody in front of a cabinet uses it: right, wrong, and beside a running gateway."""

import csv
import io
import json
import re
import subprocess
import sys

import building
import cabinet
from building import check

COMMANDS = ["run", "check", "plan", "read", "write", "simulate", "status", "buffer", "decode", "models", "scan",
            "listen"]
WRONG_USAGE = [[], ["frobnicate"], ["run"], ["check"], ["read"], ["read", "-c", "x.toml"], ["read", "--tcp", "127.0.0.1:502"],
               ["read", "--tcp", "127.0.0.1:502", "--model", "eastron-sdm630", "--unit-id", "300"],
               *(["read", "--rtu", "/dev/none", "--baud", "9600", "--parity", "none", "--model", "eastron-sdm630",
                  "--unit-id", unit] for unit in ("0", "248")), ["write"], ["write", "-c", "x.toml"], ["simulate"], ["status"],
               ["status", "--format", "xml", "--state-directory", "."], ["buffer"], ["decode", "--format", "xml"],
               ["check", "-c", "x.toml", "--loud"], ["scan"],
               *(["scan", "--rtu", "/dev/none", *wrong] for wrong in (
                   ["--unit-ids", "0-5"], ["--unit-ids", "200-248"], ["--unit-ids", "5-1"], ["--bauds", "9601"],
                   ["--parities", "mark"], ["--timeout", "5"], ["--format", "xml"], ["--tcp", "127.0.0.1"])),
               ["scan", "--tcp", "127.0.0.1", "--bauds", "9600"], ["listen"],
               *(["listen", "--broker", "mqtt://127.0.0.1:1", *wrong] for wrong in (
                   ["--topic", "a/#/b"], ["--topic", "a+"], ["--ca", "ca.pem"], ["--username", "me", "--key", "k.pem"], ["-c", "x.toml"],
                   ["--seconds", "0"], ["--format", "xml"], ["--format", "csv", "--raw"])),
               *(["listen", "--broker", url] for url in ("127.0.0.1", "mqtt://me@127.0.0.1", "http://127.0.0.1"))]
MISTAKES = """[gateway]
id = "Cab 1"
city = "sceaux"
timezone = "Europe/Pariss"
state_directory = "state"
models = ["{models}"]
[buffer]
commit_evry = "1s"
max_bytes = "512 bananas"
[platform]
broker = "http://city"
confirm = "maybe"
[[bus]]
name = "plant-room"
transport = "tcp"
host = "127.0.0.1"
port = 99999
[[meter]]
id = "main"
bus = "plant-rom"
unit_id = 300
model = "eastron-sdm63"
[[meter]]
id = "main"
bus = "plant-room"
unit_id = 1
model = "eastron-sdm630"
points = ["voltage_l1", "biling"]
every = "fast"
ct = "250/5"
"""
# line, and a word that the complaint must contain: the mistake, or the remedy
COMPLAINTS = [(2, "a-z"), (4, "Europe/Paris\""), (8, "commit_every"), (9, "512MiB"), (11, "mqtts://"), (12, "platform, broker"),
              (17, "65535"), (20, "plant-rom"), (21, "255"), (22, "eastron-sdm630"), (24, "main"), (28, "voltage_l1_n"),
              (28, "billing"), (29, "10s"), (30, "ct")]
BAD_SIMULATION = """row_evry = "1s"
[[endpoint]]
listen = "127.0.0.1:155o2"
[[endpoint.meter]]
name = "main"
unit_id = 999
model = "eastron-sdm63"
[[endpoint.meter]]
model = "eastron-sdm630"
unit_id = 2
csv = "none.csv"
map = ["x=y"]
"""


def bornier(*arguments, folder=None, seconds=60):
    return subprocess.run([str(building.GATEWAY), *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=seconds, cwd=folder)


def expect(answer, code, stdout="", stderr=""):
    """The exit code, and a text that stands in each output; an empty one means that nothing is printed there."""
    told = f"`{' '.join(answer.args[1:])}` ended with {answer.returncode}:\n{answer.stdout}{answer.stderr}"
    check(answer.returncode == code, f"not {code}: {told}")
    for found, wanted in ((answer.stdout, stdout), (answer.stderr, stderr)):
        check(wanted in found if wanted else not found, f"\"{wanted}\" is not what stands in \"{found}\": {told}")
    return answer


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


def check_usage(folder):
    for command in COMMANDS:
        answer = expect(bornier(command, "--help"), 0, "Example")
        check(f"bornier {command}" in answer.stdout, f"the example of `{command} --help` does not use it")
    expect(bornier("--help"), 0, "Example")
    expect(bornier("--version"), 0, ".")
    for arguments in WRONG_USAGE:
        expect(bornier(*arguments, folder=folder), 2, stderr="--help")
    expect(bornier("decode", "--format", "xml"), 2, stderr="xml is none of table, json, csv")
    expect(bornier("frobnicate"), 2, stderr="frobnicate")
    print(f"{len(COMMANDS)} commands explain themselves; {len(WRONG_USAGE)} wrong usages exit 2")


def check_mistakes(folder):
    bad = folder / "bad.toml"
    bad.write_text(MISTAKES.replace("{models}", str(building.MODELS)))
    complaints = expect(bornier("check", "-c", bad), 1, stderr="error").stderr.splitlines()
    for line in complaints:
        check(re.match(rf"{re.escape(str(bad))}:\d+:\d+: error: ", line), f"not file:line:column: error: … but {line}")
    for number, word in COMPLAINTS:
        check(any(line.startswith(f"{bad}:{number}:") and word in line for line in complaints),
              f"nothing about line {number} and {word}: {complaints}")
    check(len(complaints) == len(COMPLAINTS), f"{len(complaints)} complaints about {len(COMPLAINTS)} mistakes: {complaints}")
    expect(bornier("run", "-c", bad), 1, stderr=complaints[0])
    expect(bornier("check", "-c", folder / "none.toml"), 1, stderr="none.toml:1:1: error: ")
    print(f"check names {len(complaints)} mistakes at once, each with its place")

    elsewhere = folder / "elsewhere.toml"
    elsewhere.write_text(f"""[gateway]
id = "cab-1"
city = "sceaux"
timezone = "Europe/Paris"
state_directory = "state"
models = ["{building.MODELS}"]
[[bus]]
name = "riser"
transport = "rtu"
device = "{folder}"
baud = 9600
parity = "even"
[[meter]]
id = "main"
bus = "riser"
unit_id = 1
model = "eastron-sdm630"
every = "10s"
""")
    expect(bornier("check", "-c", elsewhere), 1, stderr=f"{folder} is a folder, not a serial port")
    nothing = bornier("read", "--rtu", "/dev/null", "--baud", "9600", "--parity", "none", "--model", "eastron-sdm630",
                      "--models", building.MODELS)
    expect(nothing, 1, stderr="/dev/null is no serial port")
    check("plugged" not in nothing.stderr, f"no adapter is missing where another device is: {nothing.stderr}")

    simulation = folder / "bad-simulation.toml"
    simulation.write_text(BAD_SIMULATION)
    answer = expect(bornier("simulate", "--meters", simulation, "--models", building.MODELS), 1, stderr="row_every")
    lines = {int(line.split(":")[1]) for line in answer.stderr.splitlines()}
    check({1, 3, 6, 7, 8, 11} <= lines, f"simulate complains about lines {sorted(lines)} only: {answer.stderr}")
    print(f"simulate names {len(answer.stderr.splitlines())} mistakes at once")


def check_model_tools(folder):
    expect(bornier("models", "search", "multical", "heat", "--models", building.MODELS), 0, "kamstrup-multical-602")
    expect(bornier("models", "search", "no-such-meter", "--models", building.MODELS), 1, stderr="no model has")
    shipped = building.MODELS / "eastron-sdm120.toml"
    expect(bornier("models", "test", shipped), 0, "readings are right")
    broken = folder / "eastron-sdm120.toml"
    broken.write_text(shipped.read_text().replace('network_node = "1"', 'network_node = "2"'))
    expect(bornier("models", "test", broken), 1, "network_node is 1, not 2")
    rows = folder / "My meter.csv"
    rows.write_text("name,register,type,unit\nVoltage L1-N,30001,float,V\nEnergy active import,30073,float,kWh\n")
    made = expect(bornier("models", "import", rows), 0, "energy_active_import", stderr="my-meter.toml")
    (folder / "my-meter.toml").write_text(made.stdout)
    expect(bornier("models", "test", folder / "my-meter.toml"), 1, "nothing shows that it reads right")
    rows.write_text("name,register\nVoltage,first\n")
    expect(bornier("models", "import", rows), 1, stderr="`first` is no register")
    expect(bornier("models", "import", folder / "none.csv"), 1, stderr="cannot be read")
    print("models: searches, tests and imports")


def check_plan(gateway, folder):
    text = gateway.configuration.read_text()
    calm, hopeless = folder / "calm.toml", folder / "hopeless.toml"
    calm.write_text(text.replace('"200ms"', '"10s"'))
    hopeless.write_text(text.replace('"200ms"', '"100ms"').replace('["essential"]', '["all"]'))
    plan = expect(bornier("plan", "-c", calm), 0, "readings a day")
    check("% of the time" in plan.stdout and "fits the buffer" in plan.stdout, f"plan: {plan.stdout}")
    rows = json.loads(expect(bornier("plan", "-c", calm, "--format", "json"), 0, "[").stdout)
    check([row["meter"] for row in rows] == ["main", "gone"] and all(row["requests"] >= 1 for row in rows), f"plan: {rows}")
    expect(bornier("plan", "-c", hopeless), 1, "plant-room", stderr="most marks are missed")
    print("plan: tells what buses, link and disk have to bear")


def check_read_without_a_model(place):
    """The simulated SDM630 has voltages as float32, high word first, from input register 30001 on."""
    floats = [*place, "--input", "30001", "--count", "6", "--type", "float32"]
    rows = json.loads(expect(bornier(*floats, "--format", "json"), 0, "[").stdout)
    check([row["reference"] for row in rows] == ["30001", "30003", "30005"] and
          all(180 < float(row["value"]) < 260 for row in rows), f"three voltages: {rows}")
    orders = json.loads(expect(bornier(*floats, "--try-orders", "--format", "json"), 0, "[").stdout)
    likely = [(row["word_order"], row["byte_order"]) for row in orders if row["likely"] == "yes"]
    check(len(orders) == 4 and likely == [("big", "big")], f"the likely order is {likely}: {orders}")
    registers = rows_of(expect(bornier(*place, "--input", "@0", "--count", "2", "--format", "csv"), 0, "hex").stdout)
    check([row["address"] for row in registers] == ["0", "1"], f"two registers: {registers}")
    raw = expect(bornier(*place, "--input", "0", "--count", "2", "--raw"), 0, "30001", stderr="request")
    check("function 4, read input registers" in raw.stderr and "address 1: " in raw.stderr, f"--raw explains: {raw.stderr}")
    expect(bornier(*place, "--input", "@8998", "--count", "2"), 1, stderr="illegal data address")
    for wrong, why in ((["--holding", "70000"], "70000 is no such register"), (["--input", "@65535", "--count", "2"], "past address 65535"),
                       (["--input", "0", "--count", "1", "--type", "float32"], "takes 2 registers"),
                       (["--input", "0", "--type", "float"], "no register type"), (["--input", "0", "--coils", "0"], "excludes"),
                       (["--input", "0", "--watch", "0s"], "no period"), (["--input", "0", "--word-order", "little"], "requires"),
                       (["--input", "0", "--points", "all"], "excludes"), (["--coils", "0", "--type", "uint16"], "excludes")):
        answer = bornier(*place, *wrong)
        check(answer.returncode == 2 and why in answer.stderr, f"read {wrong}: {answer.returncode} {answer.stderr}")


def check_read(gateway, port):
    ask = gateway.ask
    expect(bornier("check", "-c", gateway.configuration), 0, "no mistakes")
    expect(ask("read", "main"), 0, "voltage_l1_n")
    rows = json.loads(expect(ask("read", "main", "--points", "billing,voltage_*", "--format", "json"), 0, "[").stdout)
    check({"energy_active_import", "voltage_l1_n"} <= {row["point"] for row in rows}, f"points are missing: {rows}")
    check(all(row["state"] == "ok" and row["value"] for row in rows), f"values are missing: {rows}")
    check(rows_of(expect(ask("read", "--points", "frequency", "main", "--format", "csv"), 0, "frequency").stdout)[0]["unit"] == "Hz",
          "csv gives another unit")
    expect(ask("read", "mian"), 1, stderr="did you mean `main`?")
    expect(ask("read", "main", "--points", "voltge_l1_n"), 1, stderr="did you mean `voltage_l1_n`?")
    expect(ask("read", "gone"), 1, stderr="check host and port")
    adhoc = ["read", "--tcp", f"127.0.0.1:{port}", "--models", building.MODELS]
    expect(bornier(*adhoc, "--model", "eastron-sdm630"), 0, "power_active")
    expect(bornier(*adhoc, "--model", "eastron-sdm630", "--unit-id", 9), 1, stderr="check the unit id")
    expect(bornier(*adhoc, "--model", "eastron-sdm63"), 1, stderr="did you mean `eastron-sdm630`?")
    check_read_without_a_model(adhoc[:3])
    print("read: from the configuration, ad hoc and without a model, and says what is wrong")


def check_status(gateway):
    expect(gateway.ask("status"), 0, "gone: bus down since ")
    answer = json.loads(expect(gateway.ask("status", "--format", "json"), 0, "{").stdout)
    check(answer["gateway"]["id"] == "cab-1" and len(answer["meters"]) == 2, f"status: {answer}")
    states = {row["meter"]: row["state"] for row in rows_of(expect(gateway.ask("status", "--format", "csv"), 0, "main").stdout)}
    check(states == {"main": "ok", "gone": "bus down"}, f"status --format csv: {states}")
    folder = gateway.configuration.parent / "cab-1-state"
    expect(bornier("status", "--state-directory", folder), 0, "cab-1")
    print("status: table, json and csv")


def check_buffer(gateway):
    expect(gateway.ask("buffer"), 0, "(current)")
    figures = {row["what"]: row for row in json.loads(expect(gateway.ask("buffer", "--format", "json"), 0, "[").stdout)}
    check(figures["unconfirmed"]["readings"] > 0, f"nothing is unconfirmed: {figures}")
    check(rows_of(gateway.ask("buffer", "--format", "csv").stdout)[0]["what"] == "journal", "buffer --format csv")
    rows = rows_of(expect(gateway.ask("buffer", "export"), 0, "main").stdout)
    check(len(rows) >= figures["unconfirmed"]["readings"], f"export gives {len(rows)} readings only")
    check(all(row["meter"] == "main" and row["point"] and row["time"] for row in rows), "export lacks names or times")
    lines = expect(gateway.ask("buffer", "export", "--format", "json"), 0, "main").stdout.splitlines()
    again = [json.loads(line) for line in lines]
    check(len(again) >= len(rows), "export as json has fewer readings than as csv before it")
    unsealed = [row for row in again if row["sequence"] is None]
    check(all(row["stream"] is None for row in unsealed), "a reading that is not sealed has no stream yet")
    print(f"buffer beside a running gateway: {len(again)} readings exported, {len(unsealed)} of them not sealed yet")


def main():
    with building.folder("commands") as folder:
        check_usage(folder)
        check_mistakes(folder)
        certificates = cabinet.Certificates(folder / "certificates", ["broker", "cab-1"])
        broker = cabinet.Broker(folder, certificates, ["cab-1"])
        served, gone = cabinet.free_port(), cabinet.free_port()
        simulator = cabinet.Simulator("simulator", folder, building.GATEWAY,
                                      f'[[endpoint]]\nlisten = "127.0.0.1:{served}"\n'
                                      '[[endpoint.meter]]\nname = "main"\nmodel = "eastron-sdm630"\n')
        buses = (building.bus_toml("plant-room", served, [("main", 1, "eastron-sdm630", "200ms", '["essential"]')])
                 + building.bus_toml("roof", gone, [("gone", 1, "eastron-sdm630", "1s", '["essential"]')]))
        gateway = cabinet.Gateway(folder, building.GATEWAY, "cab-1",
                                  building.gateway_toml(broker, certificates, platform='batch_every = "1s"', rest=buses))
        check_model_tools(folder)
        check_plan(gateway, folder)
        expect(gateway.ask("status"), 1, stderr="is the gateway running")
        expect(gateway.ask("buffer"), 1, stderr="cab-1-state")
        with building.running(broker, simulator, gateway):  # without a platform: nothing is confirmed
            cabinet.wait_until(lambda: (gateway.status() or {"buffer": {"newest": 0}})["buffer"]["newest"] >= 2, 60,
                               "two batches")
            check_status(gateway)
            check_buffer(gateway)
            check_read(gateway, served)
        print(gateway.ask("buffer").stdout)


if __name__ == "__main__":
    sys.exit(main())

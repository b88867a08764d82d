# SPDX-License-Identifier: Apache-2.0
"""What is on the wire can be read without us: a Python reader written from proto/ alone turns captured batches into the
same readings as `bornier decode`, which itself takes lines of mosquitto_sub, raw files, and garbage with a complaint.

The capture is a live run with texts, missing values, exceptions, a meter that dies, and events.
"""

import csv
import io
import json
import os
import subprocess
import sys
import time

import building
import cabinet
from building import check
from foreign_servers import Pymodbus

SECONDS = float(os.environ.get("BORNIER_CAPTURE_SECONDS", "12"))
READER = cabinet.SOURCE / "tests/python/read_batches.py"


class Observer(cabinet.Process):
    """mosquitto_sub with a certificate of its own; what it hears stands in its output."""

    def __init__(self, folder, broker, certificates):
        super().__init__("observer", folder)
        self.broker = broker
        self.command = ["mosquitto_sub", "-h", "127.0.0.1", "-p", broker.port, "--cafile", certificates.ca, "--cert",
                        certificates.certificate("observer"), "--key", certificates.key("observer"), "-q", "1",
                        "-t", "bornier/v1/+/+/+", "-F", "%t %x"]

    def start(self):
        self.launch(self.command)
        cabinet.wait_until(lambda: "SUBSCRIBE" in self.broker.text() or "observer" in self.broker.text(), 20,
                           "the observer to reach the broker")

    def lines(self):
        return self.text().splitlines()


def capture(folder):
    """The lines that an observer hears of a cabinet with every kind of entry."""
    certificates = cabinet.Certificates(folder / "certificates", ["broker", "platform", "observer", "cab-1"])
    broker = cabinet.Broker(folder, certificates, ["cab-1"])
    platform = cabinet.Platform(folder, building.PLATFORM, broker, certificates)
    observer = Observer(folder, broker, certificates)
    (folder / "load.csv").write_text("power,voltage\n" + "4216,234.840\n?,?\n5360,233.630\n-17,?\n" * 3)
    image = folder / "lacks-counters.image"
    image.write_text("holding 3027 4365 8000 4365 0000 4366 0000\n")
    refusing = Pymodbus("refusing", folder, image)
    ports = [cabinet.free_port() for _ in range(2)]
    simulator = cabinet.Simulator("simulator", folder, building.GATEWAY, f"""
row_every = "700ms"
[[endpoint]]
listen = "127.0.0.1:{ports[0]}"
[[endpoint.meter]]
name = "gappy"
model = "eastron-sdm630"
csv = "load.csv"
map = ["power=power_active", "voltage=voltage_l1_n"]
at_end = "wrap"
[[endpoint]]
listen = "127.0.0.1:{ports[1]}"
[[endpoint.meter]]
name = "texts"
model = "schneider-iem3155"
fixed = {{ meter_model = "iEM3155", meter_name = "Main \\"South\\", floor 2", serial_number = "21045678" }}
""")
    buses = (building.bus_toml("gappy", ports[0], [("gappy", 1, "eastron-sdm630", "200ms",
                                                    '["power_active", "voltage_l1_n"]')])
             + building.bus_toml("texts", ports[1], [("texts", 1, "schneider-iem3155", "500ms", '["all"]')])
             + building.bus_toml("refusing", refusing.port, [("refusing", 1, "schneider-iem3155", "1s",
                                                              '["voltage_l1_n", "voltage_l2_n", "energy_active_import"]')]))
    gateway = cabinet.Gateway(folder, building.GATEWAY, "cab-1",
                              building.gateway_toml(broker, certificates, platform='batch_every = "1s"', rest=buses))
    with building.running(broker, platform, observer, refusing, simulator, gateway):
        time.sleep(SECONDS / 2)
        simulator.say("dead texts")
        time.sleep(SECONDS / 2)
        piped = subprocess.run(" ".join(map(str, observer.command)).replace("-F %t %x", "-F '%t %x' -W 4")
                               + f" | {building.GATEWAY} decode --format json", shell=True, capture_output=True, text=True,
                               timeout=60)
        gateway.stop()
        cabinet.wait_until(lambda: observer.lines() and len(observer.lines()) > 4, 20, "the observer to hear something")
    return observer.lines(), piped


def decode(*arguments, lines=()):
    return subprocess.run([str(building.GATEWAY), "decode", *map(str, arguments)],
                          input="".join(line + "\n" for line in lines), capture_output=True, text=True, timeout=120)


def as_read_by_python(folder, lines):
    """The readings that the foreign reader finds, with its times written as `bornier decode` writes them."""
    classes = folder / "classes"
    classes.mkdir()
    subprocess.run(["protoc", f"--proto_path={cabinet.SOURCE}/proto", f"--python_out={classes}",
                    "bornier/v1/telemetry.proto", "bornier/v1/catalog.proto"], check=True)
    sys.path.insert(0, str(classes))
    answer = subprocess.run([sys.executable, READER], input="".join(line + "\n" for line in lines), capture_output=True,
                            text=True, timeout=120, env={**os.environ, "PYTHONPATH": str(classes)})
    check(answer.returncode == 0, f"the Python reader failed: {answer.stderr}")
    return [json.loads(line) for line in answer.stdout.splitlines()]


def plain(row):
    """A row of `bornier decode` as the Python reader writes it."""
    return {**row, "time": cabinet.milliseconds(row["time"]), "unit": row["unit"] or "", "value": row["value"] or ""}


def check_contents(lines):
    """That the capture holds what it was made for, by the generated classes."""
    import zstandard
    from bornier.v1 import telemetry_pb2
    kinds, states, texts, columns = set(), set(), 0, 0
    for line in lines:
        topic, payload = line.split()
        if topic.split("/")[4] not in ("batch", "backlog"):
            continue
        batch = telemetry_pb2.Batch.FromString(bytes.fromhex(payload))
        body = zstandard.ZstdDecompressor().decompress(batch.zstd) if batch.WhichOneof("body") == "zstd" else batch.plain
        readings = telemetry_pb2.Readings.FromString(body)
        kinds |= {event.kind for event in readings.events}
        states |= {state.state for state in readings.states}
        texts += len(readings.texts)
        columns += sum(readings.groups[::2])
    wanted = {telemetry_pb2.ACQUISITION_NO_RESPONSE, telemetry_pb2.ACQUISITION_EXCEPTION,
              telemetry_pb2.ACQUISITION_NOT_AVAILABLE, telemetry_pb2.ACQUISITION_OK}
    print(f"captured: {len(lines)} messages, {columns} columns, {texts} texts, states {sorted(states)}, events {sorted(kinds)}")
    check(wanted <= states and kinds and texts, "the capture lacks texts, events or states: it proves too little")


def batches_of(lines):
    return [line for line in lines if line.split()[0].rsplit("/", 1)[1] in ("batch", "backlog")]


def check_formats(lines, rows):
    as_csv = decode("--format", "csv", lines=lines)
    from_csv = list(csv.DictReader(io.StringIO(as_csv.stdout)))
    check(from_csv == [{key: "" if value is None else str(value) for key, value in row.items()} for row in rows],
          "`decode --format csv` differs from json")
    table = decode("--format", "table", lines=lines).stdout.splitlines()
    check(len(table) == len(rows) + 1 and all(row["point"] in line for row, line in zip(rows, table[1:])),
          "`decode --format table` differs from json")
    check(decode(lines=lines).stdout.splitlines() == decode("--format", "json", lines=lines).stdout.splitlines(),
          "JSON lines are not the default of `decode`")
    print(f"csv and table hold the same {len(rows)} readings")


def check_files(folder, lines, rows):
    catalog = folder / "catalog.bin"
    catalog.write_bytes(bytes.fromhex([line.split()[1] for line in lines if line.split()[0].endswith("/catalog")][-1]))
    files = []
    for number, line in enumerate(batches_of(lines)):
        files.append(folder / f"{number}.batch")
        files[-1].write_bytes(bytes.fromhex(line.split()[1]))
    answer = decode("--catalog", catalog, "--format", "json", *files)
    check(answer.returncode == 0 and [json.loads(line) for line in answer.stdout.splitlines()] == rows,
          f"raw files give other readings: {answer.stderr}")
    print(f"{len(files)} raw files give the same readings")


def check_garbage(lines, rows):
    first = next(number for number, line in enumerate(lines) if line in batches_of(lines))
    topic, payload = lines[first].split()
    damaged = f"{topic} {payload[:-8]}{'0' * 8}"
    garbage = ["", "hello", f"{topic} zz", f"{topic} 0", topic, "bornier/v1/a/b/c/d 00", f"{topic} {payload[:40]}", damaged,
               f"{topic} " + "ff" * 50]
    answer = decode("--format", "json", lines=lines[:first] + garbage + lines[first:])
    complaints = answer.stderr.splitlines()
    check(answer.returncode == 1, f"garbage was decoded with exit code {answer.returncode}")
    check([json.loads(line) for line in answer.stdout.splitlines()] == rows, "garbage changed what the rest decodes to")
    for number in range(first + 1, first + len(garbage) + 1):
        check(any(line.startswith(f"standard input:{number}:") for line in complaints), f"no complaint about line {number}")
    print(f"{len(garbage)} lines of garbage: as many complaints, exit code 1, and the same readings; the first:\n  "
          + complaints[0])


def main():
    with building.folder("foreign-readers") as folder:
        lines, piped = capture(folder)
        answer = decode("--format", "json", lines=lines)
        check(answer.returncode == 0 and not answer.stderr, f"`decode` complained: {answer.stderr}")
        rows = [json.loads(line) for line in answer.stdout.splitlines()]
        theirs = as_read_by_python(folder, lines)
        check_contents(lines)
        different = [pair for pair in zip(map(plain, rows), theirs) if pair[0] != pair[1]]
        check(len(rows) == len(theirs) > 300 and not different,
              f"bornier decode finds {len(rows)} readings, the Python reader {len(theirs)}; first difference: {different[:1]}")
        print(f"the Python reader and `bornier decode` find the same {len(rows)} readings")
        live = [json.loads(line) for line in piped.stdout.splitlines()]
        check(live and all(row["meter"] for row in live) and all(row in rows for row in live),
              f"`mosquitto_sub | bornier decode` gave {len(live)} readings: {piped.stderr}")
        print(f"mosquitto_sub | bornier decode: {len(live)} readings in 4 s, all of them in the capture")
        check_formats(lines, rows)
        check_files(folder, lines, rows)
        check_garbage(lines, rows)


if __name__ == "__main__":
    sys.exit(main())

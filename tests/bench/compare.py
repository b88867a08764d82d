# SPDX-License-Identifier: Apache-2.0
"""The figures of the README, measured: what the gateway costs beside the floor (tests/bench/floor.c) on the same simulated
meters with the same broker, its memory, its throughput, and the sizes that batch_bench and buffer_bench print.

Runs of floor and gateway alternate, so that what else happens on the machine meets both. CPU is that of the measured process
alone, over a window that begins once it is under way.
"""

import argparse
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import cabinet  # noqa: E402
import receivers  # noqa: E402
from cabinet import Process, SOURCE, wait_until  # noqa: E402

VALUES = 20
# The first 20 points of the model: 40 registers, one request.
POINTS = ["voltage_l1_n", "voltage_l2_n", "voltage_l3_n", *(f"{what}_l{phase}" for what in (
    "current", "power_active", "power_apparent", "power_reactive", "power_factor") for phase in (1, 2, 3)),
    "phase_angle_l1", "phase_angle_l2"]
BATCH_EVERY = 10
WARM_UP = 6.4  # not where the marks of the floor are
PROGRAMS = {"bornier": "gateway/app/bornier", "platform": "platform/bornier-platform", "floor": "tests/bench/bench_floor",
            "meters": "tests/bench/bench_meters", "batch_bench": "gateway/batch/batch_bench",
            "buffer_bench": "gateway/buffer/buffer_bench"}


def cpu_seconds(process):
    """Of all threads of a process, to the nanosecond: clock_getcpuclockid(3)."""
    return time.clock_gettime((~process.pid << 3) | 2)


def memory(process):
    """KiB of VmRSS, VmHWM and Pss."""
    text = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    text += pathlib.Path(f"/proc/{process.pid}/smaps_rollup").read_text()
    return {key: int(re.search(rf"^{key}:\s+(\d+)", text, re.MULTILINE)[1]) for key in ("VmRSS", "VmHWM", "Pss")}


class Broker(Process):
    def __init__(self, folder):
        super().__init__("mosquitto", folder)
        self.port = cabinet.free_port()
        self.configuration = folder / "mosquitto.conf"
        self.configuration.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n"
                                      "max_queued_messages 0\n")

    def start(self):
        self.launch([shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin"), "-c", self.configuration])
        wait_until(lambda: "running" in self.text(), 20, "mosquitto to run")


class Meters(Process):
    """Ends when its standard input does."""

    def __init__(self, folder, binary, count):
        super().__init__("meters", folder)
        self.command = [binary, count]
        self.count = count

    def start(self):
        self.launch(self.command, stdin=subprocess.PIPE)
        wait_until(lambda: len(self.ports()) == self.count, 20, "the meters to listen")

    def ports(self):
        return [int(line) for line in self.text().split()]

    def stop(self):
        if self.running():
            self.process.stdin.close()
            self.process.wait(10)


class Run:
    """One measurement: a window of `seconds` in the life of a floor or a gateway that reads `meters` every `period` ms."""

    def __init__(self, bench, meters, period, seconds):
        self.bench, self.period, self.seconds = bench, period, seconds
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=bench.folder))
        self.meters = Meters(self.folder, bench.programs["meters"], meters)
        self.offered = meters * VALUES * seconds * 1000 / period
        self.parts = [self.meters]

    def result(self, cpu, delivered, resident=None):
        return {"cpu": cpu / delivered * 1e6, "complete": 100 * delivered / self.offered, "memory": resident}

    def measure(self):
        self.meters.start()
        try:
            return self.observe()
        finally:
            for part in reversed(self.parts):
                part.stop()


class FloorRun(Run):
    def acknowledged(self, floor):
        said = floor.text().count("\n")
        floor.process.send_signal(signal.SIGUSR1)
        wait_until(lambda: floor.text().count("\n") > said, 10 + self.period / 1000, "the floor to tell what it did")
        return int(floor.text().split()[-1])

    def observe(self):
        floor = Process("floor", self.folder)
        self.parts.append(floor)
        floor.launch([self.bench.programs["floor"], self.bench.broker.port, self.period, VALUES, *self.meters.ports()])
        time.sleep(WARM_UP)
        readings, cpu = -self.acknowledged(floor), -cpu_seconds(floor.process)
        time.sleep(self.seconds)
        readings, cpu = readings + self.acknowledged(floor), cpu + cpu_seconds(floor.process)
        return self.result(cpu, readings, memory(floor.process))


class GatewayRun(Run):
    serial = 0

    def configuration(self):
        GatewayRun.serial += 1
        text = (f'[gateway]\nid = "bench-{GatewayRun.serial}"\ncity = "bench"\ntimezone = "Europe/Paris"\n'
                f'state_directory = "{self.folder}/state"\nmodels = ["{SOURCE}/config/models"]\nclock = "system"\n'
                f'[platform]\nbroker = "mqtt://127.0.0.1:{self.bench.broker.port}"\nbatch_every = "{BATCH_EVERY}s"\n')
        points = ", ".join(f'"{name}"' for name in POINTS)
        for number, port in enumerate(self.meters.ports()):
            text += (f'[[bus]]\nname = "bus-{number}"\ntransport = "tcp"\nhost = "127.0.0.1"\nport = {port}\n[[meter]]\n'
                     f'id = "meter-{number}"\nbus = "bus-{number}"\nunit_id = 1\nmodel = "eastron-sdm630"\n'
                     f'every = "{self.period}ms"\npoints = [{points}]\n')
        return text

    def observe(self):
        platform = Process("platform", self.folder)
        ready = self.folder / "ready"
        self.database = self.folder / "city.db"
        self.parts.append(platform)
        platform.launch([self.bench.programs["platform"], "run", "--broker", f"mqtt://127.0.0.1:{self.bench.broker.port}",
                         "--database", f"sqlite:{self.database}", "--client-id", "platform", "--ready-file", ready])
        wait_until(ready.exists, 20, "the platform to be ready")
        gateway = cabinet.Gateway(self.folder, self.bench.programs["bornier"], "gateway", self.configuration())
        self.parts.append(gateway)
        gateway.start()
        time.sleep(WARM_UP)
        begun, cpu = int(time.time() * 1000), -cpu_seconds(gateway.process)
        time.sleep(self.seconds)
        cpu += cpu_seconds(gateway.process)
        resident = memory(gateway.process)
        time.sleep(1)
        self.meters.stop()
        self.settle(gateway)
        counted = self.rows(f"SELECT count(*) FROM reading WHERE time >= {begun} AND time < {begun + self.seconds * 1000}")
        return self.result(cpu, counted, resident)

    def settle(self, gateway):
        """Everything that was taken is in the database, and confirmed."""
        def is_confirmed():
            status = gateway.status()
            if status is None:
                return False
            counts = status["gateway"]
            sealed = counts["readings_taken"] == counts["readings_accepted"] == counts["readings_sealed"]
            return sealed and status["link"]["unconfirmed_batches"] == 0 and status
        status = wait_until(is_confirmed, 120, "everything to be confirmed")
        taken, stored = status["gateway"]["readings_taken"], self.rows("SELECT count(*) FROM reading")
        if taken != stored:
            raise AssertionError(f"{taken} readings were taken and {stored} are in the database")

    def rows(self, query):
        connection = cabinet.sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=60)
        try:
            return connection.execute(query).fetchone()[0]
        finally:
            connection.close()


class Bench:
    def __init__(self, folder, build):
        self.folder = folder
        self.programs = {name: build / path for name, path in PROGRAMS.items()}
        self.broker = Broker(folder)

    def runs(self, kinds, meters, period, seconds, times):
        """The results of each kind, one list a kind; one run of each in turn."""
        results = [[] for _ in kinds]
        for turn in range(times):
            for kind, found in zip(kinds, results):
                run = kind(self, meters, period, seconds)
                found.append(run.measure())
                shutil.rmtree(run.folder)
                print(f"{meters} meters, {period} ms, run {turn + 1}: {kind.__name__} {found[-1]}", file=sys.stderr)
        return results

    def printed(self, name, *arguments):
        return subprocess.run([self.programs[name], *arguments], check=True, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL).stdout


def spread(values, digits=1):
    """`median (least–most)`."""
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def of(results, key):
    return [result[key] for result in results]


def mebibytes(results, key):
    return [result["memory"][key] / 1024 for result in results]


def against_the_floor(bench, table, meters, seconds, times):
    floor, gateway = bench.runs((FloorRun, GatewayRun), meters, 1000, seconds, times)
    ratios = [ours / theirs for ours, theirs in zip(of(gateway, "cpu"), of(floor, "cpu"))]
    table.append((f"CPU seconds a million readings, {meters} meters × {VALUES} values at 1 s, delivered",
                  f"{spread(of(gateway, 'cpu'))}, {min(of(gateway, 'complete')):.0f} % complete",
                  f"{spread(of(floor, 'cpu'))}, {min(of(floor, 'complete')):.0f} % complete; ours is "
                  f"{spread(ratios, 2)} times that"))
    if meters == 250:
        table.append((f"resident memory at {meters} meters, MiB",
                      f"{spread(mebibytes(gateway, 'VmRSS'))}, at most {max(mebibytes(gateway, 'VmHWM')):.1f}; "
                      f"{spread(mebibytes(gateway, 'Pss'))} of them its own (Pss)",
                      f"{spread(mebibytes(floor, 'VmRSS'))}"))


def at_full_speed(bench, table, seconds, times):
    (gateway,) = bench.runs((GatewayRun,), 250, 100, seconds, times)
    table.append(("50,000 readings a second offered (250 meters × 20 values at 100 ms): synced and confirmed",
                  f"{spread(of(gateway, 'complete'), 2)} %; {spread(of(gateway, 'cpu'))} CPU seconds a million", ""))


def ingest(bench, table, seconds, times):
    """A swarm offers more than the platform takes; all of it is confirmed in the end. PostgreSQL syncs every commit."""
    broker = f"mqtt://127.0.0.1:{bench.broker.port}"
    rates = []
    for _ in range(times):
        folder = bench.folder / f"ingest-{len(rates)}"
        folder.mkdir()
        database = receivers.Postgres(folder)
        platform = Process("platform", folder)
        try:
            database.start()
            platform.launch([bench.programs["platform"], "run", "--broker", broker, "--database", database.url,
                             "--client-id", folder.name])
            wait_until(lambda platform=platform: "ready" in platform.text(), 30, "the platform to listen")
            begun = time.monotonic()
            said = bench.printed("platform", "swarm", "--broker", broker, "--gateways", "100", "--meters", "12",
                                 "--points", "20", "--samples", "10", "--every", "1s", "--for", f"{seconds}s",
                                 "--patience", "180s")
            confirmed = int(re.search(r"readings +\d+ sent, (\d+) confirmed", said)[1])
            rates.append(confirmed / (time.monotonic() - begun))
        finally:
            platform.kill()
            database.remove()
    table.append(("readings a second into PostgreSQL, each commit synced, each batch confirmed; 100 gateways, broker and load "
                  "on the same cores", spread(rates, 0), ""))


def sizes(bench, table):
    days = {line.split()[0]: line.split()[1:] for line in bench.printed("batch_bench").split("\n")[2:6]}
    for minutes, title in (("15", "in 15-minute batches"), ("1", "in 1-minute batches, the default")):
        exact, jittered = days[minutes]
        table.append((f"payload bytes a reading, reference day of five meters, {title}, envelope included",
                      f"{exact} with exact times, {jittered} with ±10 ms", ""))
    written = bench.printed("buffer_bench", str(bench.folder))
    rows = [re.split(r"\s{2,}", line.strip()) for line in written.split("\n") if line[:1].isdigit()]
    for name, a_reading, _, a_day, *_ in rows:
        if name.startswith("12 meters"):
            table.append((f"MB written a day, {name}", a_day, ""))
        else:
            table.append((f"bytes written to disk a reading, {name}", a_reading, ""))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--build", type=pathlib.Path, default=SOURCE / "build/release", help="where the programs are")
    arguments.add_argument("--quick", action="store_true", help="short windows, one run of each: shows that it works")
    arguments.add_argument("--output", type=pathlib.Path, help="also write the table to this file")
    options = arguments.parse_args()
    seconds, times = (10, 1) if options.quick else (20, 3)
    table = []
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bench-", dir=options.build))
    bench = Bench(folder, options.build)
    try:
        bench.broker.start()
        against_the_floor(bench, table, 100, seconds, times)
        against_the_floor(bench, table, 250, seconds, times)
        at_full_speed(bench, table, seconds, times)
        ingest(bench, table, seconds, times)
        sizes(bench, table)
    finally:
        bench.broker.stop()
        shutil.rmtree(folder)
    text = "| figure | bornier | floor |\n|---|---|---|\n" + "".join(f"| {' | '.join(row)} |\n" for row in table)
    text += f"\n`script/bench{' --quick' if options.quick else ''}`: median (least–most) of {times}, windows of {seconds} s\n"
    print(text)
    if options.output:
        options.output.write_text(text)


if __name__ == "__main__":
    sys.exit(main())

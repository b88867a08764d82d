# SPDX-License-Identifier: Apache-2.0
"""The figures of the README, measured: what the gateway costs beside the floor (tests/bench/floor.c) on the same simulated
meters with the same broker, its memory, its throughput, and the sizes that batch_bench and buffer_bench print.

Runs of floor and gateway (and, with --peers, of collectd and Node-RED) alternate, so that what else happens on the machine
meets all of them.
"""

import argparse
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import mqtt
import peers
from runs import Broker, FloorRun, GatewayRun, Process, SOURCE, VALUES, wait_until
import receivers  # from tests/e2e, where runs looks too

PROGRAMS = {"bornier": "gateway/app/bornier", "platform": "platform/bornier-platform", "floor": "tests/bench/bench_floor",
            "meters": "tests/bench/bench_meters", "batch_bench": "gateway/batch/batch_bench",
            "buffer_bench": "gateway/buffer/buffer_bench", "mqtt_publisher": "tests/bench/bench_mqtt_publisher",
            "mqtt_subscriber": "tests/bench/bench_mqtt_subscriber"}


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


def cost(results):
    return f"{spread(of(results, 'cpu'))}, {min(of(results, 'complete')):.0f} % complete"


def against_the_others(bench, table, kinds, meters, seconds, times):
    found = dict(zip((kind.name for kind in kinds), bench.runs(kinds, meters, 1000, seconds, times)))
    ours = found[GatewayRun.name]
    cells = {name: cost(results) for name, results in found.items()}
    for name, results in found.items():
        if results is not ours:
            ratios = [mine / theirs for mine, theirs in zip(of(ours, "cpu"), of(results, "cpu"))]
            cells[name] += f"; Bornier takes {spread(ratios, 2)} times that"
    table.append((f"CPU seconds a million readings, {meters} meters × {VALUES} values at 1 s, delivered", cells))
    if meters == 250:
        cells = {name: spread(mebibytes(results, "VmRSS")) for name, results in found.items()}
        cells[GatewayRun.name] += (f", at most {max(mebibytes(ours, 'VmHWM')):.1f}; "
                                   f"{spread(mebibytes(ours, 'Pss'))} of them its own (Pss)")
        table.append((f"resident memory at {meters} meters, MiB", cells))


def at_full_speed(bench, table, kinds, seconds, times):
    found = zip(kinds, bench.runs(kinds, 250, 100, seconds, times))
    table.append(("50,000 readings a second offered (250 meters × 20 values at 100 ms): delivered; Bornier's synced and "
                  "confirmed", {kind.name: f"{spread(of(results, 'complete'))} %; {spread(of(results, 'cpu'))} CPU seconds "
                                "a million" for kind, results in found}))


def mqtt_meters(bench, table, seconds, times):
    for qos in (0, 1):
        found = {kind.name: [] for kind in mqtt.KINDS}
        for turn in range(times):
            for kind in mqtt.KINDS:
                found[kind.name].append(kind(bench, qos, seconds).measure())
                print(f"MQTT, QoS {qos}, run {turn + 1}: {kind.__name__} {found[kind.name][-1]}", file=sys.stderr)
        cells = {name: f"{spread(of(results, 'cpu'))}; {spread(mebibytes(results, 'VmRSS'))} MiB"
                 for name, results in found.items()}
        ours = found[GatewayRun.name]
        ratios = [mine / floor for mine, floor in zip(of(ours, "cpu"), of(found[FloorRun.name], "cpu"))]
        lost = sum(of(ours, "published")) - sum(of(ours, "readings"))
        cells[GatewayRun.name] += f"; {lost} of {sum(of(ours, 'published'))} messages lost"
        cells[FloorRun.name] += f"; Bornier takes {spread(ratios, 2)} times that"
        table.append((f"MQTT: {min(of(ours, 'rate')):.0f} messages a second with one reading each, {mqtt.METERS} meters, QoS {qos}: "
                      "CPU seconds a million; the floor takes out a number and forgets it", cells))


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
                  "on the same cores", {GatewayRun.name: spread(rates, 0)}))


def sizes(bench, table):
    days = {line.split()[0]: line.split()[1:] for line in bench.printed("batch_bench").split("\n")[2:6]}
    for minutes, title in (("15", "in 15-minute batches"), ("1", "in 1-minute batches, the default")):
        exact, jittered = days[minutes]
        table.append((f"payload bytes a reading, reference day of five meters, {title}, envelope included",
                      {GatewayRun.name: f"{exact} with exact times, {jittered} with ±10 ms"}))
    written = bench.printed("buffer_bench", str(bench.folder))
    rows = [re.split(r"\s{2,}", line.strip()) for line in written.split("\n") if line[:1].isdigit()]
    for name, a_reading, _, a_day, *_ in rows:
        if name.startswith("12 meters"):
            table.append((f"MB written a day, {name}", {GatewayRun.name: a_day}))
        else:
            table.append((f"bytes written to disk a reading, {name}", {GatewayRun.name: a_reading}))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--build", type=pathlib.Path, default=SOURCE / "build/release", help="where the programs are")
    arguments.add_argument("--quick", action="store_true", help="short windows, one run of each: shows that it works")
    arguments.add_argument("--output", type=pathlib.Path, help="also write the table to this file")
    arguments.add_argument("--mqtt", action="store_true", help="meters that speak MQTT, and nothing else")
    arguments.add_argument("--peers", action="store_true", help="collectd and Node-RED beside them")
    options = arguments.parse_args()
    seconds, times = (10, 1) if options.quick else (20, 3)
    kinds = (FloorRun, GatewayRun, *(peers.KINDS if options.peers else ()))
    table = []
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bench-", dir=options.build))
    bench = Bench(folder, options.build)
    try:
        bench.broker.start()
        if not options.mqtt:
            against_the_others(bench, table, kinds, 100, seconds, times)
            against_the_others(bench, table, kinds, 250, seconds, times)
            at_full_speed(bench, table, kinds, seconds, times)
        mqtt_meters(bench, table, seconds, times)
        if not options.mqtt:
            ingest(bench, table, seconds, times)
            sizes(bench, table)
    finally:
        bench.broker.stop()
        shutil.rmtree(folder)
    names = [GatewayRun.name, *(kind.name for kind in kinds if kind is not GatewayRun)]
    rows = [["figure", *names], ["---"] * (1 + len(names)),
            *([title, *(cells.get(name, "") for name in names)] for title, cells in table)]
    text = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    said = "".join(f" --{name}" for name in ("quick", "mqtt", "peers") if getattr(options, name))
    text += f"\n`script/bench{said}`: median (least–most) of {times}, windows of {seconds} s\n"
    print(text)
    if options.output:
        options.output.write_text(text)


if __name__ == "__main__":
    sys.exit(main())

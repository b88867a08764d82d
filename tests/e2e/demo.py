# SPDX-License-Identifier: Apache-2.0
"""A small municipal building and its city on this machine, with a live view of each reading's way. See script/demo.

--for 30s ends by itself; the exit code is 1 if anything that the meters served and the gateway accepted is missing in the
city's database, double, or another number.
"""

import argparse
import collections
import os
import re
import shutil
import signal
import sys
import time

import building
import cabinet
import oracle

HEAT_POINTS = [
    ("supply", "1", "temperature_supply", 3, 1, 1),
    ("return", "1", "temperature_return", 3, 2, 1),
    ("flow", "1", "flow", 3, 4, 2),
    ("power", "1", "power_heat", 3, 6, 2),
    ("energy", "1", "energy_heat", 3, 14, 2),
    ("volume", "1", "volume", 3, 16, 2),
]
WATER_POINTS = [
    ("flow", "1", "flow", 4, 5016, 2),
    ("index", "1", "volume_forward", 4, 12002, 2),
]
TITLES = {"main": "electricity, Eastron SDM630: real data of a household at Sceaux, 16-12-2006 on, a minute each 200 ms",
          "heat": "heat, Landis+Gyr UH50: shows new data 5 s after it was asked, so it is asked twice",
          "water": "water, ABB AquaMaster 3: slow to answer"}
# What is shown of each meter.
SHOWN = [("main", "power_active"), ("main", "voltage_l1_n"), ("heat", "power_heat"), ("heat", "energy_heat"),
         ("water", "flow"), ("water", "volume_forward")]


def write_recordings(folder):
    """A morning of heating and of water: invented, the same each time."""
    heat = ["supply;return;flow;power;energy;volume"]
    water = ["flow;index"]
    for row in range(9000):
        second = row // 5
        wave = abs(second % 120 - 60)
        heat.append(f"{62 + wave * 0.1:.2f};{41 + wave * 0.05:.2f};{1.2 + wave * 0.01:.3f};{28 + wave * 0.2:.2f};"
                    f"{128450 + second // 6 * 10};{48211 + second // 15}")
        water.append(f"{(wave % 20) * 0.125:.3f};{20417 + second // 10}")
    (folder / "heat.csv").write_text("\n".join(heat) + "\n")
    (folder / "water.csv").write_text("\n".join(water) + "\n")


def point_map(points):
    return "[" + ", ".join(f'"{column}*{factor}={point}"' for column, factor, point, *_ in points) + "]"


def names(points):
    return "[" + ", ".join(f'"{point}"' for _, _, point, *_ in points) + "]"


class Building:
    def __init__(self, folder):
        write_recordings(folder)
        certificates = cabinet.Certificates(folder / "certificates", ["broker", "platform", "cab-sceaux"])
        self.broker = cabinet.Broker(folder, certificates, ["cab-sceaux"])
        ports = {name: cabinet.free_port() for name in TITLES}
        self.simulator = cabinet.Simulator("meters", folder, building.GATEWAY, f"""row_every = "200ms"
[[endpoint]]
listen = "127.0.0.1:{ports['main']}"
[[endpoint.meter]]
name = "main"
unit_id = 1
model = "eastron-sdm630"
csv = "{building.SCEAUX}"
map = {building.sceaux_map()}
[[endpoint]]
listen = "127.0.0.1:{ports['heat']}"
[[endpoint.meter]]
name = "heat"
unit_id = 1
model = "landisgyr-uh50-wzu485"
csv = "heat.csv"
map = {point_map(HEAT_POINTS)}
fixed = {{ header = "197" }}
latency = "400ms"
[[endpoint]]
listen = "127.0.0.1:{ports['water']}"
[[endpoint.meter]]
name = "water"
unit_id = 1
model = "abb-aquamaster3"
csv = "water.csv"
map = {point_map(WATER_POINTS)}
latency = "600ms"
""")
        self.platform = cabinet.Platform(folder, building.PLATFORM, self.broker, certificates)
        buses = "".join(
            building.bus_toml(f"{name}-bus", ports[name], [(name, 1, model, every, points)], building.PATIENCE)
            for name, model, every, points in [
                ("main", "eastron-sdm630", "200ms", building.sceaux_point_names()),
                ("heat", "landisgyr-uh50-wzu485", "10s", names(HEAT_POINTS)),
                ("water", "abb-aquamaster3", "5s", names(WATER_POINTS))])
        self.gateway = cabinet.Gateway(folder, building.GATEWAY, "cab-sceaux", building.gateway_toml(
            self.broker, certificates, "cab-sceaux", platform='batch_every = "2s"', rest=buses))
        self.replays = {"main": oracle.Replay(building.SCEAUX, building.SCEAUX_POINTS),
                        "heat": oracle.Replay(folder / "heat.csv", HEAT_POINTS),
                        "water": oracle.Replay(folder / "water.csv", WATER_POINTS)}
        self.parts = [self.broker, self.platform, self.simulator, self.gateway]
        self.kills = []  # (what, ms since 1970)

    def start(self):
        for part, what in zip(self.parts, [f"a real mosquitto with TLS on port {self.broker.port}",
                                           "the city's platform (SQLite)", "three simulated meters (Modbus TCP)",
                                           "the gateway"]):
            print(f"starting {what} …", flush=True)
            part.start()

    def revive(self):
        """Starts again what somebody killed; what ended for reasons of its own is an error."""
        for part in self.parts:
            if part.running():
                continue
            if part.process.returncode != -signal.SIGKILL:
                print(part.text()[-2000:], file=sys.stderr)
                raise RuntimeError(f"{part.name} ended by itself with code {part.process.returncode}")
            self.kills.append((part.name, int(time.time() * 1000)))
            part.start()

    def excused(self, meter, time):
        """Not yet accepted when the gateway was killed (noticed within a second), or no sample: see verdict."""
        return meter == "heat" or any(name == self.gateway.name and time > killed - 2_500 and time <= killed
                                      for name, killed in self.kills)

    def end(self):
        for part in reversed(self.parts):
            part.stop()

    def drained(self):
        """True once everything that was accepted is confirmed."""
        status = self.gateway.status()
        return status is not None and status["buffer"]["journal"]["count"] == 0 \
            and status["buffer"]["memory_bytes"] == 0 and status["link"]["unconfirmed_batches"] == 0 \
            and status["buffer"]["confirmed"]["readings"] >= status["gateway"]["readings_sealed"] and status

    def verdict(self):
        """The heat meter's first read of each pair is no sample (it shows old data), so its servings may lack a reading."""
        answers = self.simulator.answers()
        stored = building.stored(self.platform)
        verdicts = {}
        for meter, replay in self.replays.items():
            verdicts[meter] = oracle.judge(oracle.servings(answers, {meter: replay}),
                                           [row for row in stored if row[0] == meter],
                                           excused=lambda time, meter=meter: self.excused(meter, time))
        return answers, verdicts


class View:
    """The screen: redrawn each second on a terminal, a line each five seconds otherwise."""

    def __init__(self, demo, until):
        self.demo = demo
        self.until = until
        self.live = sys.stdout.isatty()
        self.next_line = 0.0

    def draw(self):
        status = self.demo.gateway.status()
        if status is None:
            return
        served = len([answer for answer in self.demo.simulator.answers() if answer["outcome"] == "answered"])
        [(stored,)] = self.demo.platform.rows("SELECT count(*) FROM reading") or [(0,)]
        if self.live:
            print("\x1b[H\x1b[2J" + "\n".join(self.screen(status, served, stored)), flush=True)
        elif time.monotonic() >= self.next_line:
            self.next_line = time.monotonic() + 5
            gateway, link = status["gateway"], status["link"]
            print(f"  {served} answers served → {gateway['readings_taken']} readings taken → "
                  f"{gateway['readings_accepted']} on disk → {gateway['readings_sealed']} sealed → "
                  f"{link['confirmed_batches']} batches confirmed → {stored} readings in the city's database", flush=True)

    def screen(self, status, served, stored):
        gateway, link, buffer = status["gateway"], status["link"], status["buffer"]
        rest = "Ctrl-C ends it" if self.until is None else f"It ends by itself in {max(0, self.until - time.monotonic()):.0f} s"
        broker = "connected" if link["connected"] else f"NOT connected: {link['reason']}"
        yield f"Bornier demo: a small municipal building and its city, on this machine only. {rest}."
        yield ""
        yield " simulated meters      gateway: bornier run                          broker             bornier-platform"
        yield f" ┌─────────────┐      ┌─────────┐  ┌──────────┐  ┌──────────┐      ┌───────────┐      ┌───────────────┐"
        yield f" │ {served:>7} {'':3} │─────▶│ {gateway['readings_taken']:>7} │─▶│ {gateway['readings_accepted']:>8} │─▶│ " \
              f"{gateway['readings_sealed']:>8} │─────▶│ mosquitto │─────▶│ {stored:>13} │"
        yield f" └─────────────┘      └─────────┘  └──────────┘  └──────────┘      └───────────┘      └───────────────┘"
        yield "  answers served        readings     synced to     sealed in         MQTT + TLS,        readings in the"
        yield f"  over Modbus TCP       taken        disk          {buffer['newest']:<5} batches     {'up' if link['connected'] else 'DOWN':<18} city's database"
        yield f"                                                 ◀─────────────── {link['confirmed_batches']} batches confirmed: only then may they leave the disk"
        yield f"  link {broker}; {link['unconfirmed_batches']} batches wait for confirmation"
        yield ""
        yield "The way of the newest readings, from the register to the city's database:"
        yield from self.ways()
        yield ""
        for bus in status["buses"]:
            state = "up" if bus["up"] else f"DOWN: {bus['error']}"
            yield f"  {bus['name']:<10} {state}: {bus['answers']} of {bus['requests']} requests answered, " \
                  f"{bus['marks']['read']} marks kept, {bus['marks']['late']} late"
        yield ""
        processes = ", ".join(f"{part.name} {part.process.pid}" for part in self.demo.parts)
        yield f"Try it from another terminal: kill -9 one of {processes}."
        yield f"It is started again here, and nothing is lost or doubled. Killed so far: {len(self.demo.kills)}"

    def ways(self):
        latest = {(meter, point): rest for meter, point, *rest in self.demo.platform.rows(
            "SELECT meter, point, value, unit, time, received_at, sequence FROM latest_view")}
        registers = {(meter, point): (function, address, count)
                     for meter, points in [("main", building.SCEAUX_POINTS), ("heat", HEAT_POINTS), ("water", WATER_POINTS)]
                     for _, _, point, function, address, count in points}
        for meter, point in SHOWN:
            if (meter, point) not in latest:
                yield f"  {meter:<6} {point:<15} on its way …"
                continue
            value, unit, sampled, received, sequence = latest[meter, point]
            function, address, count = registers[meter, point]
            table = "holding" if function == 3 else "input"
            lag = (cabinet.milliseconds(received) - cabinet.milliseconds(sampled)) / 1000
            where = f"{table} {address}" + (f"-{address + count - 1}" if count > 1 else "")
            yield f"  {meter:<6} {point:<15} {where:<20} → {value:>9} {unit:<6} sampled {sampled[11:23]} → batch {sequence:<4} → " \
                  f"stored {lag:.1f} s later"


def duration(text):
    match = re.fullmatch(r"(\d+)(s|min)?", text)
    if not match:
        raise argparse.ArgumentTypeError(f"{text} is not a time such as 30s or 2min")
    return int(match[1]) * (60 if match[2] == "min" else 1)


def report(demo, status):
    answers, verdicts = demo.verdict()
    outcomes = collections.Counter(answer["outcome"] for answer in answers)
    [(stored,)] = demo.platform.rows("SELECT count(*) FROM reading") or [(0,)]
    gateway, buffer = status["gateway"], status["buffer"]
    print(f"""
  {outcomes['answered']:>8} answers served by the simulated meters (their own log)
  {gateway['readings_taken']:>8} readings taken by the gateway
  {gateway['readings_accepted']:>8} accepted: synced to disk
  {gateway['readings_sealed']:>8} sealed in {buffer['newest']} batches
  {buffer['confirmed']['readings']:>8} confirmed by the platform
  {stored:>8} found in the city's database
""")
    for meter, verdict in verdicts.items():
        wrong = f"{len(verdict.missing)} missing, {len(verdict.double)} double, {len(verdict.wrong)} wrong, " \
                f"{len(verdict.invented)} invented"
        print(f"  {meter:<6} {verdict.found} readings equal what was served; {wrong}   ({TITLES[meter]})")
    [(holes,)] = demo.platform.rows("SELECT coalesce(sum(missing), 0) FROM gateway_view")
    print(f"  batch numbers without holes: {'yes' if holes == 0 else f'NO, {holes} missing'}\n")
    counts = {gateway["readings_accepted"], gateway["readings_sealed"], stored}
    counts_agree = len(counts) == 1 or demo.kills  # a gateway counts since its start
    return all(verdict.good() and verdict.found for verdict in verdicts.values()) and holes == 0 and counts_agree


def main():
    parser = argparse.ArgumentParser(prog="script/demo", description="The main job on this machine alone.")
    parser.add_argument("--for", dest="seconds", type=duration, metavar="30s", help="ends by itself after this time")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with building.folder("demo") as folder:
        demo = Building(folder)
        try:
            demo.start()
            until = None if options.seconds is None else time.monotonic() + options.seconds
            view = View(demo, until)
            try:
                while until is None or time.monotonic() < until:
                    demo.revive()
                    view.draw()
                    time.sleep(1)
            except KeyboardInterrupt:
                print("\nending …")
            demo.simulator.hush(demo.replays)
            status = cabinet.wait_until_it_stays(demo.drained, 60, "the platform to confirm all readings")
            good = report(demo, status)
        finally:
            demo.end()
    print("Everything that was served and accepted is in the city's database, once." if good else
          "SOMETHING IS MISSING, DOUBLE OR WRONG: see above.")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

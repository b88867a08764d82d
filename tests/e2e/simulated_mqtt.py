# SPDX-License-Identifier: Apache-2.0
"""`bornier simulate` publishes what meters of every model that speaks MQTT say, to a broker of the site, and `bornier run`
reads them. Every value that the broker acknowledged to the simulator is on the gateway's disk once, to the digit, with its
unit and its time; nothing else is there."""

import collections
import csv
import io
import sys
import time
import tomllib

import building
import cabinet
import mqtt_town
from building import check
from mqtt_publisher import now_ms

EVERY_S = 1
RUN_S = 20
SLACK_MS = 2_000  # of a busy machine, between an acknowledgement of the broker and the reading
OWN_POINTS = {"arrival_delay"}  # the gateway's own


def models():
    """The ids of all that speak MQTT."""
    read = (tomllib.loads(path.read_text()) for path in sorted(building.MODELS.glob("*.toml")))
    return [model["id"] for model in read if model.get("protocol") == "mqtt"]


class Simulator(cabinet.Simulator):
    def __init__(self, folder, port, meters):
        text = f'[[mqtt]]\nbroker = "mqtt://127.0.0.1:{port}"\n' + "".join(
            f'[[mqtt.meter]]\nname = "{name}"\nmodel = "{model}"\ndevice = "{device}"\nseed = {device}\nevery = "{EVERY_S}s"\n'
            for name, (model, device) in meters.items())
        super().__init__("simulator", folder, building.GATEWAY, text)
        self.command[self.command.index("--log")] = "--published"

    def answers(self):
        return list(csv.DictReader(io.StringIO(self.served.read_text()))) if self.served.exists() else []


def gateway_toml(port, meters):
    return ('[gateway]\nid = "cab-1"\ncity = "sceaux"\ntimezone = "Europe/Paris"\nstate_directory = "cab-1-state"\nclock = "system"\n'
            f'models = ["{building.MODELS}"]\n[[mqtt]]\nname = "lan"\nbroker = "mqtt://127.0.0.1:{port}"\n') + "".join(
        f'[[mqtt.meter]]\nid = "{name}"\nmodel = "{model}"\ndevice = "{device}"\npoints = ["all"]\n'
        for name, (model, device) in meters.items())


def connected(gateway):
    status = gateway.status()
    return status and status["brokers"][0]["connected"] and gateway.text().count("broker lan: connected")


def told(published, meter, stored):
    """What is wrong with the readings of one point of a meter, if anything."""
    wrong = []
    dated = collections.Counter((row["own_time_ms"], row["value"], row["unit"]) for row in published if row["own_time_ms"])
    arrived = [row for row in published if not row["own_time_ms"]]
    others = []
    for at, value, unit in sorted(stored, key=lambda row: row[0]):
        if dated[str(at), value, unit] > 0:
            dated[str(at), value, unit] -= 1
        else:
            others.append((at, value, unit))
    wrong += [f"missing: {meter} {row}" for row in dated.elements()]
    # Of what has no time of its own the order is known, and when it was sent.
    for row, found in zip(arrived, others):
        sent = int(row["time_ms"])
        if (row["value"], row["unit"]) != found[1:] or not sent - 5 <= found[0] <= sent + SLACK_MS:
            wrong.append(f"wrong: {meter} {row} is {found}")
            break
    wrong += [f"missing: {meter} {row}" for row in arrived[len(others):]]
    wrong += [f"double or invented: {meter} {row}" for row in others[len(arrived):]]
    return wrong


def judge(published, stored):
    by_point = collections.defaultdict(list)
    for row in published:
        by_point[row["meter"], row["point"]].append(row)
    readings = collections.defaultdict(list)
    for row in stored:
        if row["point"] not in OWN_POINTS:
            readings[row["meter"], row["point"]].append((cabinet.milliseconds(row["time"]), row["value"], row["unit"]))
    return [line for point in sorted({*by_point, *readings}) for line in told(by_point[point], point, readings[point])]


def main():
    meters = {f"{model}-1": (model, 4_100 + number) for number, model in enumerate(models())}
    with building.folder("simulated-mqtt") as folder:
        site = mqtt_town.SiteBroker(folder)
        gateway = cabinet.Gateway(folder, building.GATEWAY, "cab-1", gateway_toml(site.port, meters))
        simulator = Simulator(folder, site.port, meters)
        with building.running(site, gateway):
            cabinet.wait_until(lambda: connected(gateway), 60, "the gateway to subscribe")
            with building.running(simulator):
                cabinet.wait_until(lambda: {row["meter"] for row in simulator.answers()} == meters.keys(), 60,
                                   "every meter to publish something")
                time.sleep(RUN_S)
                simulator.hush(meters)
                cabinet.wait_until(lambda: simulator.text().count("dead ") == len(meters), 20, "the meters to be dead")
                time.sleep(1)  # until the broker has answered for everything
                published = simulator.answers()
                begun = min(int(row["time_ms"]) for row in published)
                seconds = (now_ms() - begun) / 1000
                check(simulator.stop() == 0, "the simulator did not end well")
            time.sleep(1)
            figures = {meter["id"]: meter["intake"] for meter in gateway.status()["meters"]}
            check(gateway.stop() == 0, "the gateway did not end well")
        exported = gateway.ask("buffer", "export", seconds=120)
        check(exported.returncode == 0, exported.stderr)
        stored = list(csv.DictReader(io.StringIO(exported.stdout)))
        wrong = judge(published, stored)
        points = {(row["meter"], row["point"]) for row in published}
        print(f"{len(meters)} models, {len(points)} points, {len(published)} values acknowledged in {seconds:.0f} s, "
              f"{len(stored)} readings on the disk, {len(wrong)} wrong", flush=True)
        check(not wrong, "\n".join(wrong[:20]))
        for name, intake in figures.items():
            troubles = {key: intake[key] for key in ("broken", "unusable_values", "unusable_times") if intake[key]}
            check(not troubles, f"{name}: {troubles}")


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: Apache-2.0
"""One RS-485 line of 9600 baud with as much on it as it carries: 12 meters of four models, 300 points, read every second,
every ten seconds and every quarter of an hour. The line is as busy as `bornier plan` says, every period keeps its marks,
and goes on keeping them when three of the meters are dead.
"""

import json
import re
import sys
import time
import tomllib

import building
import cabinet
from building import check

LATENCY_MS = 20
WATCHED_S = 61
POINTS_A_METER = 25
# The first 25 points of each model that are numbers, and the best plan that a person could write for them: first and last
# register of each request. SDM630: holes may be read, 80 registers a request. EM340: 20 a request. ABB and Schneider refuse
# holes, so a request ends where their tables of registers do.
HAND_MADE = {
    "eastron-sdm630": [(0, 53)],
    "carlo-gavazzi-em340": [(0, 19), (20, 39), (40, 47)],
    "abb-b23-b24": [(20480, 20511), (20848, 20863), (20880, 20895), (21600, 21635)],
    "schneider-iem3155": [(129, 130), (2003, 2004), (2999, 3004), (3009, 3010), (3019, 3032), (3035, 3036), (3053, 3060), (3067, 3068),
                          (3075, 3076), (3083, 3084), (3109, 3110), (3203, 3210), (3219, 3222)],
}
METERS = [(f"{model}-{copy}", model) for copy in (1, 2, 3) for model in HAND_MADE]
DEAD = [f"{model}-3" for model in list(HAND_MADE)[:3]]
# point that a meter is read for every second or every quarter of an hour; all others every ten seconds
FAST = {"eastron-sdm630": "voltage_l1_n", "carlo-gavazzi-em340": "voltage_l1_n"}
SLOW = {"abb-b23-b24": "energy_active_import", "schneider-iem3155": "energy_active_import"}


def points_of(model):
    text = tomllib.loads((building.MODELS / f"{model}.toml").read_text())
    points = [(point["address"], name) for name, point in text["points"].items()
              if "address" in point and not point.get("alone") and point["quantity"] != "device_setting"
              and not point.get("type", "").startswith("string")]
    return [name for _, name in points[:POINTS_A_METER]]


def meters_toml(periods):
    text = ""
    for unit, (name, model) in enumerate(METERS, start=1):
        every = 'default = "10s"'
        if periods:
            every += "".join(f', {point[model]} = "{period}"' for point, period in ((FAST, "1s"), (SLOW, "15min"))
                             if model in point)
        text += (f'[[meter]]\nid = "{name}"\nbus = "line"\nunit_id = {unit}\nmodel = "{model}"\n'
                 f'every = {{ {every} }}\npoints = {json.dumps(points_of(model))}\n')
    return text


def configuration(folder, name, periods):
    return f"""[gateway]
id = "{name}"
city = "{cabinet.CITY}"
timezone = "Europe/Paris"
state_directory = "{name}-state"
models = ["{building.MODELS}"]
clock = "system"
[[bus]]
name = "line"
transport = "rtu"
device = "{folder}/line"
baud = 9600
parity = "none"
{meters_toml(periods)}"""


def simulator_toml(folder):
    text = f'[[endpoint]]\npty = "{folder}/line"\nbaud = 9600\n'
    for unit, (name, model) in enumerate(METERS, start=1):
        text += (f'[[endpoint.meter]]\nname = "{name}"\nunit_id = {unit}\nmodel = "{model}"\n'
                 f'latency = "{LATENCY_MS}ms"\n')
    return text


def check_plan(by_hand):
    rows = json.loads(by_hand.ask("plan", "--format", "json").stdout)
    for row in rows:
        model = dict(METERS)[row["meter"]]
        check(int(row["points"]) == POINTS_A_METER, f"{row['meter']}: {row['points']} points are planned")
        check(int(row["requests"]) <= len(HAND_MADE[model]),
              f"{model}: {row['requests']} requests are planned, by hand it takes {len(HAND_MADE[model])}")
    print(f"planned: {sum(int(row['requests']) for row in rows)} requests for {len(rows) * POINTS_A_METER} points, by hand "
          f"{sum(len(HAND_MADE[model]) for _, model in METERS)}")


def occupancy_planned(gateway):
    text = gateway.ask("plan").stdout
    return float(re.search(r"busy ([\d.]+) %", text)[1]) / 100


def kept(simulator, meters, first_ms, last_ms, period_ms, registers=None):
    """The share of marks of these meters that were read, for these registers, before half of the next period was over."""
    marks = {(name, mark) for name in meters for mark in range(first_ms // period_ms, last_ms // period_ms)}
    seen = set()
    for answer in simulator.answers():
        at = int(answer["time_ms"])
        if answer["outcome"] == "answered" and answer["meter"] in meters and first_ms <= at < last_ms:
            reaches = int(answer["address"]) + int(answer["count"])
            if registers is None or int(answer["address"]) <= registers[dict(METERS)[answer["meter"]]] < reaches:
                seen.add((answer["meter"], at // period_ms))
                seen.add((answer["meter"], (at - period_ms // 2) // period_ms))
    return len(marks & seen) / len(marks), len(marks)


def watch(gateway, simulator, planned, dead, stalls):
    live = [name for name, _ in METERS if name not in dead]
    fast = [name for name, model in METERS if model in FAST and name not in dead]
    first = (time.time_ns() // 1_000_000 // 10_000 + 1) * 10_000
    time.sleep(first / 1000 - time.time() + WATCHED_S)
    last = time.time_ns() // 1_000_000 // 10_000 * 10_000
    bus = gateway.status()["buses"][0]
    seconds, of_seconds = kept(simulator, fast, first, last, 1_000, {model: 0 for model in FAST})
    tens, of_tens = kept(simulator, live, first, last, 10_000)
    measured = bus["occupancy_permille"] / 1000
    print(f"{len(dead)} dead: busy {measured:.1%} (planned {planned:.1%} with all alive); kept {seconds:.1%} of {of_seconds} "
          f"marks of 1 s, {tens:.1%} of {of_tens} of 10 s; marks {bus['marks']}")
    stalls.judge(seconds >= 0.99 and tens >= 0.99, seconds >= 0.95 and tens >= 0.95, "marks were lost")
    return measured


def main():
    with building.folder("full-line") as folder:
        gateway = cabinet.Gateway(folder, building.GATEWAY, "cab-1", configuration(folder, "cab-1", periods=True))
        check_plan(cabinet.Gateway(folder, building.GATEWAY, "cab-0", configuration(folder, "cab-0", periods=False)))
        planned = occupancy_planned(gateway)
        simulator = cabinet.Simulator("simulator", folder, building.GATEWAY, simulator_toml(folder))
        stalls = building.Stalls()
        with building.running(stalls, simulator, gateway):
            cabinet.wait_until(lambda: (gateway.status() or {}).get("meters") and all(
                meter["state"] == "ok" for meter in gateway.status()["meters"]), 60, "all meters to be read")
            measured = watch(gateway, simulator, planned, [], stalls)
            wrong = abs(measured - planned) / planned
            stalls.judge(wrong <= 0.1, wrong <= 0.3, f"the line is busy {measured:.1%} and not {planned:.1%} of the time")
            quarters = [answer for answer in simulator.answers() if answer["meter"].startswith("abb") and answer["address"] == "20480"]
            check(quarters, "what is read every quarter of an hour was not read at the start")
            simulator.hush(DEAD)
            cabinet.wait_until(lambda: sum(meter["state"] == "no response" for meter in gateway.status()["meters"]) == len(DEAD),
                               60, "three meters to be silent")
            watch(gateway, simulator, planned, DEAD, stalls)


if __name__ == "__main__":
    sys.exit(main())

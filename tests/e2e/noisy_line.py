# SPDX-License-Identifier: Apache-2.0
"""One RS-485 line of 9600 baud with everything that lines have: four live meters, a slow one, one whose answers come
after they were given up, a dead one, and noise. The live ones keep their marks, no answer is ever taken for another
meter's or another request's, the dead one's probes take little of the line; and after the adapter was unplugged and
plugged in again everything goes on.

A second line waits too short a time for its meters: each is two to five timeouts late, and each is asked for several
things whose answers look alike.
"""

import collections
import decimal
import sys
import time

import building
import cabinet
from building import check

PERIOD_MS = 2_000
WATCHED_S = 50
TIMEOUT_MS = 400
LIVE = ["live-1", "live-2", "live-3", "live-4"]
SHORT_TIMEOUT_MS = 100
LATENCIES_MS = [230, 280, 330, 500]
ALIKE = {"current_l1": 2999, "voltage_l1_n": 3027, "power_active": 3059, "frequency": 3109}
POINTS = ["power_active", "energy_active_import", "voltage_l1_n"]
# name, latency in ms, dead
METERS = [*((name, 5, False) for name in LIVE), ("slow", 250, False), ("late", 600, False), ("dead", 0, True)]


def shown(unit, point):
    """What the meter of this unit shows for ever: tells it from all others, and its points from each other."""
    return {"power_active": f"{unit}000", "energy_active_import": f"{unit}1.125", "voltage_l1_n": f"23{unit}.5"}[point]


def line(folder):
    text = f'[[endpoint]]\npty = "{folder}/line"\nbaud = 9600\nbabble = "1s"\n'
    for unit, (name, latency, dead) in enumerate(METERS, start=1):
        fixed = ", ".join(f'{point} = "{shown(unit, point)}"' for point in POINTS)
        text += (f'[[endpoint.meter]]\nname = "{name}"\nunit_id = {unit}\nmodel = "schneider-iem3155"\n'
                 f'latency = "{latency}ms"\ndead = {str(dead).lower()}\nfixed = {{ {fixed} }}\n')
    return text


def buses(folder):
    text = (f'[[bus]]\nname = "line"\ntransport = "rtu"\ndevice = "{folder}/line"\nbaud = 9600\nparity = "even"\n'
            f'timeout = "{TIMEOUT_MS}ms"\n')
    for unit, (name, *_) in enumerate(METERS, start=1):
        every = f"{PERIOD_MS}ms" if name in LIVE else "10s"
        text += (f'[[meter]]\nid = "{name}"\nbus = "line"\nunit_id = {unit}\nmodel = "schneider-iem3155"\n'
                 f'every = "{every}"\npoints = {POINTS}\n'.replace("'", '"'))
    return text


def alike(unit):
    """What the late meter of this unit shows for ever, by point."""
    return {"current_l1": f"{unit}.25", "voltage_l1_n": f"23{unit}.5", "power_active": f"{unit}000", "frequency": f"5{unit}.5"}


def late_line(folder):
    text = f'[[endpoint]]\npty = "{folder}/late-line"\nbaud = 9600\n'
    for unit, latency in enumerate(LATENCIES_MS, start=1):
        fixed = ", ".join(f'{point} = "{value}"' for point, value in alike(unit).items())
        text += (f'[[endpoint.meter]]\nname = "late-{latency}"\nunit_id = {unit}\nmodel = "schneider-iem3155"\n'
                 f'latency = "{latency}ms"\nfixed = {{ {fixed} }}\n')
    return text


def late_bus(folder):
    text = (f'[[bus]]\nname = "late-line"\ntransport = "rtu"\ndevice = "{folder}/late-line"\nbaud = 9600\nparity = "even"\n'
            f'timeout = "{SHORT_TIMEOUT_MS}ms"\npause = "20ms"\n')
    for unit, latency in enumerate(LATENCIES_MS, start=1):
        text += (f'[[meter]]\nid = "late-{latency}"\nbus = "late-line"\nunit_id = {unit}\nmodel = "schneider-iem3155"\n'
                 f'every = "2s"\npoints = {list(ALIKE)}\n'.replace("'", '"'))
    return text


def check_late_line(platform, simulator):
    """Every reading is what its meter shows there, and the meter had been asked for just these registers."""
    served = collections.defaultdict(list)
    for answer in simulator.answers():
        if answer["outcome"] == "answered" and answer["meter"].startswith("late-"):
            first = int(answer["address"])
            for point, address in ALIKE.items():
                if first <= address < first + int(answer["count"]):
                    served[answer["meter"], point].append(int(answer["time_ms"]))
    counted = collections.Counter()
    for unit, latency in enumerate(LATENCIES_MS, start=1):
        meter = f"late-{latency}"
        for point, value, at in platform.rows("SELECT point, value, time FROM reading_view WHERE meter = ?", meter):
            counted[meter] += 1
            right, time_ms = alike(unit)[point], cabinet.milliseconds(at)
            check(decimal.Decimal(value) == decimal.Decimal(right),
                  f"{meter} shows {right} as {point}, and {value} is in the database at {at}")
            check(any(0 <= time_ms - each <= 500 for each in served[meter, point]),
                  f"{meter} gave no {point} just before {at}")
    requests = len([1 for answer in simulator.answers() if answer["meter"].startswith("late-")])
    print(f"late answers: {requests} of them, and every value is its register's own: {dict(sorted(counted.items()))}")
    check(sum(counted.values()) > 0, "the meters that are always late were never read")


def check_marks(platform, first, last, stalls):
    marks = (last - first) // PERIOD_MS
    total = 0
    for meter in LIVE:
        times = [cabinet.milliseconds(at) for (at,) in platform.rows(
            "SELECT time FROM reading_view WHERE meter = ? AND point = ?", meter, POINTS[0])]
        kept = len({at // PERIOD_MS for at in times if first <= at < last})
        print(f"{meter}: {kept} of {marks} marks kept")
        total += min(kept, marks)
    wanted = marks * len(LIVE)
    stalls.judge(total >= 0.99 * wanted, total >= 0.95 * wanted, f"{wanted - total} of {wanted} marks were lost")


def check_values(platform):
    """Late and foreign answers would show here."""
    units = {name: unit for unit, (name, *_) in enumerate(METERS, start=1)}
    counted = collections.Counter()
    for meter, point, value in platform.rows("SELECT meter, point, value FROM reading_view WHERE meter NOT LIKE 'late-%'"):
        counted[meter] += 1
        check(decimal.Decimal(value) == decimal.Decimal(shown(units[meter], point)),
              f"{meter} shows {shown(units[meter], point)} as {point}, and {value} is in the database")
    print("every value is its meter's own: " + ", ".join(f"{meter} {count}" for meter, count in sorted(counted.items())))
    check(counted["slow"] > 0, "the slow meter was never read")
    check(counted["dead"] == 0, "the dead meter was read")


def check_share(simulator, first, last):
    """The first polls without an answer are ordinary ones; what comes from the first longer pause on are probes."""
    asked = [int(answer["time_ms"]) for answer in simulator.answers()
             if answer["meter"] == "dead" and first <= int(answer["time_ms"]) < last]
    began = next((at for before, at in zip(asked, asked[1:]) if at - before > 3 * TIMEOUT_MS), last)
    probes = [at for at in asked if at >= began]
    share = len(probes) * TIMEOUT_MS / (last - first)
    print(f"the dead meter: {len(asked)} requests, {len(probes)} of them probes: {share:.1%} of the line")
    check(probes, "the dead meter was never probed")
    check(share <= 0.05, f"probes of the dead meter took {share:.1%} of the line")


def now_ms():
    return time.time_ns() // 1_000_000


def main():
    with building.folder("noisy-line") as folder:
        certificates = cabinet.Certificates(folder / "certificates", ["broker", "platform", "cab-1"])
        broker = cabinet.Broker(folder, certificates, ["cab-1"])
        platform = cabinet.Platform(folder, building.PLATFORM, broker, certificates)
        simulator = cabinet.Simulator("simulator", folder, building.GATEWAY, line(folder) + late_line(folder))
        gateway = cabinet.Gateway(folder, building.GATEWAY, "cab-1", building.gateway_toml(
            broker, certificates, platform='batch_every = "1s"', rest=buses(folder) + late_bus(folder)))
        stalls = building.Stalls()
        with building.running(stalls, broker, platform, simulator, gateway):
            cabinet.wait_until(lambda: len(platform.rows("SELECT DISTINCT meter FROM reading_view")) >= len(LIVE), 60,
                               "the live meters to be read")
            first = (now_ms() // PERIOD_MS + 1) * PERIOD_MS
            time.sleep(WATCHED_S)
            last = now_ms() // PERIOD_MS * PERIOD_MS
            time.sleep(3)
            check_marks(platform, first, last, stalls)
            check_share(simulator, first, last)
            check_late_line(platform, simulator)
            noise = {bus["name"]: bus["damaged"] + bus["foreign"] for bus in gateway.status()["buses"]}
            check(all(noise.values()), f"no damaged or foreign frame was noticed: {noise}")

            simulator.stop()  # its pseudo-terminal goes with it, as a USB adapter does
            cabinet.wait_until(lambda: all(meter["state"] == "bus down" for meter in gateway.status()["meters"]), 30,
                               "`status` to say that the line is gone")
            simulator.start()
            back = now_ms()
            cabinet.wait_until(lambda: platform.rows(
                "SELECT 1 FROM reading_view WHERE meter = 'live-1' AND time > "
                "strftime('%Y-%m-%dT%H:%M:%fZ', ? / 1000.0, 'unixepoch')", back), 30, "the line to be read again")
            print("unplugged and plugged in again: it is read again")
            check_values(platform)
            building.check_numbers(platform)


if __name__ == "__main__":
    sys.exit(main())

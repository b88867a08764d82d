# SPDX-License-Identifier: Apache-2.0
"""Real input, digit by digit: seven meters each replay one of the seven days of Sceaux at 100 ms a row, in parallel.

Every value in the city's database equals the CSV, every time lies within 20 ms of the simulator's log of its answer, rows
with missing values arrive as absent, and state_view says of an eighth meter, whose recording ends with them, that its
points are not available.

How late a time may be is a promise about the gateway, not about a machine with other things to do: on top of the 20 ms
comes the time for which the kernel kept gateway and simulator waiting for a processor (/proc/PID/schedstat).
"""

import bisect
import collections
import os
import pathlib
import sys
import time

import building
import cabinet
import oracle
from building import check

DAYS = 7
ROWS_A_DAY = 1440
SECONDS = float(os.environ.get("BORNIER_SCEAUX_SECONDS", "147"))
TOLERANCE_MS = 20
CLOCKS_MS = 5  # as oracle.judge: two processes read the clock


def split_days(path, target):
    """One file a day, cut after every 1,440 rows: the recording begins at 17:24."""
    with open(path, newline="") as file:
        header, *rows = file.read().split("\n")
    files = []
    for day in range(DAYS):
        part = target / f"day-{day + 1}.csv"
        part.write_text("\n".join([header, *rows[day * ROWS_A_DAY:(day + 1) * ROWS_A_DAY]]) + "\n")
        files.append(part)
    return files


def cut_off(path, target):
    """A recording that ends where the first values are missing."""
    lines = path.read_text().split("\n")
    first_missing = next(number for number, line in enumerate(lines) if "?" in line or ";;" in line)
    part = target / "cut.csv"
    part.write_text("\n".join([lines[0], *lines[first_missing - 20:first_missing + 1]]) + "\n")
    return part


class Waits:
    """How long processes were ready to run but had no processor, looked at every now and then."""

    def __init__(self, *processes):
        self.threads = [thread for process in processes
                        for thread in pathlib.Path(f"/proc/{process.process.pid}/task").iterdir()]
        self.times, self.waited = [], []

    def look(self):
        nanoseconds = 0
        for thread in self.threads:
            try:
                nanoseconds += int((thread / "schedstat").read_text().split()[1])
            except OSError:  # the thread has ended
                pass
        self.times.append(time.time_ns() // 1_000_000)
        self.waited.append(nanoseconds / 1_000_000)

    def between(self, first, last):
        """Milliseconds of waiting in the looks around this span."""
        if not self.times:
            return 0
        before = max(bisect.bisect_right(self.times, first) - 1, 0)
        after = min(bisect.bisect_left(self.times, last), len(self.times) - 1)
        return max(self.waited[after] - self.waited[before], 0)


def check_times(answers, readings, waits):
    """Each reading between its answer and the next request of its meter, and soon after the answer."""
    served = collections.defaultdict(list)
    for answer in answers:
        served[answer["meter"]].append(int(answer["time_ms"]))
    excused, late, impossible = 0, [], []
    for meter, time_ms in sorted({(meter, time_ms) for meter, _, time_ms, _ in readings}):
        times = served[meter]
        index = max(bisect.bisect_right(times, time_ms + CLOCKS_MS) - 1, 0)
        lag = time_ms - times[index]
        if lag < -CLOCKS_MS:
            impossible.append((meter, time_ms))
        elif lag > TOLERANCE_MS:
            excused += 1
            if lag > TOLERANCE_MS + waits.between(times[index], time_ms):
                late.append((meter, time_ms, f"{lag} ms"))
    print(f"{excused} polls later than {TOLERANCE_MS} ms after the log, {len(late)} of them without the machine's fault")
    check(not impossible, f"times before their answers: {impossible[:5]}")
    check(not late, f"times too late after their answers: {late[:5]}")


def main():
    with building.folder("sceaux-week") as folder:
        days = [*split_days(building.SCEAUX, folder), cut_off(building.SCEAUX, folder)]
        names = [f"day-{day + 1}" for day in range(DAYS)] + ["cut"]
        certificates = cabinet.Certificates(folder / "certificates", ["broker", "platform", "cab-1"])
        broker = cabinet.Broker(folder, certificates, ["cab-1"])
        ports = [cabinet.free_port() for _ in names]
        description = 'row_every = "100ms"\n' + "".join(
            f'[[endpoint]]\nlisten = "127.0.0.1:{port}"\n[[endpoint.meter]]\nname = "{name}"\nunit_id = 1\n'
            f'model = "eastron-sdm630"\ncsv = "{day}"\nmap = {building.sceaux_map()}\n'
            for port, name, day in zip(ports, names, days))
        simulator = cabinet.Simulator("simulator", folder, building.GATEWAY, description)
        platform = cabinet.Platform(folder, building.PLATFORM, broker, certificates)
        buses = "".join(building.bus_toml(name, port, [(name, 1, "eastron-sdm630", "100ms",
                                                        building.sceaux_point_names())],
                                         building.PATIENCE)
                        for name, port in zip(names, ports))
        gateway = cabinet.Gateway(folder, building.GATEWAY, "cab-1",
                                  building.gateway_toml(broker, certificates, platform='batch_every = "5s"', rest=buses))
        with building.running(broker, platform, simulator, gateway):
            cabinet.wait_until(simulator.answers, 20, "the first answer")
            waits = Waits(gateway, simulator)
            until = time.monotonic() + SECONDS
            while time.monotonic() < until:
                waits.look()
                time.sleep(0.02)
            check(gateway.running() and platform.running(), "a program ended by itself: see its log")
            check(gateway.status() is not None, "`bornier status` does not answer")
            check(gateway.stop() == 0, "the gateway did not stop cleanly")
            simulator.stop()
            gateway.start()  # what was kept by the stop is delivered by the next start
            cabinet.wait_until_it_stays(lambda: nothing_waits(gateway), 60, "everything to be confirmed")

        replays = {name: oracle.Replay(day, building.SCEAUX_POINTS) for name, day in zip(names, days)}
        verdict = oracle.judge(oracle.servings(simulator.answers(), replays), building.stored(platform))
        print(verdict)
        check(verdict.good(), "the database does not hold what was served")
        rows = {(answer["meter"], answer["row"]) for answer in simulator.answers()
                if answer["outcome"] == "answered" and answer["meter"] != "cut"}
        print(f"{len(rows)} of {DAYS * ROWS_A_DAY} rows were served")
        check(SECONDS < 145 or len(rows) > 0.9 * DAYS * ROWS_A_DAY, "too few rows were served")
        check(SECONDS < 145 or verdict.absent > 0, "no row with missing values was served")
        check_times(simulator.answers(), building.stored(platform), waits)
        check_absence(platform, simulator)
        building.check_numbers(platform)


def check_absence(platform, simulator):
    """The cut recording's last row has no values: state_view says so, and from when on."""
    answers = [answer for answer in simulator.answers() if answer["meter"] == "cut" and answer["outcome"] == "answered"]
    last_row = max(int(answer["row"]) for answer in answers)
    since = min(int(answer["time_ms"]) for answer in answers if int(answer["row"]) == last_row)
    states = {point: (state, cabinet.milliseconds(at)) for point, state, at in platform.rows(
        "SELECT point, state, since FROM state_view WHERE meter = 'cut' AND point IS NOT NULL")}
    print(f"the cut recording: {sum(state == 'not available' for state, _ in states.values())} points not available")
    for _, _, point, *_ in building.SCEAUX_POINTS:
        state, at = states.get(point, ("unknown to state_view", 0))
        check(state == "not available", f"{point} of the cut recording is {state}")
        check(-CLOCKS_MS <= at - since <= 1_000, f"{point} is not available since {at}, but the row was served at {since}")


def nothing_waits(gateway):
    status = gateway.status()
    return status is not None and status["link"]["connected"] and status["link"]["unconfirmed_batches"] == 0 \
        and status["buffer"]["journal"]["count"] == 0 and status["buffer"]["newest"] > 0


if __name__ == "__main__":
    sys.exit(main())

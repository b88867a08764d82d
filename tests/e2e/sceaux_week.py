# SPDX-License-Identifier: Apache-2.0
"""Real input, digit by digit: seven meters each replay one of the seven days of Sceaux at 100 ms a row, in parallel.

Every value in the city's database equals the CSV, every time equals the simulator's log within 20 ms plus the poll's own
duration, and rows with missing values arrive as absent, not as numbers.
"""

import os
import sys
import time

import building
import cabinet
import oracle
from building import check

DAYS = 7
ROWS_A_DAY = 1440
SECONDS = float(os.environ.get("BORNIER_SCEAUX_SECONDS", "147"))


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


def main():
    with building.folder("sceaux-week") as folder:
        days = split_days(building.SCEAUX, folder)
        names = [f"day-{day + 1}" for day in range(DAYS)]
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
                                                        building.sceaux_point_names())])
                        for name, port in zip(names, ports))
        gateway = cabinet.Gateway(folder, building.GATEWAY, "cab-1",
                                  building.gateway_toml(broker, certificates, platform='batch_every = "5s"', rest=buses))
        parts = [broker, platform, simulator, gateway]
        try:
            broker.start()
            platform.start()
            simulator.start()
            gateway.start()
            time.sleep(SECONDS)
            check(gateway.running() and platform.running(), "a program ended by itself: see its log")
            status = gateway.status()
            check(status is not None, "`bornier status` does not answer")
            check(gateway.stop() == 0, "the gateway did not stop cleanly")
            simulator.stop()
            gateway.start()  # what was sealed by the stop is delivered by the next start
            cabinet.wait_until(lambda: nothing_waits(gateway), 60, "everything to be confirmed")
        finally:
            for part in reversed(parts):
                part.stop()

        replays = {name: oracle.Replay(day, building.SCEAUX_POINTS) for name, day in zip(names, days)}
        verdict = oracle.judge(oracle.servings(simulator.answers(), replays), building.stored(platform))
        print(verdict)
        check(verdict.good(), "the database does not hold what was served")
        rows = {(answer["meter"], answer["row"]) for answer in simulator.answers() if answer["outcome"] == "answered"}
        print(f"{len(rows)} of {DAYS * ROWS_A_DAY} rows were served")
        check(SECONDS < 145 or len(rows) > 0.97 * DAYS * ROWS_A_DAY, "too few rows were served")
        check(SECONDS < 145 or verdict.absent > 0, "no row with missing values was served")
        check(verdict.lag(0.99) <= 20, "times lie more than 20 ms after the simulator's log")
        building.check_numbers(platform)


def nothing_waits(gateway):
    status = gateway.status()
    return status is not None and status["link"]["connected"] and status["link"]["unconfirmed_batches"] == 0 \
        and status["buffer"]["journal"]["count"] == 0 and status["buffer"]["newest"] > 0


if __name__ == "__main__":
    sys.exit(main())

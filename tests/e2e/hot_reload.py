# SPDX-License-Identifier: Apache-2.0
"""The configuration is read again while the gateway runs (SIGHUP). One bus changes all the time: a meter is added, its period
changes, it is removed; the file is bad, a model is bad, the file is gone. The other bus notices nothing: the kernel's list
of connections shows that it has one from the first to the last, the simulator's own record that every mark was read, and the
city's database holds what the simulator served on both, once. Then two hundred reloads in a row: memory stays.

A mark for which the kernel kept gateway or simulator waiting for a processor is not judged: that is the machine's fault.
"""

import collections
import json
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time

import building
import cabinet
import sceaux_week
import street
from building import check

PERIOD_MS = 1_000
MODEL = "eastron-sdm630"
METERS = ["calm", "busy", "new"]
MANY = 200
TOO_LONG_MS = 700  # without a processor, to keep a mark


class Town(street.Street):
    """Bus "calm" with the meter of that name, bus "busy" with "busy" and, at times, "new"."""

    def __init__(self, folder):
        super().__init__(folder, meters=0, platform='batch_every = "1s"')
        self.names = METERS
        self.recordings = [self.recording_from(day) for day in range(len(METERS))]
        self.calm, self.busy = cabinet.free_port(), cabinet.free_port()
        self.simulator = cabinet.Simulator(
            "simulator", folder, building.GATEWAY, f'row_every = "{PERIOD_MS}ms"\n' + self.endpoint(self.calm, 0)
            + self.endpoint(self.busy, 1) + self.meter(2, unit=2))
        self.models = folder / "models"
        self.models.mkdir()
        self.write_model()
        self.write(self.configuration())

    def meter(self, number, unit):
        return (f'[[endpoint.meter]]\nname = "{METERS[number]}"\nunit_id = {unit}\nmodel = "{MODEL}"\n'
                f'csv = "{self.recordings[number]}"\nmap = {building.sceaux_map()}\nat_end = "wrap"\n')

    def endpoint(self, port, number):
        return f'[[endpoint]]\nlisten = "127.0.0.1:{port}"\n' + self.meter(number, unit=1)

    def write_model(self, more=""):
        """The gateway reads its own copy of the shipped model."""
        (self.models / f"{MODEL}.toml").write_text((building.MODELS / f"{MODEL}.toml").read_text() + more)

    def write(self, text):
        self.gateway.configuration.write_text(text)

    def configuration(self, new=None, name="Calm", batch_every="1s"):
        """`new` is the period of the meter of that name, if it is there."""
        points = building.sceaux_point_names()
        busy = [("busy", 1, MODEL, f"{PERIOD_MS}ms", points)]
        if new:
            busy.append(("new", 2, MODEL, new, points))
        buses = (building.bus_toml("calm", self.calm, [("calm", 1, MODEL, f"{PERIOD_MS}ms", points)], building.PATIENCE)
                 + f'name = "{name}"\n' + building.bus_toml("busy", self.busy, busy, building.PATIENCE))
        text = building.gateway_toml(self.broker, self.certificates, platform=f'batch_every = "{batch_every}"', rest=buses)
        return text.replace(str(building.MODELS), str(self.models))

    def start_simulator(self):
        self.simulator.start()
        cabinet.wait_until(lambda: self.simulator.text().count("listening on") == 2, 60, "the simulator to listen")

    def hang_up(self):
        self.gateway.process.send_signal(signal.SIGHUP)

    def reload(self, text=None):
        """What the gateway logs of it."""
        if text is not None:
            self.write(text)
        before = len(self.gateway.text())
        self.hang_up()
        return cabinet.wait_until(lambda: told_of_reload(self.gateway.text()[before:]), 20,
                                  "the configuration to be read again")

    def status(self):
        """Asked by the state directory: the file may be bad."""
        answer = subprocess.run([building.GATEWAY, "status", "--state-directory", self.state_directory, "--format", "json"],
                                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)
        return json.loads(answer.stdout)

    def connections(self, port):
        """The near ends of all connections to this port, as the kernel lists them."""
        rows = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text().split("\n")[1:-1]]
        return [row[1] for row in rows if row[2] == f"0100007F:{port:04X}" and row[3] == "01"]

    def answered(self, meter):
        return [answer for answer in self.simulator.answers() if answer["meter"] == meter and answer["outcome"] == "answered"]

    def stored(self, meter):
        return self.platform.rows("SELECT count(*) FROM reading_view WHERE meter = ?", meter)[0][0]

    def entries(self, meter):
        """The entries of the meter in the platform's catalog, oldest first: name, and whether it ended."""
        return self.platform.rows("SELECT d.name, d.valid_to IS NOT NULL FROM device d JOIN meter m ON m.id = d.meter "
                                  "WHERE m.name = ? ORDER BY d.valid_from", meter)


def told_of_reload(text):
    ends = [at for at in (text.find("is read again"), text.find("nothing is changed, what")) if at >= 0]
    return text if ends and "\n" in text[min(ends):] else None


class Watch:
    """Looks all the time at how long gateway and simulator wait for a processor."""

    def __init__(self, *processes):
        self.waits = sceaux_week.Waits(*processes)
        threading.Thread(target=self.look, daemon=True).start()

    def look(self):
        while True:
            self.waits.look()
            time.sleep(0.2)

    def excuses(self, mark):
        return self.waits.between((mark - 1) * PERIOD_MS, (mark + 1) * PERIOD_MS) > TOO_LONG_MS


def check_marks(town, meter, first, last):
    """Each request that is regular is asked once at each mark, neither left out nor repeated."""
    marks = range(first // PERIOD_MS + 1, last // PERIOD_MS)
    at_mark = collections.Counter((int(answer["time_ms"]) // PERIOD_MS, answer["function"], answer["address"])
                                  for answer in town.answered(meter))
    places = collections.Counter((function, address) for mark, function, address in at_mark if mark in marks)
    regular = [place for place, count in places.items() if count > len(marks) / 2]
    check(regular, f"{meter}: nothing was asked regularly: {places}")
    judged = [mark for mark in marks if not town.watch.excuses(mark)]
    wrong = [(mark - marks[0], place, at_mark[mark, *place]) for mark in judged for place in regular
             if at_mark[mark, *place] != 1]
    print(f"{meter}: {len(marks)} marks, {len(judged)} of them judged, {len(regular)} requests at each; {len(wrong)} left out "
          "or asked twice")
    check(not wrong, f"{meter}: not asked once (mark, request, times): {wrong[:5]}")


def check_connections(town, before):
    after = {port: town.connections(port) for port in before}
    check(after == before, f"connections were {before} and are {after}")


def check_refused(town, text, *expected):
    told = town.reload(text)
    for part in expected:
        check(part in told, f"the log does not say \"{part}\":\n{told}")
    check(told.count("nothing is changed, what was loaded before goes on") == 1, f"nothing is changed, and said:\n{told}")
    status = town.status()["gateway"]["reload"]
    check(not status["applied"] and expected[0] in status["result"], f"`status` says {status}")
    print("refused:", *(line for line in told.splitlines() if "error" in line), sep="\n  ")


def check_bad_files(town):
    """One line for each mistake, with its place."""
    file = town.gateway.configuration
    good = town.configuration(new="1s")
    lines = good.split("\n")
    periods = [number for number, line in enumerate(lines, start=1) if line.startswith("every")]
    bad = good.replace('every = "1000ms"', 'every = "soon"')
    check_refused(town, bad, *(f"{file}:{number}:9: error:" for number in periods[:2]))
    check_refused(town, good + "[[meter", f"{file}:{len(lines)}:")
    town.write_model("[points.nonsense]\n")
    check_refused(town, good, f"{town.models}/{MODEL}.toml:")
    town.write_model()
    file.unlink()
    check_refused(town, None, f"{file}:1:1: error: the file cannot be read")


def follow_changes(town):
    """Everything that a reload may find, one after the other."""
    connections = {port: town.connections(port) for port in (town.calm, town.busy)}
    check(all(len(each) == 1 for each in connections.values()), f"one connection a bus: {connections}")
    check("undisturbed: 2 of 2 buses" in town.reload(), "the same file disturbs nothing")

    told = town.reload(town.configuration(new="1s"))
    check("buses begun again: busy; new meters: new; undisturbed: 1 of 2 buses" in told, told)
    cabinet.wait_until(lambda: town.stored("new") > 0, 20, "readings of the new meter in the city's database")
    added = street.now()
    time.sleep(4)
    check_marks(town, "new", added, street.now() - PERIOD_MS)

    check_bad_files(town)
    check_connections(town, connections)

    # What people call a meter, and how its model is written down, is nothing that a bus knows of.
    town.write_model("# The same model.\n")
    told = town.reload(town.configuration(new="1s", name="Serene"))
    check("changed meters: calm; undisturbed: 2 of 2 buses" in told, told)
    cabinet.wait_until(lambda: town.entries("calm") == [("Serene", 0)], 20, "the platform to know the new name")

    told = town.reload(town.configuration(new="2s", name="Serene", batch_every="3s"))
    check("[platform] batch_every changed; takes effect at the next start" in told, told)
    check("changed meters: new" in told, told)
    told = town.reload(town.configuration())
    check("buses begun again: busy; changed meters: calm; removed meters: new" in told, told)
    cabinet.wait_until(lambda: town.entries("new") == [("", 1)], 20, "the platform to know that the meter has gone")
    gone = len(town.answered("new"))
    time.sleep(3)
    check(len(town.answered("new")) == gone, "a meter that was removed is asked")

    stored = town.stored("new")
    town.reload(town.configuration(new="1s"))
    cabinet.wait_until(lambda: town.stored("new") > stored, 20, "readings of the meter that has come back")
    check(town.entries("new") == [("", 1), ("", 0)], f"it came back as another entry: {town.entries('new')}")
    for _ in range(20):
        town.hang_up()
    time.sleep(2)
    check_connections(town, connections)


def reload_many_times(town):
    """Memory stays, whether something changes or not."""
    texts = [town.configuration(new="1s"), town.configuration(), "nonsense"]
    sizes = []
    for number in range(MANY + 20):
        town.reload(texts[number % 3])
        sizes.append(cabinet.resident_kilobytes(town.gateway.process))
    town.reload(town.configuration(new="1s"))
    growth = max(sizes[-20:]) - max(sizes[:20])
    print(f"{MANY} reloads: {max(sizes[:20])} KiB resident after 20, {max(sizes[-20:])} after all")
    check(growth < building.GROWTH_KIB / 2, f"memory grew by {growth} KiB")


def hang_up_while_it_starts_and_stops(town):
    before = len(town.gateway.text())
    town.gateway.start()

    def hears():
        caught = re.search(r"SigCgt:\s*([0-9a-f]+)", pathlib.Path(f"/proc/{town.gateway.process.pid}/status").read_text())
        return int(caught[1], 16) >> (signal.SIGHUP - 1) & 1
    cabinet.wait_until(hears, 20, "the gateway to listen to SIGHUP")
    for _ in range(5):
        town.hang_up()
    cabinet.wait_until(lambda: "is read again" in town.gateway.text()[before:], 20,
                       "the reload that was asked for during the start")
    town.hang_up()
    town.gateway.process.send_signal(signal.SIGTERM)
    town.hang_up()
    check(town.gateway.process.wait(20) == 0, f"the gateway ended with {town.gateway.process.returncode}")


def join_late(town):
    """A receiver without any history understands what comes, by the catalog that the broker kept."""
    folder = town.folder / "late"
    folder.mkdir()
    late = cabinet.Platform(folder, building.PLATFORM, town.broker, town.certificates)
    late.command[-1] = "late"
    with building.running(late):
        town.wake()
        cabinet.wait_until(lambda: late.rows("SELECT 1 FROM reading_view WHERE meter = 'new'"), 30,
                           "readings of the new meter at a receiver that has just joined")


def main():
    with building.folder("hot-reload") as folder:
        town = Town(folder)
        with town.running():
            cabinet.wait_until(lambda: town.stored("calm") and town.stored("busy"), 40, "the first readings")
            town.watch = Watch(town.gateway, town.simulator)
            started = street.now()
            follow_changes(town)
            reload_many_times(town)
            ended = street.now() - PERIOD_MS
            check(town.gateway.stop() == 0, "the gateway did not end well")
            for meter in ("calm", "busy"):
                check_marks(town, meter, started, ended)
            hang_up_while_it_starts_and_stops(town)
            town.gateway.start()
            cabinet.wait_until(town.gateway.status, 20, "the gateway to run again")
            town.hush()
            town.settle(60)
            town.check_nothing_lost()
            check(len(town.check_events("configuration_loaded")) > MANY / 2, "each reload is an event")
            join_late(town)


if __name__ == "__main__":
    sys.exit(main())

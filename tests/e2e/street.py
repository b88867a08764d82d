# SPDX-License-Identifier: Apache-2.0
"""A street for the scenarios of faults: meters that replay Sceaux, one gateway, and the city it delivers to.

Every meter stands behind an endpoint of its own and replays the recording from another day on, so that no two of them
show the same values.
"""

import contextlib
import time

import building
import cabinet
import oracle
from building import check

ROWS_A_DAY = 1440
EVERY_MS = 100  # between two marks, unless a scenario says otherwise
MODEL = "eastron-sdm630"


class Street:
    def __init__(self, folder, meters=4, every=f"{EVERY_MS}ms", platform="", buffer="", gateway="", state_directory=None,
                 rest="", identities=(), broker=cabinet.Broker):
        """`platform`, `buffer`, `gateway` and `rest` are lines of the gateway's configuration; `identities` are more
        names that get a certificate; `broker` is what makes one."""
        self.folder = folder
        self.names = [f"meter-{number + 1}" for number in range(meters)]
        self.certificates = cabinet.Certificates(folder / "certificates",
                                                 ["broker", "platform", "cab-1", *identities])
        self.broker = broker(folder, self.certificates, ["cab-1", *identities])
        self.platform = cabinet.Platform(folder, building.PLATFORM, self.broker, self.certificates)
        self.ports = [cabinet.free_port() for _ in self.names]
        self.recordings = [self.recording_from(day) for day in range(meters)]
        self.simulator = cabinet.Simulator("simulator", folder, building.GATEWAY, self.description(every))
        buses = "".join(
            building.bus_toml(name, port, [(name, 1, MODEL, every, building.sceaux_point_names())], building.PATIENCE)
            for name, port in zip(self.names, self.ports))
        self.state_directory = state_directory or folder / "cab-1-state"
        configuration = building.gateway_toml(self.broker, self.certificates, platform=platform, buffer=buffer,
                                              gateway=gateway, rest=buses + rest)
        configuration = configuration.replace('"cab-1-state"', f'"{self.state_directory}"')
        self.gateway = cabinet.Gateway(folder, building.GATEWAY, "cab-1", configuration)
        self.started = []

    def recording_from(self, day):
        header, *rows = building.SCEAUX.read_text().rstrip("\n").split("\n")
        first = day * ROWS_A_DAY % len(rows)
        path = self.folder / f"from-day-{day + 1}.csv"
        path.write_text("\n".join([header, *rows[first:], *rows[:first]]) + "\n")
        return path

    def description(self, every):
        return f'row_every = "{every}"\n' + "".join(
            f'[[endpoint]]\nlisten = "127.0.0.1:{port}"\n[[endpoint.meter]]\nname = "{name}"\nunit_id = 1\n'
            f'model = "{MODEL}"\ncsv = "{recording}"\nmap = {building.sceaux_map()}\nat_end = "wrap"\n'
            for port, name, recording in zip(self.ports, self.names, self.recordings))

    @contextlib.contextmanager
    def running(self, *parts):
        """Starts these parts, all if none are named, and ends whatever runs when the scenario is over."""
        try:
            for part in parts or (self.broker, self.platform, self.simulator, self.gateway):
                if part is self.simulator:
                    self.start_simulator()
                else:
                    part.start()
            yield self
        finally:
            for part in (self.gateway, self.simulator, self.platform, self.broker):
                part.kill()

    def start_simulator(self):
        """Returns once it listens: it tries every row of its recordings first."""
        before = len(self.simulator.text())
        self.simulator.start()
        cabinet.wait_until(lambda: self.simulator.text()[before:].count("listening on") == len(self.names), 60,
                           "the simulator to listen")

    def hush(self):
        self.simulator.hush(self.names)

    def wake(self):
        self.simulator.wake(self.names)

    def is_settled(self):
        """As far as `status` knows nothing waits in the gateway, and the platform lacks no number."""
        status = self.gateway.status()
        if status is None or not status["link"]["connected"] or status["link"]["unconfirmed_batches"] != 0:
            return False
        buffer = status["buffer"]
        if buffer["memory_bytes"] != 0 or buffer["journal"]["count"] != 0 or buffer["unconfirmed"]["count"] != 0:
            return False
        newest = self.platform.rows("SELECT newest, missing FROM gateway_view WHERE stream = ?", buffer["stream"])
        return newest == [(buffer["newest"], 0)]

    def settle(self, seconds, meanwhile=lambda: None):
        """Waits until everything that was taken is in the city's database."""
        def is_settled():
            meanwhile()
            return self.is_settled()

        try:
            cabinet.wait_until_it_stays(is_settled, seconds, "everything to be confirmed")
        except TimeoutError:
            print(self.gateway.ask("status").stdout)
            print(self.platform.rows("SELECT * FROM gateway_view"))
            raise

    def servings(self):
        replays = {name: oracle.Replay(recording, building.SCEAUX_POINTS)
                   for name, recording in zip(self.names, self.recordings)}
        return oracle.servings(self.simulator.answers(), replays)

    def judge(self, excused=lambda time: False, **rest):
        verdict = oracle.judge(self.servings(), building.stored(self.platform), excused, **rest)
        print(verdict)
        return verdict

    def streams(self):
        """(name, lowest number, highest number, numbers that are there) of each stream, in order."""
        return self.platform.rows("SELECT s.name, min(b.sequence), max(b.sequence), count(*) "
                                  "FROM batch b JOIN stream s ON s.id = b.stream GROUP BY s.id ORDER BY s.id")

    def check_numbers(self):
        """Promise 3, in the table of batches itself."""
        for name, lowest, highest, count in self.streams():
            check(lowest == 1 and count == highest,
                  f"stream {name}: {count} batches with numbers from {lowest} to {highest}: there are holes")

    def check_stored_once(self):
        """Promise 2, under the view: it shows one reading of each moment, however many rows there are."""
        doubles = self.platform.rows(
            "SELECT m.name, p.name, r.time, count(*), min(r.sequence), max(r.sequence) FROM reading r "
            "JOIN point p ON p.id = r.point JOIN meter m ON m.id = p.meter "
            "GROUP BY m.name, p.name, r.point, r.time HAVING count(*) > 1")
        check(not doubles, f"{len(doubles)} readings are stored more than once, such as {doubles[:3]}")

    def check_nothing_lost(self):
        """Every reading that was served is there once, under numbers without holes, and nothing is declared lost."""
        check(self.judge().good(), "the database does not hold what was served")
        self.check_stored_once()
        self.check_numbers()
        gaps = self.platform.rows("SELECT * FROM gap_view")
        check(not gaps, f"readings were declared lost: {gaps[:3]}")

    def check_events(self, kind):
        rows = self.platform.rows("SELECT time, text, stream FROM event_view WHERE kind = ?", kind)
        check(rows, f"event_view tells of no {kind}")
        return rows


def now():
    """Milliseconds since 1970, as the simulator's log has them."""
    return int(time.time() * 1000)

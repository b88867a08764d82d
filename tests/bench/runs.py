# SPDX-License-Identifier: Apache-2.0
"""What script/bench runs and observes: the floor (tests/bench/floor.c) and the gateway, on the same simulated meters with the
same broker. CPU is that of the measured process alone, over a window that begins once it is under way."""

import math
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import cabinet  # noqa: E402
from cabinet import Process, SOURCE, wait_until  # noqa: E402

VALUES = 20
# The first 20 points of the model: 40 registers, one request.
POINTS = ["voltage_l1_n", "voltage_l2_n", "voltage_l3_n", *(f"{what}_l{phase}" for what in (
    "current", "power_active", "power_apparent", "power_reactive", "power_factor") for phase in (1, 2, 3)),
    "phase_angle_l1", "phase_angle_l2"]
BATCH_EVERY = 10
WARM_UP = 6.4  # not where the marks of the floor are


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
        return {"cpu": cpu / delivered * 1e6 if delivered else math.inf, "complete": 100 * delivered / self.offered, "memory": resident}

    def measure(self):
        self.meters.start()
        try:
            return self.observe()
        finally:
            for part in reversed(self.parts):
                part.stop()


class FloorRun(Run):
    name = "floor"

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
    name = "Bornier"
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

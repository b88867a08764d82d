# SPDX-License-Identifier: Apache-2.0
"""What the scenarios have in common: a temporary folder with a city and a cabinet in it, and the Sceaux recording."""

import contextlib
import os
import pathlib
import shutil
import sys
import tempfile
import threading
import time

import cabinet

GATEWAY = pathlib.Path(os.environ.get("BORNIER", cabinet.SOURCE / "build/release/gateway/app/bornier"))
PLATFORM = pathlib.Path(os.environ.get("BORNIER_PLATFORM", cabinet.SOURCE / "build/release/platform/bornier-platform"))
MODELS = cabinet.SOURCE / "config/models"
# What memory may grow by in a scenario; a sanitizer keeps freed memory back and surrounds each block.
GROWTH_KIB = (48 << 10) if os.environ.get("BORNIER_SANITIZE") else (8 << 10)
SCEAUX = cabinet.SOURCE / "tests/data/sceaux-household-1min-2006-12-16.csv"

# column, factor to the point's unit, point, function, address, registers. The sub-meters are Wh in a minute: x 60 is
# their mean power in W. Addresses are the manufacturer's, not read from our model file.
SCEAUX_POINTS = [
    ("Global_active_power", "1000", "power_active", 4, 52, 2),
    ("Global_reactive_power", "1000", "power_reactive", 4, 60, 2),
    ("Voltage", "1", "voltage_l1_n", 4, 0, 2),
    ("Global_intensity", "1", "current_l1", 4, 6, 2),
    ("Sub_metering_1", "60", "power_active_l1", 4, 12, 2),
    ("Sub_metering_2", "60", "power_active_l2", 4, 14, 2),
    ("Sub_metering_3", "60", "power_active_l3", 4, 16, 2),
]


def sceaux_map():
    """For the simulator's description: column*factor=point."""
    return "[" + ", ".join(f'"{column}*{factor}={point}"' for column, factor, point, *_ in SCEAUX_POINTS) + "]"


def sceaux_point_names():
    return "[" + ", ".join(f'"{point}"' for _, _, point, *_ in SCEAUX_POINTS) + "]"


@contextlib.contextmanager
def folder(title):
    """A temporary folder, removed at the end; kept, and named, if the scenario fails."""
    path = pathlib.Path(tempfile.mkdtemp(prefix=f"bornier-{title}-"))
    try:
        yield path
    except BaseException:
        print(f"what happened is kept in {path}", file=sys.stderr)
        raise
    shutil.rmtree(path, ignore_errors=True)


def gateway_toml(broker, certificates, identity="cab-1", platform="", buffer="", gateway="", rest=""):
    """The configuration of a gateway on this broker; the arguments are lines for their tables, `rest` follows."""
    return f"""[gateway]
id = "{identity}"
city = "{cabinet.CITY}"
timezone = "Europe/Paris"
state_directory = "{identity}-state"
models = ["{MODELS}"]
clock = "system"
{gateway}
[buffer]
{buffer}
[platform]
broker = "{broker.url}"
{platform}
[platform.tls]
ca = "{certificates.ca}"
certificate = "{certificates.certificate(identity)}"
key = "{certificates.key(identity)}"
{rest}
"""


# An answer that comes after the gateway's patience is served but, rightly, not a reading: on a machine that is busy with
# other things patience is long.
PATIENCE = 'timeout = "5s"\n'


def bus_toml(name, port, meters, rest=""):
    """One TCP bus with its meters: (id, unit, model, every, points); `rest` are more lines of the bus."""
    text = f'[[bus]]\nname = "{name}"\ntransport = "tcp"\nhost = "127.0.0.1"\nport = {port}\n{rest}'
    for identity, unit, model, every, points in meters:
        text += (f'[[meter]]\nid = "{identity}"\nbus = "{name}"\nunit_id = {unit}\nmodel = "{model}"\n'
                 f'every = "{every}"\npoints = {points}\n')
    return text


def stored(platform):
    """All readings of the city's database as the oracle wants them."""
    return [(meter, point, cabinet.milliseconds(time), value)
            for meter, point, time, value in platform.rows("SELECT meter, point, time, value FROM reading_view")]


@contextlib.contextmanager
def running(*parts):
    """Starts the parts in this order and stops them in the opposite one, whatever happens."""
    try:
        for part in parts:
            part.start()
        yield
    finally:
        for part in reversed(parts):
            part.stop()


def check(condition, message):
    if not condition:
        raise AssertionError(message)


class Stalls:
    """How late this machine wakes whoever sleeps: what no line and no gateway is to blame for."""

    WAKE_S = 0.01
    CALM_S = 0.05

    def __init__(self):
        self.worst = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self):
        while not self._over.is_set():
            begin = time.monotonic()
            time.sleep(self.WAKE_S)
            self.worst = max(self.worst, time.monotonic() - begin - self.WAKE_S)

    def start(self):
        self._thread.start()

    def stop(self):
        self._over.set()
        self._thread.join()

    def judge(self, strictly, loosely, message):
        """`strictly` holds on a machine that has time, `loosely` on any."""
        check(loosely, message)
        if not strictly and self.worst < self.CALM_S:
            raise AssertionError(f"{message}; the machine is calm: woke whoever slept {1000 * self.worst:.0f} ms late at the most")
        if not strictly:
            print(f"not judged strictly, as this machine wakes whoever sleeps {1000 * self.worst:.0f} ms late: {message}", flush=True)


def check_numbers(platform):
    """Promise 3: the numbers of every stream are without holes, and no reading is stored twice under the view."""
    for city, gateway, missing in platform.rows("SELECT city, gateway, missing FROM gateway_view"):
        check(missing == 0, f"{city}/{gateway}: {missing} batch numbers are missing")

# SPDX-License-Identifier: Apache-2.0
"""A gateway on the node's line, and the city it delivers to."""

import contextlib
import decimal
import time

import emulator  # noqa: F401 - puts the end-to-end tests' folder in the path

import building
import cabinet

EVERY = 5  # s between two polls
BEFORE, AFTER = 0.3, 0.7  # s around a poll in which the line is the gateway's alone
NODE = "node-1"
MARKED = 1 << 4  # quality: a counter came back lower than before
# By input: what a pulse is worth, and what the meter showed when the count was so.
METERS = {
    1: ("water", "volume", "water", "10 L/{pulse}", "0.01", "1234.56", "m3", 0),
    2: ("gas", "volume", "gas", "0.1 m3", "0.1", "20000.0", "m3", 3),
    3: ("power", "energy_active_import", "electricity", "1000 {pulse}/kWh", "0.001", "0.000", "kW.h", 0),
}


def pulse_meters():
    return "".join(f"""[[meter.pulse]]
id = "{meter}"
count = "pulse_count_{at}"
quantity = "{quantity}"
medium = "{medium}"
periods = [{{ from = 2024-01-01T00:00:00Z, value = "{value}", index = "{index} {unit}", count = {count} }}]
""" for at, (meter, quantity, medium, value, _, index, unit, count) in METERS.items())


class Town:
    def __init__(self, line):
        folder = line.folder
        certificates = cabinet.Certificates(folder / "pki", ["broker", "platform", "cab-1"])
        self.broker = cabinet.Broker(folder, certificates, ["cab-1"])
        self.platform = cabinet.Platform(folder, building.PLATFORM, self.broker, certificates)
        bus = f"""[[bus]]
name = "line"
transport = "rtu"
device = "{line.hub.open_pty()}"
baud = 9600
parity = "even"
[[meter]]
id = "{NODE}"
bus = "line"
unit_id = 1
model = "bornier-node"
every = "{EVERY}s"
"""
        self.gateway = cabinet.Gateway(folder, building.GATEWAY, "cab-1", building.gateway_toml(
            self.broker, certificates, platform='batch_every = "2s"', rest=bus + pulse_meters()))

    @staticmethod
    def make_way():
        """Two masters on a line is one too many: leaves it to the gateway while that polls."""
        into = time.time() % EVERY
        if into > EVERY - BEFORE:
            time.sleep(EVERY - into + AFTER)
        elif into < AFTER:
            time.sleep(AFTER - into)

    def counts(self, at):
        """(milliseconds, count, marked) of an input, in the order of time."""
        return [(cabinet.milliseconds(moment), int(value), bool(quality & MARKED))
                for moment, value, quality in self.platform.rows(
                    "SELECT time, value, quality FROM reading_view WHERE meter = ? AND point = ? ORDER BY time",
                    NODE, f"pulse_count_{at}")]

    def indexes(self, at):
        """(milliseconds, digits, unit, marked) of the meter on an input."""
        return [(cabinet.milliseconds(moment), value, unit, bool(quality & MARKED))
                for moment, value, unit, quality in self.platform.rows(
                    "SELECT time, value, unit, quality FROM reading_view WHERE meter = ? ORDER BY time", METERS[at][0])]

    def has(self, counts):
        """The city's newest counts are these."""
        return all((self.counts(at + 1) or [(0, -1, False)])[-1][1] == count for at, count in enumerate(counts))

    def events(self, kind):
        return self.platform.rows("SELECT time, meter, text FROM event_view WHERE kind = ? ORDER BY time", kind)


def index_of(at, count):
    """The digits that the meter on this input shows, by the text of METERS alone."""
    _, _, _, _, value, index, _, first = METERS[at]
    return str(decimal.Decimal(index) + (count - first) * decimal.Decimal(value))


@contextlib.contextmanager
def on(line):
    town = Town(line)
    with building.running(town.broker, town.platform, town.gateway):
        yield town

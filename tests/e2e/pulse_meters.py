# SPDX-License-Identifier: Apache-2.0
"""Water and electricity meters whose pulses a pulse counter counts (pymodbus serves it): raw counts and indexes are in the
city's database to the digit and of one time each; a count that falls, while the gateway runs and while it is away, is one
event and marked readings; another period begins at its time; a device that is silent is its meters' state too.
"""

import decimal
import signal
import subprocess
import sys
import time

import building
import cabinet
import foreign_servers
from building import check

DERIVED, MARKED = 1 << 1, 1 << 4
COUNTS = {1: 48_123, 3: 700}
FROM = "2024-03-01T09:00:00+01:00"
KITCHEN_INDEX, KITCHEN_LITRES = decimal.Decimal("1234.56"), 10


def address_of(counter):
    return 58 + 2 * counter


def words_of(count):
    return f"{count >> 16:04x} {count & 0xFFFF:04x}"


class Counter(foreign_servers.Pymodbus):
    """A WB-MCM8 whose counters are set by hand."""

    def __init__(self, folder):
        image = folder / "counter.image"
        image.write_text("".join(f"input {address_of(each)} {words_of(COUNTS.get(each, 0))}\n" for each in range(1, 9)) +
                         "input 270 0001 e240\n")
        super().__init__("counter", folder, image)

    def launch(self, command, **options):
        super().launch(command, stdin=subprocess.PIPE, **options)

    def show(self, counter, count):
        COUNTS[counter] = count
        self.process.stdin.write(f"input {address_of(counter)} {words_of(count)}\n".encode())
        self.process.stdin.flush()


def pulses(turn):
    """The meters; `turn` is when the electricity meter is exchanged."""
    exchanged = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(turn))
    return f"""
[[meter.pulse]]
id = "water-kitchen"
name = "Kitchen, cold"
count = "pulse_count_1"
quantity = "volume"
medium = "water"
serial = "W-17"
periods = [{{ from = {FROM}, value = "{KITCHEN_LITRES} L/{{pulse}}", index = "{KITCHEN_INDEX} m3" }}]

[[meter.pulse]]
id = "shop"
count = "pulse_count_3"
quantity = "energy_active_import"
medium = "electricity"
periods = [
  {{ from = {FROM}, value = "800 imp/kWh", index = "17.4 kWh" }},
  {{ from = {exchanged}, value = "1000 imp/kWh", index = "0 kWh", count = 700 }},
]
"""


def rows(platform, meter, point):
    return platform.rows("SELECT time, value, quality, unit FROM reading_view WHERE meter = ? AND point = ? ORDER BY time",
                         meter, point)


def latest(platform, meter):
    found = platform.rows("SELECT value FROM latest_view WHERE meter = ?", meter)
    return found[0][0] if found else None


def falls(platform):
    return [text for (text,) in platform.rows("SELECT text FROM event_view WHERE kind = 'meter_restarted' ORDER BY time")]


def kitchen_index(count):
    return str(KITCHEN_INDEX + decimal.Decimal(count * KITCHEN_LITRES) / 1000)


def state_in(gateway, meter):
    return next(one for one in gateway.status()["meters"] if one["id"] == meter)["state"]


def wait_for_index(platform, count):
    cabinet.wait_until(lambda: latest(platform, "water-kitchen") == kitchen_index(count), 60, f"the index at {count} pulses")


def check_readings(platform):
    counts = {moment: (int(value), quality) for moment, value, quality, _ in rows(platform, "node-1", "pulse_count_1")}
    indexes = rows(platform, "water-kitchen", "volume")
    for moment, value, quality, unit in indexes:
        check(moment in counts, f"an index at {moment}, when nothing was counted")
        count, of_count = counts[moment]
        check(value == kitchen_index(count) and unit == "m3", f"{value} {unit} at {count} pulses")
        check(quality == of_count | DERIVED, f"quality {quality} beside {of_count}")
    check(len(indexes) == len(counts), f"{len(indexes)} indexes of {len(counts)} counts")
    marked = [counts[moment][0] for moment, _, quality, _ in indexes if quality & MARKED]
    print(f"{len(indexes)} indexes, each at its count; marked at {marked} pulses", flush=True)
    check(marked == [5, 2], f"marked readings at {marked}")


def check_shop(platform, turn):
    def worth(moment, count):
        if moment < turn:
            return (decimal.Decimal("17.4") + decimal.Decimal(count) / 800).quantize(decimal.Decimal("0.001"),
                                                                                    decimal.ROUND_HALF_EVEN)
        return decimal.Decimal(count - 700) / 1000
    counts = {moment: int(value) for moment, value, *_ in rows(platform, "node-1", "pulse_count_3")}
    indexes = {moment: value for meter in ("shop", "atelier")
               for moment, value, *_ in rows(platform, meter, "energy_active_import")}
    for moment, value in indexes.items():
        expected = worth(cabinet.milliseconds(moment) / 1000, counts[moment])
        check(decimal.Decimal(value) == expected, f"{value} kWh at {counts[moment]} pulses of {moment}, not {expected}")
    without = [moment for moment in counts if moment not in indexes]
    print(f"{len(indexes)} indexes of the shop, later the atelier; {len(without)} counts without: {without}", flush=True)
    check(all(turn <= cabinet.milliseconds(moment) / 1000 < turn + 5 for moment in without),
          f"counts without an index at {without}")
    periods = [ratio for (ratio,) in platform.rows(
        "SELECT ratio FROM meter_view WHERE meter = 'shop' ORDER BY valid_from")]
    check(len(periods) == 2 and periods[0].startswith("800 imp/kWh, 17.4 kW.h at count 0 from 2024-03-01T08:00:00Z") and
          periods[1].startswith("1000 imp/kWh, 0 kW.h at count 700 from "), f"the catalog says {periods}")


def follow(folder):
    certificates = cabinet.Certificates(folder / "certificates", ["broker", "platform", "cab-1"])
    broker = cabinet.Broker(folder, certificates, ["cab-1"])
    platform = cabinet.Platform(folder, building.PLATFORM, broker, certificates)
    counter = Counter(folder)
    turn = int(time.time()) + 25
    bus = building.bus_toml("line", counter.port, [("node-1", 1, "wirenboard-mcm8", "1s", '["pulse_count_1"]')])
    gateway = cabinet.Gateway(folder, building.GATEWAY, "cab-1", building.gateway_toml(
        broker, certificates, platform='batch_every = "1s"', rest=bus + pulses(turn)))
    with building.running(broker, platform, counter, gateway):
        wait_for_index(platform, 48_123)
        check(gateway.ask("check").returncode == 0, "`check` objects")
        answer = gateway.ask("read", "water-kitchen", "--format", "csv")
        check(f"volume,{kitchen_index(48_123)},m3" in answer.stdout, f"`read`: {answer.stdout}{answer.stderr}")
        for count in (48_124, 48_130):
            counter.show(1, count)
            wait_for_index(platform, count)

        counter.show(1, 5)
        wait_for_index(platform, 5)
        cabinet.wait_until(lambda: falls(platform), 30, "the event of the fall")
        counter.show(1, 9)
        wait_for_index(platform, 9)

        check(gateway.stop() == 0, "the gateway did not end well")
        counter.show(1, 2)
        gateway.start()
        wait_for_index(platform, 2)
        cabinet.wait_until(lambda: len(falls(platform)) > 1, 30, "the event of the fall while the gateway was away")

        cabinet.wait_until(lambda: time.time() > turn + 3 and latest(platform, "shop") == "0.000", 60, "the exchanged meter")
        counter.show(3, 712)
        cabinet.wait_until(lambda: latest(platform, "shop") == "0.012", 30, "its first pulses")

        counter.process.send_signal(signal.SIGSTOP)
        cabinet.wait_until(lambda: state_in(gateway, "water-kitchen") == "no response", 60, "the silence")
        cabinet.wait_until(lambda: platform.rows(
            "SELECT 1 FROM state_view WHERE meter = 'shop' AND state = 'no response'"), 60, "the silence in the city")
        check("pulse_count_1 of node-1" in gateway.ask("status").stdout, "`status` does not name the device")
        counter.process.send_signal(signal.SIGCONT)
        cabinet.wait_until(lambda: state_in(gateway, "water-kitchen") == "ok", 60, "its answers again")

        text = gateway.configuration.read_text()
        gateway.configuration.write_text(text.replace('serial = "W-17"', 'serial = "W-18"')
                                         .replace('id = "shop"', 'id = "atelier"'))
        gateway.process.send_signal(signal.SIGHUP)
        cabinet.wait_until(lambda: latest(platform, "atelier") == "0.012", 60, "the meter that came with a reload")
        time.sleep(3)
        check(gateway.stop() == 0, "the gateway did not end well")
        cabinet.wait_until(lambda: len(platform.rows("SELECT 1 FROM meter_view WHERE meter = 'water-kitchen'")) == 2, 30,
                           "both serial numbers of one metering point")
        time.sleep(2)
    print(falls(platform), flush=True)
    check(falls(platform) == ["pulse_count_1 fell from 48130 to 5", "pulse_count_1 fell from 9 to 2"], "falls are told otherwise")
    check_readings(platform)
    check_shop(platform, turn)
    building.check_numbers(platform)


def main():
    with building.folder("pulse-meters") as folder:
        follow(folder)


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: Apache-2.0
"""Simulated devices that speak MQTT. Their payloads are those of the [[test]]s of our model files with digits, counters and
times of their own, so what a message has to become in the city is known to the digit.

No two messages without a time of their own have the same value at one point: such a reading is recognised by its value.
"""

import base64
import dataclasses
import decimal
import json
import struct
import time
import tomllib

import building
from mqtt_publisher import Message, now_ms

HOUR_S = 3600
OWN_TIME = 512  # flag of quality: the meter states the time itself
HISTORY_HOURS = 15


@dataclasses.dataclass(frozen=True)
class Expected:
    """One reading in the city; `time` None: that of its arrival."""
    meter: str
    point: str
    value: str
    unit: str
    time: int | None = None
    quality: int = 0


def raw(digits):
    """A number that json would write otherwise."""
    return f"@{digits}@"


def dumped(document):
    return json.dumps(document, separators=(",", ":")).replace('"@', "").replace('@"', "").encode()


def digits(whole, number, places):
    """Another one for each number: 230.0000, 230.0001 …"""
    return f"{whole + number // 10 ** places}.{number % 10 ** places:0{places}}"


def iso(milliseconds, places=3):
    """UTC without the zone."""
    text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(milliseconds // 1000))
    return text + (f".{milliseconds % 1000:03}" if places else "")


def shown_in_kilo(text):
    """As many digits, three places further."""
    return format(decimal.Decimal(text).scaleb(-3), "f")


class Device:
    """`number` tells it from others of its kind. A device's clock runs as fast as it sends."""

    model = None
    test = 0  # which [[test]] of the model its messages are like
    settings = ""

    def __init__(self, number):
        self.number = number
        self.sent = 0
        self.name = f"{self.kind()}-{number}"
        self.began = now_ms() // 1000 * 1000 - 2 * HOUR_S * 1000 + number

    @classmethod
    def kind(cls):
        return cls.model

    def device(self):
        return self.name

    def toml(self):
        return f'[[mqtt.meter]]\nid = "{self.name}"\nmodel = "{self.model}"\ndevice = "{self.device()}"\n{self.settings}'

    def document(self, test=None):
        tests = tomllib.loads((building.MODELS / f"{self.model}.toml").read_text())["test"]
        return json.loads(tests[self.test if test is None else test]["payload"])

    def next(self):
        self.sent += 1
        return self.message(self.sent)

    def clock(self):
        """Whole seconds later with each message."""
        return self.began // 1000 * 1000 + self.sent * 1000

    def reading(self, point, value, unit, at=None, quality=0):
        return Expected(self.name, point, value, unit, at, quality if at is None else quality | OWN_TIME)


class Shelly3em(Device):
    """Each value is a message of its own."""

    model = "shelly-3em"
    VALUES = (("0/total", "energy_active_import_l1", "kW.h"), ("1/voltage", "voltage_l2_n", "V"),
              ("2/power", "power_active_l3", "W"), ("0/current", "current_l1", "A"),
              ("2/total_returned", "energy_active_export_l3", "kW.h"))

    def message(self, count):
        what, point, unit = self.VALUES[count % len(self.VALUES)]
        value = digits(10_000 + self.number, count, 1)
        shown = shown_in_kilo(value) if unit == "kW.h" else value
        return Message(f"shellies/{self.name}/emeter/{what}", value.encode(), expected=[self.reading(point, shown, unit)])


class ShellyPro3em(Device):
    """Notifications with the device's time, in turn of what flows and of what was counted."""

    model = "shelly-pro-3em"

    def __init__(self, number):
        super().__init__(number)
        self.now, self.counted = self.document(0), self.document(1)

    def message(self, count):
        at = self.began + count * 500 + count % 7
        document = self.counted if count % 2 else self.now
        document["params"]["ts"] = raw(f"{at // 1000}.{at % 1000:03}")
        expected = []
        if count % 2:
            for key, point in (("total_act", "energy_active_import"), ("c_total_act_energy", "energy_active_import_l3")):
                text = digits(26_289, count, 2)
                document["params"]["emdata:0"][key] = raw(text)
                expected.append(self.reading(point, shown_in_kilo(text), "kW.h", at))
            for point, value in (("export", "131.88186"), ("export_l1", "0.000"), ("export_l2", "0.00001"),
                                 ("export_l3", "131.88185"), ("import_l1", "0.00006"), ("import_l2", "0.00006")):
                expected.append(self.reading(f"energy_active_{point}", value, "kW.h", at))
        else:
            for key, point, unit in (("total_act_power", "power_active", "W"), ("c_voltage", "voltage_l3_n", "V")):
                text = f"{'-18' if unit == 'W' else '228'}.{count:04}"
                document["params"]["em:0"][key] = raw(text)
                expected.append(self.reading(point, text, unit, at))
            for point, value, unit in (("power_active_l1", "0", "W"), ("power_active_l2", "0", "W"),
                                       ("power_active_l3", "-18", "W"), ("voltage_l1_n", "0", "V"),
                                       ("voltage_l2_n", "0", "V"), ("current_l1", "0.027", "A"),
                                       ("current_l2", "0.027", "A"), ("current_l3", "0.476", "A")):
                expected.append(self.reading(point, value, unit, at))
        return Message(f"{self.name}/events/rpc", dumped(document), expected=expected)


class Tasmota(Device):
    model = "tasmota-energy"

    def __init__(self, number):
        super().__init__(number)
        self.telegram = self.document()

    def message(self, count):
        values = {"Total": ("energy_active_import", digits(235, count, 3), "kW.h"), "Power": ("power_active", str(count), "W"),
                  "Voltage": ("voltage", digits(121, count, 4), "V"), "Current": ("current", digits(0, count, 3), "A")}
        self.telegram["Time"] = iso(now_ms(), 0)  # local time without its zone: nobody believes it
        self.telegram["ENERGY"].update({key: raw(text) for key, (_, text, _) in values.items()})
        return Message(f"tele/{self.name}/SENSOR", dumped(self.telegram),
                       expected=[self.reading(*value) for value in values.values()])


class ZigbeePlug(Device):
    model = "zigbee2mqtt-plug"

    def __init__(self, number):
        super().__init__(number)
        self.telegram = self.document()

    def message(self, count):
        at = self.clock()
        self.telegram.update({"last_seen": iso(at, 0) + "+00:00", "energy": raw(digits(8, count, 2)),
                              "power": raw(str(count)), "voltage": raw(digits(241, count, 2)), "current": raw("0.1")})
        return Message(f"zigbee2mqtt/{self.name}", dumped(self.telegram), expected=[
            self.reading("energy_active_import", digits(8, count, 2) + "0", "kW.h", at),
            self.reading("power_active", f"{count}.00", "W", at), self.reading("current", "0.100", "A", at),
            self.reading("voltage", digits(241, count, 2), "V", at)])


class WaterOverWmbus(Device):
    model = "wmbusmeters-water"

    def __init__(self, number):
        super().__init__(number)
        self.telegram = self.document()

    def message(self, count):
        at = self.clock()
        self.telegram.update({"timestamp": iso(at, 0) + "Z", "total_m3": raw(digits(82, count, 3))})
        return Message(f"wmbusmeters/{self.name}", dumped(self.telegram), expected=[
            self.reading("volume", digits(82, count, 3), "m3", at), self.reading("temperature", "4", "Cel", at),
            self.reading("status", "0", "1", at)])


class GasOverRadio(Device):
    """All of them speak on one topic."""

    model = "rtl433-scmplus"

    def __init__(self, number):
        super().__init__(number)
        self.telegram = self.document()

    def device(self):
        return str(76_410_000 + self.number)

    def message(self, count):
        at = self.began + count * 1_234
        self.telegram.update({"time": iso(at) + "921+0000", "id": raw(self.device()), "Consumption": raw(str(421_910 + count))})
        return Message("rtl_433/roof/events", dumped(self.telegram),
                       expected=[self.reading("volume_gas", str(421_910 + count), "[cft_i]", at)])


class HeatOverLorawan(Device):
    """Through The Things Stack."""

    model = "elvaco-cmi4111"

    def __init__(self, number):
        super().__init__(number)
        self.telegram = self.document()

    def message(self, count):
        at = self.began + count * 1_000 + 787
        uplink, shown = self.telegram["uplink_message"], self.telegram["uplink_message"]["decoded_payload"]
        self.telegram["received_at"] = uplink["received_at"] = iso(at) + "9Z"
        uplink["f_cnt"] = count
        shown.update({"energy": 9_818 + count, "volume": raw(digits(6607, count, 2)), "power": raw(digits(1, count, 3))})
        return Message(f"v3/app1@ttn/devices/{self.name}/up", dumped(self.telegram), expected=[
            self.reading("energy_heat", f"{9_818 + count}.000", "kW.h", at),
            self.reading("volume", digits(6607, count, 2) + "0", "m3", at),
            self.reading("power_heat", digits(1, count, 3), "kW", at), self.reading("flow", "0.038", "m3/h", at),
            self.reading("temperature_supply", "63.50", "Cel", at), self.reading("temperature_return", "38.00", "Cel", at),
            self.reading("error_code", "524288", "1", at)])


class WaterWithHistory(Device):
    """Each message tells of fifteen hours, the next one of the same but one: fourteen of fifteen were told before."""

    model = "axioma-qalcosonic-w1"

    def __init__(self, number):
        super().__init__(number)
        self.telegram = self.document()
        self.first_hour = now_ms() // 1000 // HOUR_S * HOUR_S - 20 * 24 * HOUR_S

    def litres(self, hour):
        """What it showed at that full hour since the first one."""
        return 424_395 + self.number + hour * 31 + hour % 5

    def message(self, count):
        at = self.began + count * 1_000
        log = self.first_hour + count * HOUR_S
        steps = [self.litres(count + step) - self.litres(count + step - 1) for step in range(1, HISTORY_HOURS + 1)]
        now = self.litres(count + HISTORY_HOURS) + 7
        data = struct.pack("<IBIII15H", at // 1000, 0, now, log, self.litres(count), *steps)
        self.telegram.update({"time": iso(at) + "123+00:00", "fCnt": count, "data": base64.b64encode(data).decode()})
        expected = [self.reading("volume", shown_in_kilo(str(now)), "m3", at), self.reading("error_code", "0", "1", at),
                    self.reading("volume_at_log", shown_in_kilo(str(self.litres(count))), "m3", log * 1000)]
        for hour in range(count + 1, count + HISTORY_HOURS + 1):
            expected.append(self.reading("volume_hourly", shown_in_kilo(str(self.litres(hour))), "m3",
                                         (self.first_hour + hour * HOUR_S) * 1000))
        return Message(f"application/17c82e96/device/{self.name}/event/up", dumped(self.telegram), expected=expected)


class WirenBoard(Device):
    model = "wirenboard-map-mqtt"
    VALUES = (("Total AP energy", "energy_active_import", "kW.h"), ("Total P", "power_active", "W"),
              ("Total RP energy", "energy_reactive_import", "kV.A{reactive}.h"))

    def message(self, count):
        what, point, unit = self.VALUES[count % len(self.VALUES)]
        value = digits(110, count, 4)
        return Message(f"/devices/{self.name}/controls/{what}", value.encode(), expected=[self.reading(point, value, unit)])


class OwnMapping(Device):
    """Of no model: its mapping stands in the configuration."""

    @classmethod
    def kind(cls):
        return "pump"

    def toml(self):
        return (f'[[mqtt.meter]]\nid = "{self.name}"\nmedium = "electricity"\ntopic = "site/{self.name}/state"\n'
                'format = "fields"\nseparator = ";"\n[mqtt.meter.points]\n'
                'energy = { quantity = "energy_active_import", field = 1, unit = "kW.h", group = "billing" }\n'
                'power = { quantity = "power_active", field = "p", unit = "W" }\n')

    def message(self, count):
        energy, power = digits(1_000_000, count, 6), f"-{count}.50"
        return Message(f"site/{self.name}/state", f"{energy};p={power};x".encode(), expected=[
            self.reading("energy", energy, "kW.h"), self.reading("power", power, "W")])


KINDS = (Shelly3em, ShellyPro3em, Tasmota, ZigbeePlug, WaterOverWmbus, GasOverRadio, HeatOverLorawan, WaterWithHistory,
         WirenBoard, OwnMapping)

# SPDX-License-Identifier: Apache-2.0
"""What publishes on a meter's topic need not be a meter. Broken, huge and deeply nested payloads, wrong types, invalid UTF-8,
numbers that are none, impossible times, thousands of topics and thousands of messages a second: each is counted for the meter
that it concerns and explained once; nothing is invented from it; a good meter on the same broker and one on a bus go on.
"""

import json
import sys
import time

import building
import cabinet
import mqtt_devices
import mqtt_proxy
import mqtt_town
import oracle
from building import check
from mqtt_publisher import Message, Publisher

BAD_TEXT = "NOT-TEXT"  # in topics: on the way to the gateway as many bytes take its place that are no UTF-8
FLOOD_S = 4
FLOOD_PER_SECOND = 3_000
TOPICS = 25_000
WAIT_BETWEEN_S = 0.02

TOTAL = '{"Time":"2026-01-16T01:07:31","ENERGY":{"Total":%s,"Power":%s}}'
PLUG = '{"last_seen":%s,"energy":%s}'


def plug_reading(meter, value):
    return [mqtt_devices.Expected(meter, "energy_active_import", value, "kW.h")]


# meter: model, what it says (payload, readings all the same), what `status` counts
CASES = {
    "broken": ("tasmota-energy", [(text, []) for text in (
        "{", "", '{"ENERGY":{"Total":1.5}', '{"ENERGY":{"Total":1.5}}}', "{'ENERGY':{'Total':1.5}}",
        b"\x16\x03\x01\x02", '{"ENERGY":{"Total":1.5}}\0{"ENERGY":{"Total":2.5}}', "[" * 31)], "broken"),
    "types": ("tasmota-energy", [(TOTAL % (value, '"on"'), []) for value in (
        '{"a":1}', "[1,2]", "true", '"twelve"', '"1,5"', '"0x10"', '"12 kWh"', '"--1"')], "unusable_values"),
    "huge": ("tasmota-energy", [(TOTAL % ("1.5", '"%s"' % ("x" * 1_000_000)), []), ("9" * 1_000_000, [])] * 5, "broken"),
    "deep": ("tasmota-energy", [("[" * 100_000, []), ('{"ENERGY":' * 50_000 + "1" + "}" * 50_000, [])] * 3, "broken"),
    "not-utf8": ("tasmota-energy", [(b'{"ENERGY":{"Total":1.5,"Name":"\xff\xfe"}}', []), (b"\xc3\x28", [])], "broken"),
    "not-numbers": ("tasmota-energy", [(TOTAL % (value, "1"), []) for value in (
        "NaN", "Infinity", "+1", "01", ".5", "1e999999999999")], "broken"),
    "times": ("zigbee2mqtt-plug", [(PLUG % (at, f"8.{number}"), plug_reading("times", f"8.{number}00"))
                                   for number, at in enumerate((
                                       '"1970-01-01T00:00:00+00:00"', '"2099-01-01T00:00:00+00:00"', '"9999999-01-01"',
                                       '"2026-13-41T25:61:61Z"', '"yesterday"', "17", "1e30", "null"))], "unusable_times"),
}
# What is a number, and no value: the state that it gives to its point.
NUMBERS = (('"NaN"', "not available"), ("null", "not available"), ("1e400", "out of range"), ('"-1e400"', "out of range"),
           ("99999999999999999999999", "out of range"), ("1e-400", "out of range"), ('"Infinity"', "out of range"))


def bad_devices():
    return "".join(f'[[mqtt.meter]]\nid = "{meter}"\nmodel = "{model}"\ndevice = "{meter}"\n'
                   for meter, (model, _, _) in CASES.items()) + "".join(
        f'[[mqtt.meter]]\nid = "{meter}"\nmodel = "shelly-3em"\ndevice = "{meter}"\n' for meter in ("flood", "topics")) + (
        '[[mqtt.meter]]\nid = "numbers"\nmodel = "tasmota-energy"\ndevice = "numbers"\n')


def topic_of(meter):
    return f"zigbee2mqtt/{meter}" if CASES[meter][0] == "zigbee2mqtt-plug" else f"tele/{meter}/SENSOR"


class Vandal:
    """`resident` is filled with the gateway's memory meanwhile."""

    def __init__(self, town):
        self.town = town
        self.publisher = Publisher(town.site.port, "vandal")
        check(self.publisher.connect(), "the broker does not listen")
        self.resident = []

    def look(self):
        self.resident.append(cabinet.resident_kilobytes(self.town.gateway.process))

    def say(self, topic, payload, expected=(), qos=1):
        message = Message(topic, payload.encode() if isinstance(payload, str) else payload, expected=list(expected))
        self.town.messages.append(message)
        check(self.publisher.publish(message, qos), f"the broker hung up at {topic}")
        return message

    def say_nonsense(self):
        for meter, (_, messages, _) in CASES.items():
            for payload, expected in messages:
                self.say(topic_of(meter), payload, expected)
                time.sleep(WAIT_BETWEEN_S)
            self.look()
        # What is above a MiB the broker keeps for itself: it was told how long a packet may be (MQTT 5).
        self.say(topic_of("huge"), b"9" * (48 << 20))
        for number in range(10):
            self.say(f"shellies/topics/emeter/{BAD_TEXT}/{number}", "1.5")
            self.say(f"shellies/topics/emeter/0/{BAD_TEXT}", "1.5")

    def say_numbers(self):
        for power, (value, state) in enumerate(NUMBERS):
            self.say("tele/numbers/SENSOR", TOTAL % (value, power),
                     [mqtt_devices.Expected("numbers", "power_active", str(power), "W")])

            def point():
                return self.town.meter_status("numbers")["points"][0]
            cabinet.wait_until(lambda state=state: point()["state"] == state, 20, f"{value} to be {state}, not {point()}")

    def flood(self):
        """Each message has a value of its own; which of them are taken is not told."""
        due = time.monotonic()
        for number in range(FLOOD_S * FLOOD_PER_SECOND):
            self.say("shellies/flood/emeter/0/power", f"{number}.5",
                     [mqtt_devices.Expected("flood", "power_active_l1", f"{number}.5", "W")], qos=0)
            due += 1 / FLOOD_PER_SECOND
            if number % 100 == 0:
                time.sleep(max(0, due - time.monotonic()))
                self.look()

    def invent_topics(self):
        for number in range(TOPICS):
            message = Message(f"shellies/topics/emeter/0/number-{number}", b"1.5")
            check(self.publisher.publish(message, qos=1), "the broker hung up")
            if number % 500 == 0:
                self.look()
                time.sleep(0.05)


def spoil(packet):
    """The same packet with bytes that are no text."""
    return packet.replace(BAD_TEXT.encode(), b"\xff\xfe\xc0\xaf\xed\xa0\x80\xff")


def check_explained(town):
    """Counted for the meter that it concerns, and one line for each kind."""
    lines = town.gateway.text().split("\n")
    for meter, (_, messages, counted) in CASES.items():
        intake = town.meter_status(meter)["intake"]
        told = [line for line in lines if f"meter {meter}:" in line]
        print(f"{meter}: {len(messages)} messages, {json.dumps(intake)}", *told, sep="\n  ", flush=True)
        check(intake[counted] > 0, f"{meter}: nothing was counted as {counted}")
        check(counted != "broken" or intake["broken"] == len(messages), f"{meter}: {len(messages)} messages are broken")
        check(intake["problem"], f"{meter}: `status` does not say what is wrong")
        check(len(told) == 1, f"{meter}: one line was to be expected, not {len(told)}")
        check(all(len(line) < 1_000 for line in told), f"{meter}: a payload stands in the log")
    site = town.site_status()
    print(f"broker: {site}", flush=True)
    check(site["flooded"] > 0, "the flood was not noticed")
    check(sum("messages a second come on" in line for line in lines) == 1, "the flood was to be explained once")
    check(site["lost"] == 0, f"{site['lost']} messages were lost")
    check(len(lines) < 60, f"{len(lines)} lines in the log")


def check_bus(town):
    stored = [row for row in building.stored(town.platform) if row[0] in town.names]
    verdict = oracle.judge(town.servings(), stored)
    print(verdict, flush=True)
    check(verdict.good() and verdict.found > 100, "the meter on the bus was disturbed")


def main():
    good = [kind(1) for kind in mqtt_devices.KINDS]
    with building.folder("mqtt-bad-input") as folder:
        town = mqtt_town.Town(folder, good, bad_devices(), bus_meters=1)
        town.proxy.change = spoil
        traffic = mqtt_town.Traffic(town.site.port, good, 40)
        town.messages = traffic.messages
        with building.running(town.site), town.running():
            try:
                town.wait_until_subscribed(0)
                traffic.start()
                time.sleep(3)
                small = cabinet.resident_kilobytes(town.gateway.process)
                vandal = Vandal(town)
                for step in (vandal.say_nonsense, vandal.say_numbers, vandal.flood, vandal.invent_topics):
                    step()
                    cabinet.wait_until(lambda: vandal.publisher.unanswered() == 0, 60, "the broker to acknowledge everything")
                    town.wait_until_taken()
                    print(f"{step.__name__}: {max(vandal.resident) - small} KiB more in memory", flush=True)
                time.sleep(3)
                vandal.look()
            finally:
                traffic.stop()
            town.wait_until_taken()
            town.hush()
            town.settle(60)
            check_explained(town)
            check(town.gateway.stop() == 0, "the gateway did not end well")
        growth = max(vandal.resident) - small
        print(f"memory: {small} KiB, at most {growth} KiB more, {vandal.resident[-1] - small} KiB in the end", flush=True)
        check(growth <= 4 * building.GROWTH_KIB, f"memory grew by {growth} KiB")
        town.check_mqtt()
        check_bus(town)
        town.check_numbers()


if __name__ == "__main__":
    sys.exit(main())

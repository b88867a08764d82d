# SPDX-License-Identifier: Apache-2.0
"""Two hundred meters of ten kinds speak MQTT to a broker of the site. Meanwhile the gateway is killed, stopped, stopped while
it catches up, the broker restarted and the connection cut; the disk becomes slow. What the broker had acknowledged to a
device is in the city once, to the digit, with its unit and its time; only what the gateway acknowledged in the last moments
before a kill -9 may be missing.

Beside it: hours that messages tell again and again, retained messages, a counter that begins again, a last will, a meter
that says nothing, and a reload that concerns another broker.
"""

import os
import pathlib
import signal
import sys
import time

import building
import cabinet
import mqtt_devices
import mqtt_proxy
import mqtt_town
import street
from building import check
from mqtt_publisher import Message, Publisher, now_ms

SLOW_SYNC = pathlib.Path(os.environ.get("SLOW_SYNC_LIBRARY", "build/release/tests/e2e/libslow_sync.so")).resolve()
OF_EACH_KIND = 20
PER_SECOND = 240
AWAY_S = 3
RESTARTED = 16  # flag of quality
SMALL_MEMORY = 'memory = "128KiB"'
SILENT_S = 4
HASTY = 1_000  # more than messages_per_second of one topic, kept by the broker while the gateway is away

MORE_METERS = f"""[[mqtt.meter]]
id = "counter"
model = "shelly-3em"
device = "counter"
[[mqtt.meter]]
id = "plug"
model = "shelly-3em"
device = "plug"
[[mqtt.meter]]
id = "hasty"
model = "shelly-3em"
device = "hasty"
[[mqtt.meter]]
id = "quiet"
model = "shelly-3em"
device = "quiet"
silent_after = "{SILENT_S}s"
"""


def annex(town, meters):
    return (f'[[mqtt]]\nname = "annex"\nbroker = "mqtt://127.0.0.1:{town.site.port}"\n'
            + "".join(f'[[mqtt.meter]]\nid = "{meter}"\nmodel = "shelly-3em"\ndevice = "{meter}"\n' for meter in meters))


def total(meter, watt_hours, quality=0, retained=False):
    """A message with what this meter has counted; it is expected in the city unless it is retained."""
    reading = mqtt_devices.Expected(meter, "energy_active_import_l1", mqtt_devices.shown_in_kilo(watt_hours), "kW.h",
                                    quality=quality)
    return Message(f"shellies/{meter}/emeter/0/total", watt_hours.encode(), retained, [] if retained else [reading])


class Hand:
    """Publishes what the scenario wants, one by one."""

    def __init__(self, town):
        self.town = town
        self.publisher = Publisher(town.site.port, "hand")

    def say(self, *messages):
        if not self.publisher.is_connected():
            cabinet.wait_until(self.publisher.connect, 20, "the broker to take a connection")
        for message in messages:
            self.town.messages.append(message)
            check(self.publisher.publish(message), "the broker hung up")
        cabinet.wait_until(lambda: self.publisher.unanswered() == 0, 20, "the broker to acknowledge a message")


def start_with_slow_disk(town):
    os.environ.update(LD_PRELOAD=str(SLOW_SYNC), SLOW_SYNC=str(town.folder / "slow"))
    # The sanitizer's runtime wants to be the first one; it does not mind.
    os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
    try:
        town.gateway.start()
    finally:
        os.environ.pop("LD_PRELOAD")


def acknowledged_now(town):
    return sum(town.acknowledged.counts.values())


def stop_and_start(town, hand):
    """In all the ways in which it happens; what was asked for ends well, and a message is acknowledged all the time."""
    town.kill_gateway()
    hand.say(*(total("hasty", f"{number}.5") for number in range(HASTY)))
    time.sleep(AWAY_S)
    town.gateway.start()
    town.wait_until_taken()
    check(town.site_status()["flooded"] == 0, "what the broker has kept was taken for a flood")
    check(town.gateway.stop() == 0, "the gateway did not end well")
    time.sleep(AWAY_S)
    # Stopped in the middle of what the broker has kept.
    before = acknowledged_now(town)
    town.gateway.start()
    cabinet.wait_until(lambda: acknowledged_now(town) > before + PER_SECOND / 2, 30, "the gateway to catch up")
    check(town.gateway.stop() == 0, "the gateway did not end well")
    print(f"stopped after {acknowledged_now(town) - before} messages of what was kept", flush=True)
    time.sleep(AWAY_S)
    # Killed in the middle of it.
    before = acknowledged_now(town)
    town.gateway.start()
    cabinet.wait_until(lambda: acknowledged_now(town) > before + PER_SECOND / 2, 30, "the gateway to catch up")
    town.kill_gateway()
    print(f"killed after {acknowledged_now(town) - before} messages of what was kept", flush=True)
    time.sleep(1)
    town.gateway.start()
    town.wait_until_taken()


def disturb_the_broker(town, _):
    subscribed = town.subscribed()
    check(town.site.stop() == 0, "mosquitto did not end well")
    time.sleep(1)
    town.site.start()
    town.wait_until_subscribed(subscribed)
    for direction, kind in ((mqtt_proxy.UP, mqtt_proxy.PUBACK), (mqtt_proxy.DOWN, mqtt_proxy.PUBLISH),
                            (mqtt_proxy.UP, mqtt_proxy.PUBACK)):
        subscribed = town.subscribed()
        town.proxy.fault = mqtt_proxy.Times("swallow", direction, kind, 1)
        town.wait_until_subscribed(subscribed)
    town.wait_until_taken()
    repeated = town.site_status()["repeated"]
    print(f"cut three times: the gateway knew {repeated} messages that came again", flush=True)
    check(repeated > 0, "no message came again: the PUBACK that vanished tests nothing")


def silence_and_wills(town, hand):
    town.wait_for_state("quiet", "no response")
    hand.say(total("quiet", "1.5"))
    town.wait_for_state("quiet", "ok")
    town.wait_for_state("quiet", "no response")

    device = Publisher(town.site.port, "plug", will=("shellies/plug/online", b"false"))
    check(device.connect(), "the broker is gone")
    hand.say(total("plug", "7.25"))
    town.wait_for_state("plug", "ok")
    device.break_off()
    town.wait_for_state("plug", "no response")
    hand.say(total("plug", "7.50"))
    town.wait_for_state("plug", "ok")


def counter_begins_again(town, hand):
    for watt_hours, quality in (("5000.0", 0), ("5001.5", 0), ("12.5", RESTARTED), ("13.5", 0)):
        hand.say(total("counter", watt_hours, quality))


def reload_of_another_broker(town, hand):
    before = town.site_status()
    connections = town.proxy.connections
    town.configure(annex(town, ["old", "new"]))
    town.gateway.process.send_signal(signal.SIGHUP)
    cabinet.wait_until(lambda: town.meter_status("new"), 20, "the configuration to be read again")
    cabinet.wait_until(lambda: (town.site_status("annex") or {}).get("connected"), 20, "the annex to be listened to")
    after = town.site_status()
    check(town.proxy.connections == connections and after["connections"] == before["connections"],
          f"the other broker was disturbed: {before}, then {after}")
    for meter in ("old", "new"):
        hand.say(total(meter, "99.5"))
        town.wait_for_state(meter, "ok")


def slow_disk(town):
    """The gateway leaves the broker until the disk has caught up."""
    check(town.gateway.stop() == 0, "the gateway did not end well")
    town.configure(annex(town, ["old", "new"]), change=("[buffer]", f"[buffer]\n{SMALL_MEMORY}"))
    start_with_slow_disk(town)
    cabinet.wait_until(lambda: (town.site_status() or {}).get("connected"), 30, "the gateway to listen")
    town.wait_until_taken()
    slow = town.folder / "slow"
    slow.touch()
    cabinet.wait_until(lambda: "disk is behind" in town.site_status()["reason"], 60, "the gateway to leave the broker")
    time.sleep(3)
    slow.unlink()
    town.wait_until_taken()
    status = town.gateway.status()
    print(f"slow disk: left the broker {town.site_status()['pauses']} times, slowest sync "
          f"{status['buffer']['slowest_disk_ms']} ms", flush=True)


def check_events(town):
    events = town.platform.rows("SELECT meter, text FROM event_view WHERE kind = 'meter_restarted'")
    check([meter for meter, _ in events] == ["counter"], f"one counter began again: {events}")
    print(f"events: {events}", flush=True)


def check_history(town, verdict):
    hours = [key for key in verdict.dated if key[1] == "volume_hourly"]
    told = sum(len(verdict.dated[key]) for key in hours)
    print(f"history: {len(hours)} hours, told {told} times", flush=True)
    check(told > 5 * len(hours), "the messages did not overlap")


def main():
    devices = [kind(number) for number in range(OF_EACH_KIND) for kind in mqtt_devices.KINDS]
    with building.folder("mqtt-meters") as folder:
        town = mqtt_town.Town(folder, devices, MORE_METERS)
        town.configure(annex(town, ["old"]))
        traffic = mqtt_town.Traffic(town.site.port, devices, PER_SECOND)
        town.messages = traffic.messages
        hand = Hand(town)
        with building.running(town.site), town.running(town.broker, town.platform):
            try:
                for number in range(5):
                    hand.say(total(devices[0].name, f"777{number}.5", retained=True))
                town.gateway.start()
                town.wait_until_subscribed(0)
                traffic.start()
                time.sleep(3)
                for step in (stop_and_start, disturb_the_broker, silence_and_wills, counter_begins_again, reload_of_another_broker):
                    begun = time.monotonic()
                    step(town, hand)
                    print(f"{step.__name__}: {time.monotonic() - begun:.1f} s", flush=True)
                retained = town.meter_status(devices[0].name)["intake"]["retained"]
                check(retained > 0, "no retained message came: they test nothing")
                slow_disk(town)
            finally:
                traffic.stop()
            town.wait_until_taken()
            town.settle(60)
            lan = town.site_status()
            print(f"in the end: {lan}", flush=True)
            check(lan["lost"] == 0 and lan["flooded"] == 0, "messages were not taken")
            check(town.gateway.stop() == 0, "the gateway did not end well")
        ms = now_ms() - traffic.messages[0].sent
        print(f"{len(devices)} devices of {len(mqtt_devices.KINDS)} kinds, {len(town.outages)} kills, {ms // 1000} s", flush=True)
        verdict = town.check_mqtt(excused=len(town.outages))
        town.check_numbers()
        check_history(town, verdict)
        check_events(town)
        gaps = town.platform.rows("SELECT * FROM gap_view")
        check(not gaps, f"readings were declared lost: {gaps[:3]}")


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: Apache-2.0
"""A city and a cabinet whose meters speak MQTT: simulated devices publish to a real mosquitto of the site, and what the
city's database holds is judged by what that broker acknowledged to them."""

import collections
import contextlib
import itertools
import os
import shutil
import threading
import time

import building
import cabinet
import mqtt_proxy
import street
from building import check
from mqtt_publisher import Publisher, now_ms

COMMIT_EVERY = 1_000
SLACK = 2_000  # of a machine that is busy with other things, between a PUBACK and the commit that holds its message
DELAY_POINT = "arrival_delay"  # the gateway's own


class SiteBroker(cabinet.Process):
    """mosquitto as a site that does not want to lose anything has it."""

    def __init__(self, folder, name="site-mosquitto"):
        super().__init__(name, folder)
        self.port = cabinet.free_port()
        store = folder / f"{name}-store"
        store.mkdir()
        user = "root" if os.geteuid() == 0 else os.environ.get("USER", "nobody")
        self.configuration = folder / f"{name}.conf"
        self.configuration.write_text(
            f"user {user}\nlistener {self.port} 127.0.0.1\nallow_anonymous true\npersistence true\n"
            f"persistence_location {store}/\nmax_queued_messages 0\nset_tcp_nodelay true\n")

    def start(self):
        binary = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
        self.launch([binary, "-c", self.configuration])
        cabinet.wait_until_it_listens(self.port)


class Acknowledgements:
    """What the gateway acknowledged, and when: for a Proxy to tell."""

    def __init__(self):
        self.times = {}  # (topic, payload) -> ms since 1970
        self.counts = collections.Counter()  # of PUBACKs, by connection
        self.under_way = {}

    def __call__(self, connection, direction, kind, packet, head):
        if direction == mqtt_proxy.DOWN and kind == mqtt_proxy.PUBLISH and packet[0] & 0x06:
            size = int.from_bytes(packet[head:head + 2], "big")
            topic, rest = packet[head + 2:head + 2 + size], packet[head + 2 + size:]
            # MQTT 5: properties follow the packet id; mosquitto sends none here.
            self.under_way[connection, rest[:2]] = (topic.decode(errors="replace"), rest[2:])
        elif direction == mqtt_proxy.UP and kind == mqtt_proxy.PUBACK:
            self.counts[connection] += 1
            if told := self.under_way.pop((connection, packet[head:head + 2]), None):
                self.times[told] = now_ms()

    def of(self, message):
        """0 if it was not acknowledged."""
        version_5 = self.times.get((message.topic, b"\0" + message.payload))
        return version_5 or self.times.get((message.topic, message.payload), 0)


class Traffic:
    """Publishes what devices say, in turn, at so many messages a second, whether anybody listens or not."""

    def __init__(self, port, devices, per_second):
        self.publisher = Publisher(port, "devices")
        self.devices, self.per_second = devices, per_second
        self.messages = []
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def start(self):
        self.thread.start()

    def run(self):
        due, devices = time.monotonic(), itertools.cycle(self.devices)
        while not self.ended.is_set():
            if not self.publisher.is_connected() and not self.publisher.connect():
                time.sleep(0.1)
                due = time.monotonic()
                continue
            message = next(devices).next()
            self.messages.append(message)
            self.publisher.publish(message)
            due += 1 / self.per_second
            time.sleep(max(0, due - time.monotonic()))

    def stop(self):
        """Returns once the broker has answered for everything."""
        if self.thread.is_alive():
            self.ended.set()
            self.thread.join()
            with contextlib.suppress(TimeoutError):
                cabinet.wait_until(lambda: self.publisher.unanswered() == 0, 10, "the broker to acknowledge what it was sent")
            self.publisher.break_off()

    kill = stop


class Town(street.Street):
    """`devices` behind the broker of the site; `bus_meters` behind simulated lines as elsewhere."""

    def __init__(self, folder, devices, more_meters="", bus_meters=0, broker_lines="", buffer=""):
        super().__init__(folder, meters=bus_meters, platform='batch_every = "2s"', buffer=buffer)
        self.site = SiteBroker(folder)
        self.acknowledged = Acknowledgements()
        self.proxy = mqtt_proxy.Proxy(self.site.port, watch=self.acknowledged)
        self.devices, self.messages, self.outages = devices, [], []
        meters = "".join(device.toml() for device in devices) + more_meters
        self.base = self.gateway.configuration.read_text()
        self.mqtt = f'[[mqtt]]\nname = "lan"\nbroker = "mqtt://127.0.0.1:{self.proxy.port}"\n{broker_lines}{meters}'
        self.configure()

    def configure(self, rest="", change=("", "")):
        self.gateway.configuration.write_text((self.base + self.mqtt + rest).replace(*change))

    def kill_gateway(self):
        """kill -9: what it acknowledged in the last moments may be lost."""
        self.outages.append(now_ms())
        self.gateway.kill()

    def site_status(self, name="lan"):
        return self.part_of_status("brokers", "name", name)

    def meter_status(self, meter):
        return self.part_of_status("meters", "id", meter)

    def part_of_status(self, kind, key, name):
        """None if the gateway does not run, or knows of no such thing."""
        status = self.gateway.status()
        return next((found for found in status[kind] if found[key] == name), None) if status else None

    def subscribed(self):
        """How often the gateway has subscribed to everything."""
        return self.gateway.text().count("broker lan: connected")

    def wait_until_subscribed(self, before):
        cabinet.wait_until(lambda: self.subscribed() > before, 60, "the gateway to subscribe to everything")

    def wait_for_state(self, meter, state, seconds=20):
        cabinet.wait_until(lambda: (self.meter_status(meter) or {}).get("state") == state, seconds, f"{meter} to be: {state}")

    def wait_until_taken(self, seconds=60):
        """The broker has nothing more for the gateway: the last message of the devices was acknowledged."""
        last = next(message for message in reversed(self.messages) if message.acknowledged)
        cabinet.wait_until(lambda: self.acknowledged.of(last), seconds, "the gateway to take what the broker has kept")

    def excuse(self, message):
        """How long before a kill -9 the gateway acknowledged it, in ms; None if that was too long before."""
        at = self.acknowledged.of(message)
        ages = [killed - at for killed in self.outages if at and -SLACK <= killed - at <= COMMIT_EVERY + SLACK]
        return min(ages, default=None)

    def stored_mqtt(self):
        """Every row under the view, of the meters that speak MQTT."""
        rows = self.platform.rows(
            "SELECT m.name, p.name, r.time, coalesce(r.value, r.text), d.unit, r.quality FROM reading r "
            "JOIN point p ON p.id = r.point JOIN meter m ON m.id = p.meter JOIN definition d ON d.id = r.definition "
            "WHERE p.name <> ? AND m.name NOT LIKE 'meter-%'", DELAY_POINT)
        return [row for row in rows if row[0] not in self.names]

    def judge_mqtt(self):
        return Verdict(self.messages, self.stored_mqtt(), self.excuse)

    def check_mqtt(self, excused=0):
        verdict = self.judge_mqtt()
        print(verdict, flush=True)
        check(verdict.good(), "the database does not hold what the broker had acknowledged")
        # Two samples of one meter may have one time of its own, and came with another delay.
        shown = self.platform.rows("SELECT count(*) FROM reading_view WHERE point <> ?", DELAY_POINT)[0][0]
        rows = self.platform.rows("SELECT count(*) FROM reading r JOIN point p ON p.id = r.point WHERE p.name <> ?",
                                  DELAY_POINT)[0][0]
        check(shown == rows, f"the view shows {shown} readings, the table has {rows}: some have the same time")
        check(excused or not verdict.excused, f"{len(verdict.excused)} readings are missing, without a kill")
        return verdict


class Verdict:
    def __init__(self, messages, stored, excuse):
        self.oldest_excuse = 0
        self.missing, self.excused, self.double, self.wrong, self.invented = [], [], [], [], []
        self.found = self.undecided = 0
        self.messages = sum(1 for message in messages if message.acknowledged)
        self.unanswered = len(messages) - self.messages
        self.dated, self.by_value = collections.defaultdict(list), collections.defaultdict(list)
        for message in messages:
            for expected in message.expected:
                if expected.time is None:
                    self.by_value[expected.meter, expected.point, expected.value].append((expected, message))
                else:
                    self.dated[expected.meter, expected.point, expected.time].append((expected, message))
        counts = collections.Counter()
        self.end = now_ms()
        for row in stored:
            counts[self.place(*row)] += 1
        counts.pop(None, None)
        for key, told in (*self.by_value.items(), *self.dated.items()):
            self.count(key, told, counts[key], excuse)

    def place(self, meter, point, at, value, unit, quality):
        """What this reading was expected as; None, and noted, if it was not, or not like this."""
        key = (meter, point, at) if (meter, point, at) in self.dated else (meter, point, value)
        told = self.dated.get(key) or self.by_value.get(key)
        if not told:
            self.invented.append((meter, point, at, value, unit))
            return None
        expected, message = told[0]
        in_time = expected.time is not None or message.sent - 5 <= at <= self.end
        if not in_time or (value, unit, quality) != (expected.value, expected.unit, expected.quality):
            self.wrong.append((meter, point, at, value, unit, quality, "expected", expected))
        return key

    def count(self, key, told, count, excuse):
        """An hour that several messages tell of may be missing only if a kill excuses each of them."""
        self.found += count > 0
        if count > 1:
            self.double.append((*key, count))
        if count == 0:
            ages = [excuse(message) for _, message in told if message.acknowledged]
            if not ages:
                self.undecided += 1
            elif None not in ages:
                self.excused.append(key)
                self.oldest_excuse = max(self.oldest_excuse, *ages)
            else:
                self.missing.append(key)

    def good(self):
        return not (self.missing or self.double or self.wrong or self.invented)

    def __str__(self):
        lines = [f"{self.messages} messages that the broker acknowledged ({self.unanswered} more that it may have or not): "
                 f"{self.found} readings found, {len(self.excused)} lost with a kill, acknowledged {self.oldest_excuse} ms before "
                 f"it at the most; missing {len(self.missing)}, double {len(self.double)}, "
                 f"wrong {len(self.wrong)}, invented {len(self.invented)}"]
        for name in ("missing", "double", "wrong", "invented"):
            lines += [f"  {name}: {row}" for row in getattr(self, name)[:5]]
        return "\n".join(lines)

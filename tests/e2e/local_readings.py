# SPDX-License-Identifier: Apache-2.0
"""What is accepted is published on a local broker too, with the city's digits and times. The local broker hangs, dies, is
not to be found: meters keep their marks and delivery goes on all the while (promise 6), and once it is back it gets what
it missed. A meter that comes with a reload is published as well.
"""

import json
import os
import pathlib
import shutil
import signal
import sys
import time

import bad_links
import building
import cabinet
import street
from building import check

SLOW_NAMES = pathlib.Path(os.environ.get("SLOW_NAMES_LIBRARY", "build/release/tests/e2e/libslow_names.so")).resolve()
KEEPALIVE_S = 3
HANGS_S = 20
LATEST_S = 10  # from a reading to the city, on a machine that is busy with other things


class LocalBroker(cabinet.Process):
    """mosquitto as it stands in many cabinets: one line of configuration."""

    def __init__(self, folder):
        super().__init__("local-mosquitto", folder)
        self.port = cabinet.free_port()
        self.configuration = folder / "local-mosquitto.conf"
        self.configuration.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n")

    def start(self):
        binary = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
        self.launch([binary, "-c", self.configuration])
        cabinet.wait_until_it_listens(self.port)

    def signal(self, number):
        self.process.send_signal(number)


class Listener(cabinet.Process):
    """Somebody nearby: what he hears stands in his output."""

    def __init__(self, folder, port):
        super().__init__("listener", folder)
        self.command = ["mosquitto_sub", "-h", "127.0.0.1", "-p", port, "-q", "1", "-k", "300", "-t", "bornier/#", "-F", "%t %p"]

    def start(self):
        self.launch(self.command)

    def heard(self):
        """(topic, payload) with numbers as they were written; a line that is still being written is left out."""
        for line in self.text().split("\n")[:-1]:
            topic, found, payload = line.partition(" ")
            if found and topic.startswith("bornier/"):
                yield topic, json.loads(payload, parse_float=str, parse_int=str)

    def readings(self):
        return [(*topic.split("/")[1:], message["time"], message["value"], message.get("unit", ""))
                for topic, message in self.heard() if "value" in message]


def local_table(port, host="127.0.0.1"):
    return f'[local]\nbroker = "mqtt://{host}:{port}"\nkeepalive = "{KEEPALIVE_S}s"\n'


def delivery_goes_on(town, seconds):
    """The newest reading of each meter is in the city's database soon after it was taken."""
    end, oldest = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        newest = town.platform.rows("SELECT meter, max(time) FROM reading_view GROUP BY meter")
        oldest = max([oldest, *(street.now() - cabinet.milliseconds(moment) for _, moment in newest)])
        time.sleep(0.5)
    print(f"the newest reading in the city was {oldest} ms old at the most", flush=True)
    check(oldest < LATEST_S * 1000, f"delivery stood still: {oldest} ms")


def local(town):
    return town.gateway.status()["local"]


def is_published(town):
    found = local(town)
    return found["connected"] and found["waiting"] == 0


def with_a_broker(folder):
    broker = LocalBroker(folder)
    town = street.Street(folder, meters=3, platform='batch_every = "1s"', rest=local_table(broker.port))
    listener = Listener(folder, broker.port)
    everything = town.gateway.configuration.read_text()
    third, after = everything.index(f'[[bus]]\nname = "{town.names[2]}"'), everything.index("[local]")
    town.gateway.configuration.write_text(everything[:third] + everything[after:])
    with building.running(broker, listener), town.running():
        cabinet.wait_until(listener.readings, 60, "the first readings nearby")
        town.gateway.configuration.write_text(everything.replace("[local]", '[local]\ntopic = "elsewhere"'))
        town.gateway.process.send_signal(signal.SIGHUP)
        cabinet.wait_until(lambda: any(reading[0] == town.names[2] for reading in listener.readings()), 60,
                           "readings of the new meter nearby")
        check("[local] topic takes effect at the next start" in town.gateway.status()["gateway"]["reload"]["result"],
              "`status` does not say that the topic stays")

        broker.signal(signal.SIGSTOP)
        before = len(listener.readings())
        delivery_goes_on(town, HANGS_S)
        found = local(town)
        print(f"hung: {found}", flush=True)
        check(not found["connected"] and found["reason"] and found["waiting"] > 0, "nobody noticed that the broker hangs")
        check(len(listener.readings()) < before + 100, "the broker did not hang")
        broker.signal(signal.SIGCONT)
        cabinet.wait_until(lambda: is_published(town), 120, "what waited to be published")

        killed = street.now()
        broker.kill()
        delivery_goes_on(town, 3)
        before = len(listener.readings())
        broker.start()
        cabinet.wait_until(lambda: is_published(town) and len(listener.readings()) > before, 120,
                           "the broker to be found again")
        back = street.now()

        town.hush()
        cabinet.wait_until(lambda: any(topic == f"bornier/{town.names[0]}/state" and message["state"] == "no response"
                                       for topic, message in listener.heard()), 60, "the word that a meter is silent")
        town.settle(120)
        cabinet.wait_until(lambda: is_published(town), 60, "the rest to be published")
        found = local(town)
        check(town.gateway.stop() == 0, "the gateway did not end well")
        print(f"in the end: {found}", flush=True)
        check(found["dropped"] == 0 and found["refused"] == 0, f"readings were not published: {found}")
        heard = set(listener.readings())
    stored = town.platform.rows("SELECT meter, point, time, value, unit FROM reading_view")
    missing = [row for row in stored if row not in heard]
    print(f"{len(stored)} readings in the city, {len(heard)} nearby, {len(missing)} of the city's are missing there", flush=True)
    # A broker that is killed forgets what it had for the listener, and who that was.
    unexcused = [row for row in missing if not killed - 3_000 < cabinet.milliseconds(row[2]) < back + 1_000]
    check(not unexcused, f"{len(unexcused)} are missing nearby, such as {unexcused[:3]}")
    invented = heard - set(stored)
    check(not invented, f"{len(invented)} are nearby and not in the city, such as {sorted(invented)[:3]}")
    bad_links.check_polling(town)
    town.check_nothing_lost()


def without_a_name(folder):
    """A name server that does not answer is asked again and again."""
    town = street.Street(folder, meters=2, platform='batch_every = "1s"', rest=local_table(1883, "slow.example"))
    start_gateway = town.gateway.start
    os.environ["LD_PRELOAD"] = str(SLOW_NAMES)
    # The sanitizer's runtime wants to be the first one; it does not mind.
    os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
    with town.running(town.broker, town.platform, town.simulator):
        try:
            start_gateway()
        finally:
            os.environ.pop("LD_PRELOAD")
        cabinet.wait_until(lambda: town.platform.rows("SELECT 1 FROM reading_view LIMIT 1"), 60, "the first readings")
        delivery_goes_on(town, HANGS_S)
        found = local(town)
        print(f"without a name: {found}", flush=True)
        check("cannot be resolved" in found["reason"], "the name was found")
        town.hush()
        town.settle(60)
    bad_links.check_polling(town)
    town.check_nothing_lost()


def main():
    for title, scenario in (("local-readings", with_a_broker), ("local-name", without_a_name)):
        with building.folder(title) as folder:
            scenario(folder)


if __name__ == "__main__":
    sys.exit(main())

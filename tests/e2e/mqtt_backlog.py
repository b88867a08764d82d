# SPDX-License-Identifier: Apache-2.0
"""The broker of the site has kept a hundred thousand messages while the gateway was off: more than fit into its memory, and
brought at once. Each is stored once; what of them is one of many where `every` keeps one is the newest (promise 2)."""

import collections
import csv
import io
import subprocess
import sys
import time

import building
import cabinet
import mqtt_town
from building import check
from mqtt_publisher import Message, Publisher

MESSAGES = 100_000
TOPICS = 20
METER = """[[mqtt.meter]]
id = "m{number}"
medium = "electricity"
topic = "b/m{number}"
format = "plain"
points = {{ energy = {{ quantity = "energy_active_import", unit = "Wh", group = "billing" }} }}
"""
THINNED = """[[mqtt.meter]]
id = "hourly"
medium = "electricity"
topic = "b/hourly"
format = "plain"
every = "1h"
points = { energy = { quantity = "energy_active_import", unit = "Wh", group = "billing" } }
"""


def configuration(port):
    meters = "".join(METER.format(number=number) for number in range(TOPICS)) + THINNED
    return ('[gateway]\nid = "cab-1"\ncity = "testville"\ntimezone = "UTC"\nstate_directory = "state"\nclock = "system"\n'
            f'[[mqtt]]\nname = "lan"\nbroker = "mqtt://127.0.0.1:{port}"\n{meters}')


def publish_all(port):
    publisher = Publisher(port, "devices")
    check(publisher.connect(), "the site's broker is not there")
    for value in range(MESSAGES):
        publisher.publish(Message(f"b/m{value % TOPICS}", str(value).encode()))
        if value % 10_000 == 0:
            publisher.publish(Message("b/hourly", str(value).encode()))
        while value % 1_000 == 0 and publisher.unanswered() > 10_000:
            time.sleep(0.01)
    cabinet.wait_until(lambda: publisher.unanswered() == 0, 60, "the broker to take all messages")
    publisher.break_off()


def site_status(gateway):
    status = gateway.status()
    return status["brokers"][0] if status else None


def exported(gateway):
    answer = gateway.ask("buffer", "export", seconds=120)
    check(answer.returncode == 0, f"no export: {answer.stderr}")
    values = collections.defaultdict(list)
    for row in csv.DictReader(io.StringIO(answer.stdout)):
        if row.get("point") == "energy":
            values[row["meter"]].append(row["value"])
    return values


def kwh(watt_hours):
    return f"{watt_hours // 1000}.{watt_hours % 1000:03}"


def backlog(folder):
    site = mqtt_town.SiteBroker(folder)
    gateway = cabinet.Gateway(folder, building.GATEWAY, "cab-1", configuration(site.port))
    with building.running(site):
        with building.running(gateway):
            cabinet.wait_until(lambda: (site_status(gateway) or {"reason": "?"})["reason"] == "", 60, "the subscriptions")
        publish_all(site.port)
        began = time.monotonic()
        with building.running(gateway):
            def all_came():
                found = site_status(gateway)
                return found and found["connected"] and found["messages"] >= MESSAGES + MESSAGES // 10_000
            cabinet.wait_until(all_came, 180, "the backlog")
            print(f"after {time.monotonic() - began:.1f} s: {site_status(gateway)}", flush=True)
            live = Publisher(site.port, "late")
            check(live.connect(), "the site's broker is not there")
            live.publish(Message("b/hourly", b"999999"))
            time.sleep(4)
            live.break_off()
        found = exported(gateway)
    for number in range(TOPICS):
        wanted = [kwh(value) for value in range(number, MESSAGES, TOPICS)]
        missing = set(wanted) - set(found[f"m{number}"])
        check(sorted(found[f"m{number}"]) == sorted(wanted),
              f"m{number}: {len(missing)} of {len(wanted)} are missing, {len(found[f'm{number}']) - len(wanted) + len(missing)} too many")
    check(found["hourly"] == [kwh(MESSAGES - 10_000)] or found["hourly"][-1:] == [kwh(999_999)],
          f"of what is kept once an hour not the newest is there: {found['hourly']}")
    print(f"{MESSAGES} messages that the broker had kept are stored once each")


def main():
    with building.folder("mqtt-backlog") as folder:
        backlog(folder)


if __name__ == "__main__":
    sys.exit(main())

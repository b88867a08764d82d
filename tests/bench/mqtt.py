# SPDX-License-Identifier: Apache-2.0
"""Meters that speak MQTT: what the gateway costs that takes a reading out of each small JSON message, keeps it and delivers it,
beside a tight C program that takes a number out of it and forgets it (tests/bench/mqtt_subscriber.c).

CPU is that of the measured process from the first message until all its readings are where they belong."""

import pathlib
import re
import shutil
import signal
import tempfile
import time

from runs import GatewayRun, Process, SOURCE, cpu_seconds, memory, wait_until
import cabinet  # from tests/e2e, where runs looks too

METERS = 250
PER_SECOND = 20_000
FILTER = "bench/#"
POINT = '"/total"'
ABOVE_FLOOD = 2 * PER_SECOND // METERS


class MqttRun:
    """So many messages a second, for so many seconds, at one QoS."""

    def __init__(self, bench, qos, seconds):
        self.bench, self.qos, self.seconds = bench, qos, seconds
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=bench.folder))
        self.parts = []

    def publish(self):
        """Returns how many, and how many a second it really were."""
        said = self.bench.printed("mqtt_publisher", str(self.bench.broker.port), str(self.qos), str(METERS), str(PER_SECOND),
                                  str(self.seconds))
        published, took = map(int, re.match(r"published (\d+) .* in (\d+) ms", said).groups())
        return published, published / took * 1000

    def measure(self):
        try:
            return self.observe()
        finally:
            for part in reversed(self.parts):
                part.stop()
            shutil.rmtree(self.folder)

    def result(self, cpu, published, rate, readings, resident):
        return {"cpu": cpu / max(readings, 1) * 1e6, "published": published, "rate": rate, "readings": readings,
                "memory": resident}


class SubscriberRun(MqttRun):
    name = "floor"

    def readings(self, subscriber):
        said = subscriber.text().count("\n")
        subscriber.process.send_signal(signal.SIGUSR1)
        wait_until(lambda: subscriber.text().count("\n") > said, 10, "the subscriber to tell what it did")
        return int(subscriber.text().split()[-1])

    def observe(self):
        subscriber = Process("subscriber", self.folder)
        self.parts.append(subscriber)
        subscriber.launch([self.bench.programs["mqtt_subscriber"], self.bench.broker.port, self.qos, FILTER, "total"])
        time.sleep(1)
        cpu = -cpu_seconds(subscriber.process)
        published, rate = self.publish()
        wait_until(lambda: self.readings(subscriber) >= published, 60, "the subscriber to get everything")
        return self.result(cpu + cpu_seconds(subscriber.process), published, rate, self.readings(subscriber),
                           memory(subscriber.process))


class MqttGatewayRun(MqttRun):
    name = GatewayRun.name
    serial = 0

    def configuration(self):
        MqttGatewayRun.serial += 1
        broker = f"mqtt://127.0.0.1:{self.bench.broker.port}"
        text = (f'[gateway]\nid = "mqtt-{MqttGatewayRun.serial}"\ncity = "city"\ntimezone = "Europe/Paris"\n'
                f'state_directory = "{self.folder}/state"\nmodels = ["{SOURCE}/config/models"]\nclock = "system"\n'
                f'[platform]\nbroker = "{broker}"\nbatch_every = "10s"\nbacklog_rate = "100MB/s"\n'
                f'[[mqtt]]\nname = "lan"\nbroker = "{broker}"\nmessages_per_second = {ABOVE_FLOOD}\n')
        for number in range(METERS):
            text += (f'[[mqtt.meter]]\nid = "meter-{number}"\nmedium = "electricity"\ntopic = "bench/m{number}"\n'
                     'format = "json"\n[mqtt.meter.points]\ntotal = { quantity = "energy_active_import", pointer = '
                     f'{POINT}, unit = "kW.h" }}\n')
        return text

    def observe(self):
        platform, ready = Process("platform", self.folder), self.folder / "ready"
        self.database = self.folder / "city.db"
        self.parts.append(platform)
        platform.launch([self.bench.programs["platform"], "run", "--broker", f"mqtt://127.0.0.1:{self.bench.broker.port}",
                         "--database", f"sqlite:{self.database}", "--client-id", "platform", "--ready-file", ready])
        wait_until(ready.exists, 20, "the platform to be ready")
        gateway = cabinet.Gateway(self.folder, self.bench.programs["bornier"], "gateway", self.configuration())
        self.parts.append(gateway)
        gateway.start()
        wait_until(lambda: f"{METERS} meters\n" in gateway.text() and "broker lan: connected" in gateway.text(), 30,
                   "the gateway to subscribe")
        time.sleep(1)
        cpu = -cpu_seconds(gateway.process)
        published, rate = self.publish()
        self.settle(gateway)
        cpu += cpu_seconds(gateway.process)
        site = gateway.status()["brokers"][0]
        found = self.rows("SELECT count(*) FROM reading_view")
        result = self.result(cpu, published, rate, found, memory(gateway.process))
        result["lost"] = {key: site[key] for key in ("messages", "lost", "flooded", "repeated", "pauses")}
        return result

    def settle(self, gateway):
        """Everything that came is in the database, and confirmed. What a broker has dropped (it may, at QoS 0) will not come."""
        def is_settled():
            status = gateway.status()
            if status is None or status["link"]["unconfirmed_batches"] != 0:
                return False
            counts = status["gateway"]
            if not counts["readings_taken"] == counts["readings_accepted"] == counts["readings_sealed"]:
                return False
            came, self.came = self.came, status["brokers"][0]["messages"]
            return came == self.came
        self.came = 0
        wait_until(is_settled, 120, "everything to be confirmed")

    def rows(self, query):
        connection = cabinet.sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=60)
        try:
            return connection.execute(query).fetchone()[0]
        finally:
            connection.close()


KINDS = (SubscriberRun, MqttGatewayRun)

# SPDX-License-Identifier: Apache-2.0
"""Whoever talks to the programs talks nonsense: Modbus servers, clients of the local socket, publishers at the broker.

The honest meters beside them lose nothing; each dishonest one has a state that says why there is no data; what reaches the
platform unreadable is set aside with the reason; memory and log stay within bounds.
"""

import contextlib
import random
import socket
import struct
import subprocess
import sys
import threading
import time

import building
import cabinet
import street
from building import check

SECONDS = 20
NOISE = random.Random(2)


def close_at_once(connection):
    connection.recv(1)


def answer_noise(connection):
    while connection.recv(512):
        connection.sendall(NOISE.randbytes(60))


def flood(connection):
    connection.recv(512)
    while True:
        connection.sendall(bytes(4096))


def answers(connection):
    """(transaction, unit, pdu of a whole answer) for each request that comes."""
    while request := connection.recv(512):
        transaction, _, _, unit, function, _, count = struct.unpack(">HHHBBHH", request[:12])
        yield transaction, unit, bytes([function, 2 * count]) + bytes(2 * count)


def frame(transaction, unit, pdu, length=None):
    return struct.pack(">HHHB", transaction, 0, length or len(pdu) + 1, unit) + pdu


def drip(connection):
    for transaction, unit, pdu in answers(connection):
        for byte in frame(transaction, unit, pdu):
            connection.sendall(bytes([byte]))
            time.sleep(0.2)


def wrong_transaction(connection):
    for transaction, unit, pdu in answers(connection):
        connection.sendall(frame(transaction ^ 0x5555, unit, pdu))


def wrong_unit(connection):
    for transaction, unit, pdu in answers(connection):
        connection.sendall(frame(transaction, unit ^ 0x55, pdu))


def wrong_count(connection):
    for transaction, unit, pdu in answers(connection):
        connection.sendall(frame(transaction, unit, pdu[:1] + b"\xfa" + pdu[2:]))


def huge_length(connection):
    for transaction, unit, pdu in answers(connection):
        connection.sendall(frame(transaction, unit, pdu, length=0xFFFF))


def half_an_answer(connection):
    for transaction, unit, pdu in answers(connection):
        connection.sendall(frame(transaction, unit, pdu)[:-3])


DISHONEST = [close_at_once, answer_noise, flood, drip, wrong_transaction, wrong_unit, wrong_count, huge_length,
             half_an_answer]


class Server:
    """A Modbus server that serves every connection with one of the above."""

    def __init__(self, behaviour):
        self.behaviour = behaviour
        self.name = behaviour.__name__.replace("_", "-")
        self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection, _ = self.listener.accept()
            self.connections += 1
            threading.Thread(target=self.converse, args=(connection,), daemon=True).start()

    def converse(self, connection):
        with connection:
            with contextlib.suppress(OSError):  # the gateway has had enough
                self.behaviour(connection)


def talk_nonsense_locally(path):
    """At the gateway's own socket. Returns the answers to the whole lines."""
    heard = []

    def say(data, listen=True):
        with socket.socket(socket.AF_UNIX) as local:
            local.settimeout(20)
            local.connect(str(path))
            try:
                local.sendall(data)
                heard.append(local.recv(65536) if listen else b"")
            except (BrokenPipeError, ConnectionResetError):
                heard.append(b"hung up")

    say(NOISE.randbytes(300).replace(b"\n", b"") + b"\n")
    say(b'{"command":"status"' + b"\n")
    say(b'["command"]\n')
    say(b'{"command":7}\n')
    say(b'{"command":"shutdown"}\n')
    say(b"[" * 2000 + b"\n")
    say(b"x" * (4 << 20))
    say(b'{"command":', listen=False)
    say(b"", listen=False)
    held = [socket.socket(socket.AF_UNIX) for _ in range(100)]
    for local in held:
        with contextlib.suppress(OSError):  # more than it wants are turned away
            local.connect(str(path))
            local.sendall(b'{"comm')
    return heard, held


class Publisher:
    def __init__(self, town, name):
        certificates = town.certificates
        self.command = ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(town.broker.port), "-q", "1", "-i", f"nonsense-{name}",
                        "--cafile", str(certificates.ca), "--cert", str(certificates.certificate(name)),
                        "--key", str(certificates.key(name))]

    def publish(self, topic, payload):
        whole_topic = f"bornier/v1/{cabinet.CITY}/{topic}"
        done = subprocess.run([*self.command, "-t", whole_topic, "-s" if payload else "-n"], input=payload,
                              capture_output=True, timeout=30, check=False)
        check(done.returncode == 0, f"mosquitto_pub {topic}: {done.stderr.decode()}")


def a_batch(town):
    """A batch of the gateway, byte for byte as it was sent."""
    database = cabinet.sqlite3.connect(f"file:{town.state_directory}/buffer.db?mode=ro", uri=True, timeout=20)
    try:
        return database.execute("SELECT bytes FROM payload ORDER BY length(bytes) DESC LIMIT 1").fetchone()[0]
    finally:
        database.close()


def publish_nonsense(town):
    """Returns (topic, how often) of what the platform has to set aside."""
    batch = a_batch(town)
    flipped = bytearray(batch)
    flipped[-20] ^= 0x10
    platform = Publisher(town, "platform")
    own = Publisher(town, "cab-1")
    for payload in (b"", b"\xff" * 5, NOISE.randbytes(1000), batch[:-30], batch[:40], bytes(flipped), batch + b"\0"):
        own.publish("cab-1/batch", payload)
    own.publish("cab-1/backlog", NOISE.randbytes(3 << 20))
    own.publish("cab-1/catalog", NOISE.randbytes(200))
    own.publish("cab-1/status", NOISE.randbytes(200))
    own.publish("cab-1/reply", NOISE.randbytes(200))
    platform.publish("cab-9/batch", batch)  # a foreign one
    platform.publish("cab-1/no-such-thing", b"?")
    # The gateway's own ears: what is no confirmation and no command must move nothing.
    for kind in ("confirm", "command"):
        for payload in (b"", b"\xff" * 5, NOISE.randbytes(1000)):
            platform.publish(f"cab-1/{kind}", payload)
    return {"cab-1/batch": 7, "cab-1/backlog": 1, "cab-1/catalog": 1, "cab-1/status": 1, "cab-1/reply": 1, "cab-9/batch": 1}


def check_quarantine(town, expected):
    rows = town.platform.rows("SELECT topic, reason, times, bytes FROM quarantine ORDER BY id")
    found = {}
    for topic, reason, times, size in rows:
        print(f"set aside: {topic}, {size} bytes, {times} times: {reason}")
        check(reason, "nothing is said about why")
        place = topic.removeprefix(f"bornier/v1/{cabinet.CITY}/")
        found[place] = found.get(place, 0) + times
    check(found == expected, f"set aside is {found}, and should be {expected}")


def check_dishonest(status, servers, town):
    meters = {meter["id"]: meter for meter in status["meters"]}
    buses = {bus["name"]: bus for bus in status["buses"]}
    for server in servers:
        bus = buses[server.name]
        print(f"{server.name}: {meters[server.name]['state']}; {server.connections} connections, {bus['requests']} requests, "
              f"{bus['timeouts']} timeouts, {bus['damaged']} damaged, {bus['foreign']} foreign; {bus['error']}")
        check(meters[server.name]["state"] in ("no response", "bus down"),
              f"{server.name} is {meters[server.name]['state']}")
        check(server.connections <= 10 * SECONDS, f"{server.name}: {server.connections} connections")
    named = dict(town.platform.rows("SELECT meter, state FROM state_view WHERE point IS NULL"))
    for server in servers:
        check(named.get(server.name) in ("no response", "bus down"), f"state_view says of {server.name}: "
              f"{named.get(server.name)}")
    stored = town.platform.rows("SELECT DISTINCT meter FROM reading_view")
    check(sorted(name for name, in stored) == town.names, f"readings of {stored}")


def main():
    with building.folder("bad-peers") as folder:
        servers = [Server(behaviour) for behaviour in DISHONEST]
        buses = "".join(building.bus_toml(server.name, server.port,
                                          [(server.name, 1, street.MODEL, "1s", '["voltage_l1_n"]')]) for server in servers)
        town = street.Street(folder, meters=3, platform='batch_every = "2s"', rest=buses)
        with town.running():
            time.sleep(6)
            memory = cabinet.resident_kilobytes(town.gateway.process)
            begun = street.now()
            expected = publish_nonsense(town)
            heard, held = talk_nonsense_locally(town.state_directory / "bornier.sock")
            for answer in heard[:-2]:
                print(f"the local socket answers {answer[:90]!r}")
            time.sleep(max(0, SECONDS - (street.now() - begun) / 1000))
            for local in held:
                local.close()
            status = cabinet.wait_until(town.gateway.status, 30, "`bornier status` after so many held its socket")
            grown = cabinet.resident_kilobytes(town.gateway.process) - memory
            ended = street.now()
            check(town.gateway.running() and town.platform.running(), "a program ended by itself")
            cabinet.wait_until(lambda: town.platform.rows("SELECT coalesce(sum(times), 0) FROM quarantine")[0][0]
                               >= sum(expected.values()), 20, "everything unreadable to be set aside")
            town.hush()
            town.settle(60)
            check(town.gateway.stop() == 0, "the gateway did not stop cleanly")
            check(town.platform.stop() == 0, "the platform did not stop cleanly")
        check_dishonest(status, servers, town)
        check_quarantine(town, expected)
        lines = town.gateway.text().count("\n")
        print(f"the gateway grew by {grown} KiB and wrote {lines} lines")
        check(grown < building.GROWTH_KIB, f"the gateway grew by {grown} KiB")
        check(lines < 100, f"the gateway wrote {lines} lines: {town.gateway.output}")
        verdict = town.judge()
        check(verdict.good(), "the honest meters' readings are not as served")
        marks = sum(begun <= int(answer["time_ms"]) <= ended for answer in town.simulator.answers())
        wanted = len(town.names) * (ended - begun) / 100
        check(marks > 0.8 * wanted, f"the honest meters were read {marks} times at {wanted:.0f} marks")
        town.check_stored_once()
        town.check_numbers()


if __name__ == "__main__":
    sys.exit(main())

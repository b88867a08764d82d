# SPDX-License-Identifier: Apache-2.0
"""A small MQTT 3.1.1 client that publishes what devices say, and knows which of it the broker has acknowledged."""

import contextlib
import dataclasses
import socket
import threading
import time

import mqtt_proxy
from mqtt_proxy import CONNACK, CONNECT, PUBACK, PUBLISH

PATIENCE_S = 20
PACKET_IDS = 65_535


def now_ms():
    return int(time.time() * 1000)


def text(content):
    content = content.encode() if isinstance(content, str) else content
    return len(content).to_bytes(2, "big") + content


def packet(head, body):
    length, rest = b"", len(body)
    while True:
        rest, seven = rest >> 7, rest & 0x7F
        length += bytes([seven | (0x80 if rest else 0)])
        if not rest:
            return bytes([head]) + length + body


@dataclasses.dataclass(eq=False)
class Message:
    topic: str
    payload: bytes
    retained: bool = False
    expected: list = dataclasses.field(default_factory=list)  # what the scenario wants to find in the city
    sent: int = 0  # ms since 1970
    acknowledged: int = 0  # the same; 0: the broker has not said that it has it


class Publisher:
    """One connection. What it was not told of when that broke is not sent again: the broker may have it or not."""

    def __init__(self, port, client_id, will=None):
        """`will`: (topic, payload), retained."""
        self.port, self.client_id, self.will = port, client_id, will
        self.stream = None
        self.lock = threading.Lock()
        self.waiting = {}
        self.last_id = 0

    def connect(self):
        """False if nobody answers."""
        will = text(self.will[0]) + text(self.will[1]) if self.will else b""
        flags = 0x02 | (0x2C if self.will else 0)  # clean session; a will of QoS 1, retained
        try:
            stream = socket.create_connection(("127.0.0.1", self.port), PATIENCE_S)
            stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            stream.sendall(packet(CONNECT << 4, text("MQTT") + bytes([4, flags]) + b"\0\0" + text(self.client_id) + will))
            kind, answer, _ = mqtt_proxy.read_packet(stream)
        except (OSError, mqtt_proxy.Gone):
            return False
        if kind != CONNACK or answer[3] != 0:
            raise AssertionError(f"{self.client_id}: the broker refused the connection: {answer.hex()}")
        stream.settimeout(None)
        self.waiting, self.stream = {}, stream
        threading.Thread(target=self.listen, args=(stream, self.waiting), daemon=True).start()
        return True

    def is_connected(self):
        return self.stream is not None

    def listen(self, stream, waiting):
        with contextlib.suppress(OSError, mqtt_proxy.Gone):
            while True:
                kind, answer, head = mqtt_proxy.read_packet(stream)
                if kind == PUBACK:
                    with self.lock:
                        waiting.pop(int.from_bytes(answer[head:head + 2], "big")).acknowledged = now_ms()
        if self.stream is stream:
            self.stream = None

    def publish(self, message, qos=1):
        """False if there is no connection, or it breaks."""
        stream = self.stream
        if stream is None:
            return False
        body = text(message.topic)
        with self.lock:
            if qos:
                self.last_id = self.last_id % PACKET_IDS + 1
                while self.last_id in self.waiting:
                    self.last_id = self.last_id % PACKET_IDS + 1
                self.waiting[self.last_id] = message
                body += self.last_id.to_bytes(2, "big")
            message.sent = now_ms()
            try:
                stream.sendall(packet(PUBLISH << 4 | qos << 1 | message.retained, body + message.payload))
            except OSError:
                return False
        return True

    def unanswered(self):
        return len(self.waiting)

    def break_off(self):
        """No goodbye: a will is published."""
        stream, self.stream = self.stream, None
        if stream:
            with contextlib.suppress(OSError):
                stream.shutdown(socket.SHUT_RDWR)
            stream.close()

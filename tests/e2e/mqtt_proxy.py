# SPDX-License-Identifier: Apache-2.0
"""Stands between a gateway and its broker, reads the MQTT packets that pass, and does what networks and brokers do wrong."""

import socket
import ssl
import threading

CONNECT, CONNACK, PUBLISH, PUBACK = 1, 2, 3, 4
UP, DOWN = "to the broker", "to the gateway"


class Gone(Exception):
    """The connection is over."""


def read_exactly(stream, count):
    data = b""
    while len(data) < count:
        part = stream.recv(count - len(data))
        if not part:
            raise Gone
        data += part
    return data


def read_packet(stream):
    """(type, whole packet): MQTT 3.1.1 and 5 alike, section 2.1 of both."""
    head = read_exactly(stream, 1)
    length, shift = 0, 0
    while True:
        byte = read_exactly(stream, 1)
        head += byte
        length |= (byte[0] & 0x7F) << shift
        shift += 7
        if byte[0] < 0x80:
            break
    return head[0] >> 4, head + read_exactly(stream, length), len(head)


def puback_for(packet, head):
    """What a broker says to a PUBLISH with QoS 1."""
    topic = int.from_bytes(packet[head:head + 2], "big")
    return bytes([PUBACK << 4, 2]) + packet[head + 2 + topic:head + 4 + topic]


def sent(stream, packet):
    try:
        stream.sendall(packet)
    except OSError:
        return False
    return True


class Proxy:
    """`fault(direction, type)` is asked for each packet and says what becomes of it: None (it passes), "cut" (it passes,
    then the connection is cut), "swallow" (it vanishes, then the connection is cut), "freeze" (from now on nothing passes
    on this connection, and nobody is told), "forget" (a PUBLISH is acknowledged and thrown away).

    `watch(connection, direction, type, packet, head)` is told of each packet before it passes; connections count from 1, and
    `head` is the size of the packet's fixed header. `change` gives what passes to the gateway instead of a packet, of the same
    size. Without certificates both sides are plain TCP."""

    def __init__(self, port, certificates=None, identity=None, watch=None):
        self.upstream_port = port
        self.fault = None
        self.watch = watch
        self.change = None
        self.connections = 0
        self.has_tls = certificates is not None
        if self.has_tls:
            self.load(certificates, identity)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def load(self, certificates, identity):
        self.server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server_context.load_cert_chain(certificates.certificate("broker"), certificates.key("broker"))
        self.client_context = ssl.create_default_context(cafile=str(certificates.ca))
        self.client_context.load_cert_chain(certificates.certificate(identity), certificates.key(identity))

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        try:
            gateway = self.server_context.wrap_socket(client, server_side=True) if self.has_tls else client
            broker = socket.create_connection(("127.0.0.1", self.upstream_port), 5)
            if self.has_tls:
                broker = self.client_context.wrap_socket(broker, server_hostname="127.0.0.1")
            broker.settimeout(None)
            for end in (gateway, broker):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:
            client.close()
            return
        self.connections += 1
        frozen = threading.Event()
        for direction, source, target in ((UP, gateway, broker), (DOWN, broker, gateway)):
            threading.Thread(target=self.pump, args=(self.connections, direction, source, target, frozen), daemon=True).start()

    def pump(self, connection, direction, source, target, frozen):
        try:
            while True:
                kind, packet, head = read_packet(source)
                if self.watch:
                    self.watch(connection, direction, kind, packet, head)
                if self.change and direction == DOWN:
                    packet = self.change(packet)
                fate = self.fault(direction, kind) if self.fault else None
                if fate == "freeze":
                    frozen.set()
                if frozen.is_set():
                    continue
                if fate == "forget" and kind == PUBLISH and direction == UP:
                    source.sendall(puback_for(packet, head))
                    continue
                if fate != "swallow" and not sent(target, packet):
                    return  # what the dead end said before it died is still to come the other way, and then its end
                if fate in ("cut", "swallow"):
                    raise Gone
        except (Gone, OSError, ValueError):
            for end in (source, target):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def close(self):
        self.listener.close()


class Times:
    """A fault for the first `count` packets of one kind, each time one connection."""

    def __init__(self, fate, direction, kind, count):
        self.fate, self.direction, self.kind, self.left = fate, direction, kind, count

    def __call__(self, direction, kind):
        if self.left > 0 and (direction, kind) == (self.direction, self.kind):
            self.left -= 1
            return self.fate
        return None


class After:
    """One fault until it is used up, then the other."""

    def __init__(self, first, then):
        self.first, self.then = first, then

    def __call__(self, direction, kind):
        return (self.first if self.first.left > 0 else self.then)(direction, kind)


class While:
    """A fault for every packet of one kind, until the scenario takes it away."""

    def __init__(self, fate, direction, kind):
        self.fate, self.direction, self.kind, self.count = fate, direction, kind, 0

    def __call__(self, direction, kind):
        if (direction, kind) != (self.direction, self.kind):
            return None
        self.count += 1
        return self.fate

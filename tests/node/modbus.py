# SPDX-License-Identifier: Apache-2.0
"""A Modbus RTU client on a line that others share: written from the specification, nothing of ours in it."""

import socket
import struct
import time

READ_COILS, READ_DISCRETE, READ_HOLDING, READ_INPUT, WRITE_COIL, WRITE_REGISTER = 1, 2, 3, 4, 5, 6
WRITE_REGISTERS = 16
PATIENCE = 2.0  # of a machine that is busy with other things


class NoAnswer(Exception):
    pass


class Refused(Exception):
    pass


def checksum(data):
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return struct.pack("<H", crc)


def sealed(data):
    return data + checksum(data)


def length(answer):
    """Of the frame that begins here, as far as it has come: the first end with a right checksum need not be the end."""
    function = answer[1] if len(answer) > 1 else 0
    if function & 0x80:
        return 5
    if function in (READ_COILS, READ_DISCRETE, READ_HOLDING, READ_INPUT):
        return 5 + answer[2] if len(answer) > 2 else 5
    return 8


class Client:
    def __init__(self, tap, unit=1):
        self.tap = tap
        self.unit = unit
        self.repeated = 0

    def ask(self, pdu, unit=None, seconds=PATIENCE, tries=3):
        """The answer's PDU. A request without an answer is repeated."""
        unit = self.unit if unit is None else unit
        for attempt in range(tries):
            self.drain()
            self.tap.settimeout(seconds)
            self.tap.sendall(sealed(bytes([unit]) + pdu))
            answer = self._answer(unit, pdu, time.monotonic() + seconds)
            if answer is not None:
                if answer[0] & 0x80:
                    raise Refused(f"function {pdu[0]}: exception {answer[1]}")
                return answer
            self.repeated += 1
        raise NoAnswer(f"unit {unit} does not answer {pdu.hex(' ')}")

    def drain(self):
        self.tap.setblocking(False)
        try:
            while self.tap.recv(4096):
                pass
        except BlockingIOError:
            pass

    def wait_for_silence(self, seconds=0.5, most=10):
        """Until nothing has come for so long: an answer to what was sent before may be on its way."""
        deadline = time.monotonic() + most
        self.tap.settimeout(seconds)
        try:
            while time.monotonic() < deadline:
                self.tap.recv(4096)
        except socket.timeout:
            pass

    def _answer(self, unit, pdu, deadline):
        """Another master's answer has another length."""
        function = pdu[0]
        size = {READ_COILS: 1, READ_DISCRETE: 1, READ_HOLDING: 16, READ_INPUT: 16}.get(function, 0)
        size = (size * int.from_bytes(pdu[3:5], "big") + 7) // 8
        heard = b""
        while (left := deadline - time.monotonic()) > 0:
            self.tap.settimeout(left)
            try:
                heard += self.tap.recv(4096)
            except socket.timeout:
                break
            for begin in range(len(heard)):
                whole = length(heard[begin:])
                frame = heard[begin:begin + whole]
                if frame[:1] == bytes([unit]) and frame[1:2] in (bytes([function]), bytes([function | 0x80])):
                    ours = frame[1] & 0x80 or not size or frame[2:3] == bytes([size])
                    if ours and len(frame) == whole and checksum(frame[:-2]) == frame[-2:]:
                        return frame[1:-2]
        return None

    def registers(self, function, address, count, **how):
        answer = self.ask(struct.pack(">BHH", function, address, count), **how)
        return struct.unpack(f">{count}H", answer[2:])

    def inputs(self, address, count, **how):
        return self.registers(READ_INPUT, address, count, **how)

    def holding(self, address, count, **how):
        return self.registers(READ_HOLDING, address, count, **how)

    def discrete(self, address, count, **how):
        answer = self.ask(struct.pack(">BHH", READ_DISCRETE, address, count), **how)
        return [answer[2 + at // 8] >> at % 8 & 1 for at in range(count)]

    def write(self, address, *values, **how):
        self.ask(struct.pack(f">BHHB{len(values)}H", WRITE_REGISTERS, address, len(values), 2 * len(values), *values),
                 **how)

    def write_coil(self, address, on, **how):
        self.ask(struct.pack(">BHH", WRITE_COIL, address, 0xFF00 if on else 0), **how)


def number(words):
    value = 0
    for word in words:
        value = value << 16 | word
    return value

#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A reader of batches, written from proto/bornier/v1/*.proto and its comments alone.

    protoc --proto_path=proto --python_out=DIR bornier/v1/{telemetry,catalog}.proto
    mosquitto_sub -t 'bornier/v1/#' -F '%t %x' | PYTHONPATH=DIR tests/python/read_batches.py

Prints one JSON line per reading. A batch that comes before its catalog waits until the input ends.
"""
import json
import sys
from decimal import Decimal

import zstandard
from bornier.v1 import catalog_pb2, telemetry_pb2


def unzigzag(n):
    return (n >> 1) ^ -(n & 1)


def wrap(n):
    return (n + 2**63) % 2**64 - 2**63


class Columns:
    """A bit stream of integer columns."""

    def __init__(self, data):
        self.bits = "".join(f"{byte:08b}" for byte in data)
        self.at = self.width = self.order = self.exponent = self.origin = 0

    def take(self, count):
        self.at += count
        return int("0" + self.bits[self.at - count : self.at], 2)

    def golomb(self, k):
        zeros = self.bits.index("1", self.at) - self.at
        self.at += zeros + 1
        return ((2**zeros - 1 + self.take(zeros)) << k) + self.take(k)

    def first(self):
        self.width += unzigzag(self.golomb(0))
        if self.width == 0:
            return 0
        return unzigzag((1 << (self.width - 1)) + self.take(self.width - 1))

    def rest(self, first, count):
        values = [first]
        if count < 2:
            return values
        self.order += unzigzag(self.golomb(0))
        if self.order == 0:
            return values * count
        linear = self.take(1)
        while len(values) < count:
            before = values[-2] if len(values) > 1 else values[-1]
            step = values[-1] - before if linear else 0
            values.append(wrap(values[-1] + step + unzigzag(self.golomb(self.order - 1))))
        return values

    def times(self, count):
        self.origin = wrap(self.origin + self.first())
        return self.rest(self.origin, count)

    def numbers(self, count):
        exponents = []
        head = self.golomb(0)
        if head == 1:
            while len(exponents) < count:
                self.exponent += unzigzag(self.golomb(0))
                exponents += [self.exponent] * (self.golomb(0) + 1)
        else:
            self.exponent += unzigzag(head - 1) if head else 0
            exponents = [self.exponent] * count
        return list(zip(self.rest(self.first(), count), exponents))


def pairs(field):
    return zip(field[::2], field[1::2])


def value_text(mantissa, exponent):
    digits = Decimal((int(mantissa < 0), tuple(map(int, str(abs(mantissa)))), exponent))
    return format(digits, "f")


def readings(message):
    """(point, time, value, flags) in the order of ordinals."""
    points, texts, end = [], set(), 0
    for gap, length in pairs(message.points):
        start = end + unzigzag(gap)
        end = start + length
        points += range(start, end)
    position = -1
    for distance in message.text_columns:
        position += distance
        texts.add(position)
    codes = [code for code, length in pairs(message.qualities) for _ in range(length)]
    times, numbers, text_cells = Columns(message.times), Columns(message.numbers), iter(message.text_cells)
    column = cell = 0
    for columns, count in pairs(message.groups):
        stamps = times.times(count)
        rows = [[] for _ in stamps]
        for column in range(column, column + columns):
            code = codes[cell : cell + count] if codes else [0] * count
            filled = [row for row in range(count) if code[row] != 1]
            if column in texts:
                values = [message.texts[next(text_cells)] for _ in filled]
            else:
                values = [value_text(*v) for v in numbers.numbers(len(filled))] if filled else []
            for row, value in zip(filled, values):
                flags = code[row] - 1 if code[row] else 0
                rows[row].append((points[column], stamps[row], value, flags))
            cell += count
        column += 1
        for row in rows:
            yield from row


def show(batch, catalog):
    header = batch.header
    body = batch.plain
    if batch.WhichOneof("body") == "zstd":
        body = zstandard.ZstdDecompressor().decompress(batch.zstd)
    meters = {meter.number: meter for meter in catalog.meters}
    points = {point.number: point for point in catalog.points}
    for ordinal, (number, time, value, flags) in enumerate(
        readings(telemetry_pb2.Readings.FromString(body))
    ):
        point = points[number]
        line = {"city": header.city, "gateway": header.gateway, "stream": f"{header.stream:016x}",
                "sequence": header.sequence, "ordinal": ordinal, "meter": meters[point.meter].id,
                "point": point.name, "time": time, "value": value, "unit": point.unit,
                "quality": flags}  # fmt: skip
        print(json.dumps(line, ensure_ascii=False))


def main():
    catalogs, waiting = {}, []
    for line in sys.stdin:
        topic, payload = line.split()
        kind = topic.split("/")[4]
        if kind == "catalog":
            catalog = catalog_pb2.Catalog.FromString(bytes.fromhex(payload))
            catalogs[catalog.gateway, catalog.stream, catalog.city] = catalog
        elif kind in ("batch", "backlog"):
            waiting.append(telemetry_pb2.Batch.FromString(bytes.fromhex(payload)))
    for batch in waiting:
        header = batch.header
        if header.schema == 0 and batch.WhichOneof("body") in ("plain", "zstd"):
            show(batch, catalogs[header.gateway, header.stream, header.city])


if __name__ == "__main__":
    main()

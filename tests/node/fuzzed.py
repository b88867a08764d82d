# SPDX-License-Identifier: Apache-2.0
"""Noise, damaged frames, requests that are wrong and answers of others, as fast as the fastest line: the node neither hangs
nor writes anything, its watchdog does not fire, and it counts on.

    fuzzed.py [--seconds N] [--seed N]
"""

import argparse
import struct
import sys
import time

import bench
import modbus

from building import check

BYTES_A_SECOND = 11_520  # 115,200 Bd
HOLDING = [(0, 8), *((0x100 + 16 * at, 12) for at in range(bench.PULSE_INPUTS))]
WRITES = (5, 6, 15, 16)


def valid(random):
    """A request to unit 1 that changes nothing: it reads, or is refused."""
    kind = random.randrange(5)
    if kind == 0:
        return struct.pack(">BBHH", 1, random.choice((1, 2, 3, 4)), random.choice((0, 8, 0x100, 0x400, 0xFFFF)),
                           random.choice((0, 1, 8, 125, 126, 2000, 2001, 0xFFFF)))
    if kind == 1:
        return struct.pack(">BBHH", 1, 6, random.choice((0x20, 0x99, 0x10C, 0xFFFF)), random.randrange(0x10000))
    if kind == 2:
        count = random.randrange(1, 124)
        return struct.pack(">BBHHB", 1, 16, 0x0101, count, 2 * count) + random.randbytes(2 * count - 2) + b"\0\0"
    if kind == 3:
        return struct.pack(">BBHH", 1, 8, random.choice((0, 2, 11, 14, 99)), random.choice((0, 1)))
    return struct.pack(">BBBBB", 1, 0x2B, 14, random.randrange(6), random.randrange(8))


def harmless(frame):
    """Not by accident a write that is right."""
    return not (frame[:1] in (b"\0", b"\1") and frame[1:2] and frame[1] & 0x7F in WRITES
                and modbus.checksum(frame[:-2]) == frame[-2:])


def frame(random):
    kind = random.randrange(6)
    request = valid(random)
    if kind == 0:
        return modbus.sealed(request) if request[1] != 16 else modbus.sealed(request[:7] + b"\0" * request[6])
    if kind == 1:  # as if the line had been hit
        hit = bytearray(modbus.sealed(struct.pack(">BBHH", 1, random.choice((5, 6)), random.randrange(9),
                                                  random.randrange(100))))
        hit[random.randrange(len(hit))] ^= 1 << random.randrange(8)
        return bytes(hit)
    if kind == 2:
        return modbus.sealed(request)[:random.randrange(1, len(request) + 2)]
    if kind == 3:
        return random.randbytes(random.randrange(1, 300))
    if kind == 4:  # another meter's answer
        count = random.randrange(1, 60)
        return modbus.sealed(struct.pack(">BBB", random.randrange(2, 248), 3, 2 * count) + random.randbytes(2 * count))
    return struct.pack(">BB", random.choice((0, 1)), random.randrange(256)) + random.randbytes(random.randrange(2, 60))


def settings(client):
    return [client.holding(address, count) for address, count in HOLDING]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--seed", type=int)
    arguments = parser.parse_args()
    random = bench.seeded(arguments.seed)
    with bench.line("fuzzed") as line:
        node = line.add()
        line.wait_until_it_answers()
        line.pulse(node, range(bench.PULSE_INPUTS))
        before = settings(line.client)
        sent, frames, silences = 0, 0, 0
        began = time.monotonic()
        pulses = 1
        looked = began
        while (now := time.monotonic()) < began + arguments.seconds:
            noise = frame(random)
            if not harmless(noise):
                continue
            line.client.drain()
            line.client.tap.setblocking(True)
            line.client.tap.sendall(noise)
            sent += len(noise)
            frames += 1
            if random.randrange(4) == 0:
                silences += 1
                time.sleep(0.005)
            time.sleep(max(0, began + sent / BYTES_A_SECOND - now))
            if now > looked + 2:
                line.client.wait_for_silence()
                line.pulse(node, range(bench.PULSE_INPUTS))
                pulses += 1
                sent += int((time.monotonic() - now) * BYTES_A_SECOND)
                looked = now
        line.client.wait_for_silence()
        check(settings(line.client) == before, "a setting was changed")
        check(line.boots() == 1, "the watchdog has fired")
        check(line.counts() == [pulses] * bench.PULSE_INPUTS, f"counts {line.counts()}, not {pulses}")
        used, stack = line.stack_used(node)
        print(f"{frames} frames in {arguments.seconds:.0f} s, nothing written, first boot still, {pulses} pulses an input; "
              f"stack used {used} of {stack}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: Apache-2.0
"""Pulses on all inputs with power cuts in between: the node never counts more than there were, and after a cut misses at
most what came since the last save it has promised.

    pulses.py [--pulses N] [--cuts N] [--seed N]

The expectation comes from the times at which the pins were moved, not from the node. A cut is kill -9 of the emulator at
a random moment; its EEPROM is the file that is left.
"""

import argparse
import sys
import threading
import time

import bench
import modbus

import cabinet
from building import check

SAVE_EVERY = 1
# A save may have to wait for one of settings or events; firmware/DESIGN.md, "How much is lost".
SAVE_TAKES = 0.06
GONE = (ConnectionError, BrokenPipeError, AttributeError, ValueError, modbus.NoAnswer)


class Injected:
    """What the pins of one life of the node have got."""

    def __init__(self, base):
        self.base = base
        self.begun = [[] for _ in base]  # times; may have been counted since
        self.over = [[] for _ in base]  # times; has been counted by then
        self.longest_turn = 0.0

    def most(self):
        return [base + len(times) for base, times in zip(self.base, self.begun)]

    def least(self, until):
        return [base + sum(1 for time in times if time <= until) for base, times in zip(self.base, self.over)]


class Run:
    def __init__(self, line, node, random):
        self.line = line
        self.node = node
        self.random = random
        self.life = Injected([0] * bench.PULSE_INPUTS)
        self.cut_at = None
        self.lost = 0
        self.longest_turn = 0.0

    def turn(self, most):
        """A pulse on some inputs at once; the number of pulses."""
        chosen = self.random.sample(range(bench.PULSE_INPUTS), min(most, self.random.randint(5, bench.PULSE_INPUTS)))
        begin = time.monotonic()
        for at in chosen:
            self.life.begun[at].append(begin)
        self.line.pulse(self.node, chosen)
        end = time.monotonic()
        for at in chosen:
            self.life.over[at].append(end)
        # How long this machine may have kept the node from running, and so from saving.
        self.life.longest_turn = max(self.life.longest_turn, end - begin)
        return len(chosen)

    def check_exact(self):
        check(self.line.counts() == self.life.most(), f"counted {self.line.counts()} of {self.life.most()}")

    def cut(self):
        self.cut_at = time.monotonic()
        self.node.process.kill()

    def start_again(self):
        """After a cut: what was counted is between the bounds, and is what counting goes on from."""
        self.node.kill()
        self.node.start()
        self.line.wait_until_it_answers()
        counted = self.line.counts()
        least = self.life.least(self.cut_at - SAVE_EVERY - SAVE_TAKES - self.life.longest_turn)
        most = self.life.most()
        check(all(low <= count <= high for low, count, high in zip(least, counted, most)),
              f"after a cut {counted}, which is not between {least} and {most}")
        sure = self.life.least(self.cut_at)
        self.lost += sum(max(0, high - count) for high, count in zip(sure, counted))
        self.longest_turn = max(self.longest_turn, self.life.longest_turn)
        self.life = Injected(counted)
        self.cut_at = None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pulses", type=int, default=5_000)
    parser.add_argument("--cuts", type=int, default=10)
    parser.add_argument("--seed", type=int)
    arguments = parser.parse_args()
    random = bench.seeded(arguments.seed)
    with bench.line("pulses") as line:
        node = line.add()
        line.wait_until_it_answers()
        line.client.write(bench.SAVE_EVERY, SAVE_EVERY)
        line.save()
        cabinet.wait_until(lambda: line.client.holding(bench.SAVE_EVERY, 1) == (SAVE_EVERY,), 10, "the setting")
        time.sleep(1)  # the setting's own record
        run = Run(line, node, random)
        injected, cuts, checked = 0, 0, 0
        cut_after = [arguments.pulses * (cut + 1) // (arguments.cuts + 1) for cut in range(arguments.cuts)]
        began = time.monotonic()
        while injected < arguments.pulses:
            timer = None
            if cuts < len(cut_after) and injected >= cut_after[cuts]:
                timer = threading.Timer(random.uniform(0, 0.2), run.cut)
                timer.start()
            try:
                for _ in range(10):
                    if injected < arguments.pulses:
                        injected += run.turn(arguments.pulses - injected)
                if timer is None:
                    run.check_exact()
                    checked += 1
                else:
                    timer.join()
            except GONE:
                if timer is None:
                    raise
                timer.join()
            if timer is not None:
                run.start_again()
                cuts += 1
        run.check_exact()
        boots = line.boots()
        check(boots == 1 + cuts, f"{boots} boots after {cuts} cuts: the watchdog has fired")
        check(sum(line.client.inputs(bench.EDGES_LOST, bench.PULSE_INPUTS)) == 0, "edges were lost")
        used, stack = line.stack_used(node)
        print(f"{injected} pulses in {time.monotonic() - began:.0f} s, {cuts} cuts, {checked} exact counts in between; "
              f"never more than injected; {run.lost} of the saves' last {SAVE_EVERY} s lost; slowest turn "
              f"{1000 * run.longest_turn:.0f} ms; {line.client.repeated} requests repeated; stack used {used} of {stack}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: Apache-2.0
"""Pulses on all inputs, with power cuts in between, arrive in the city's database: the node never counts more than there
were, and after a cut misses at most what came since the last save it has promised. What the city has of it, as counts and
as the indexes of the meters behind them, is what the node had at that time, and a count that a cut has set back is told.

    pulses.py [--pulses N] [--cuts N] [--seed N]

The expectation comes from the times at which the pins were moved, not from the node. A cut is kill -9 of the emulator at
a random moment; its EEPROM is the file that is left. Every third one takes the gateway too.
"""

import argparse
import sys
import threading
import time

import bench
import modbus
import town

import building
import cabinet
from building import check

SAVE_EVERY = 1
# A save may have to wait for one of settings or events; firmware/DESIGN.md, "How much is lost".
SAVE_TAKES = 0.06
GONE = (ConnectionError, BrokenPipeError, AttributeError, ValueError, modbus.NoAnswer)
# From the moment that the node counted to the last byte of the gateway's answer, on a machine that is busy.
ON_THE_WAY = 10


class Injected:
    """What the pins of one life of the node have got."""

    def __init__(self, base):
        self.base = base
        self.begun = [[] for _ in base]  # times; may have been counted since
        self.over = [[] for _ in base]  # times; has been counted by then
        self.longest_turn = 0.0

    def most(self, until=None):
        return [base + sum(1 for moment in times if until is None or moment <= until)
                for base, times in zip(self.base, self.begun)]

    def least(self, until):
        return [base + sum(1 for moment in times if moment <= until) for base, times in zip(self.base, self.over)]


class Run:
    def __init__(self, line, node, city, random):
        self.line = line
        self.node = node
        self.city = city
        self.random = random
        self.lives = [Injected([0] * bench.PULSE_INPUTS)]
        self.born = [time.time()]  # of each life, not later than its first answer
        self.cut_at = None
        self.lost = 0
        self.gateway_cuts = 0

    @property
    def life(self):
        return self.lives[-1]

    @property
    def longest_turn(self):
        return max(life.longest_turn for life in self.lives)

    def turn(self, most):
        """A pulse on some inputs at once; the number of pulses."""
        chosen = self.random.sample(range(bench.PULSE_INPUTS), min(most, self.random.randint(5, bench.PULSE_INPUTS)))
        self.city.make_way()
        begin = time.time()
        for at in chosen:
            self.life.begun[at].append(begin)
        self.line.pulse(self.node, chosen)
        end = time.time()
        for at in chosen:
            self.life.over[at].append(end)
        # How long this machine may have kept the node from running, and so from saving.
        self.life.longest_turn = max(self.life.longest_turn, end - begin)
        return len(chosen)

    def check_exact(self):
        self.city.make_way()
        check(self.line.counts() == self.life.most(), f"counted {self.line.counts()} of {self.life.most()}")

    def cut(self):
        self.cut_at = time.time()
        self.node.process.kill()

    def start_again(self):
        """After a cut: what was counted is between the bounds, and is what counting goes on from."""
        self.node.kill()
        if len(self.lives) % 3 == 0:
            self.city.gateway.kill()
            self.city.gateway.start()
            self.gateway_cuts += 1
        born = time.time()
        self.node.start()
        self.line.wait_until_it_answers()
        counted = self.line.counts()
        least = self.life.least(self.cut_at - SAVE_EVERY - SAVE_TAKES - self.life.longest_turn)
        most = self.life.most()
        check(all(low <= count <= high for low, count, high in zip(least, counted, most)),
              f"after a cut {counted}, which is not between {least} and {most}")
        sure = self.life.least(self.cut_at)
        self.lost += sum(max(0, high - count) for high, count in zip(sure, counted))
        self.lives.append(Injected(counted))
        self.born.append(born)
        self.cut_at = None

    def alive(self, moment):
        return max((at for at, born in enumerate(self.born) if born <= moment), default=0)


def check_counts(run, at):
    """Each count in the city is one that the node may have had then; how many came back lower than before."""
    counts = run.city.counts(at + 1)
    falls = 0
    for number, (milliseconds, count, marked) in enumerate(counts):
        moment = milliseconds / 1000
        life = run.lives[run.alive(moment)]
        least, most = life.least(moment - ON_THE_WAY)[at], life.most(moment)[at]
        check(least <= count <= most, f"input {at + 1}: {count} at {moment:.3f} is not between {least} and {most}")
        before = counts[number - 1][1] if number else 0
        check(marked == (count < before), f"input {at + 1}: {before} and then {count}, "
                                          f"which is {'' if marked else 'not '}marked as a restart")
        falls += count < before
    return len(counts), falls


def check_indexes(run, at):
    """Each count of a meter's pulses has its index, to the digit, at the same time; a count before its first has none."""
    first, unit = town.METERS[at][7], town.METERS[at][6]
    expected = [(moment, town.index_of(at, count), unit, marked)
                for moment, count, marked in run.city.counts(at) if count >= first]
    check(run.city.indexes(at) == expected, f"input {at}: the indexes in the city are not those of its counts")
    return len(expected)


def check_events(run, boots, fell):
    """Each boot is told once, with its number; and where counts fell, that."""
    def told():
        return [text for _, meter, text in run.city.events("meter_event") if meter == town.NODE and ": boot" in text]
    cabinet.wait_until(lambda: len(told()) >= boots, 60, f"{boots} boots in the city")
    numbers = [int(text.split()[1].rstrip(",")) for text in told()]
    check(sorted(numbers) == list(range(1, boots + 1)), f"boots in the city: {told()}")
    restarts = [text for _, meter, text in run.city.events("meter_restarted") if meter == town.NODE]
    check(bool(restarts) == bool(fell), f"{fell} counts fell, and the city was told of {restarts}")


def inject(run, pulses, cuts):
    """The number of times that the counts were compared in between."""
    injected, cut, checked = 0, 0, 0
    cut_after = [pulses * (number + 1) // (cuts + 1) for number in range(cuts)]
    while injected < pulses:
        timer = None
        if cut < cuts and injected >= cut_after[cut]:
            timer = threading.Timer(run.random.uniform(0, 0.2), run.cut)
            timer.start()
        try:
            for _ in range(10):
                if injected < pulses:
                    injected += run.turn(pulses - injected)
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
            cut += 1
    run.check_exact()
    return checked


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
        with town.on(line) as city:
            run = Run(line, node, city, random)
            began = time.monotonic()
            checked = inject(run, arguments.pulses, arguments.cuts)
            took = time.monotonic() - began
            final = run.life.most()
            cabinet.wait_until(lambda: city.has(final), 60, f"the city to have {final}")
            city.make_way()
            boots = line.boots()
            check(boots == 1 + arguments.cuts, f"{boots} boots after {arguments.cuts} cuts: the watchdog has fired")
            check(sum(line.client.inputs(bench.EDGES_LOST, bench.PULSE_INPUTS)) == 0, "edges were lost")
            used, stack = line.stack_used(node)
            found = [check_counts(run, at) for at in range(bench.PULSE_INPUTS)]
            indexes = sum(check_indexes(run, at) for at in town.METERS)
            fell = sum(falls for _, falls in found)
            check_events(run, boots, fell)
            building.check_numbers(city.platform)
        print(f"{arguments.pulses} pulses in {took:.0f} s, {arguments.cuts} cuts, {run.gateway_cuts} of them with the gateway, "
              f"{checked} exact counts in between; never more than injected; {run.lost} of the saves' last {SAVE_EVERY} s lost; "
              f"in the city {sum(number for number, _ in found)} counts, {fell} of them lower than before and marked, "
              f"and {indexes} indexes to the digit; slowest turn {1000 * run.longest_turn:.0f} ms; "
              f"{line.client.repeated} requests repeated; stack used {used} of {stack}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

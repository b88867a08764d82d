# SPDX-License-Identifier: Apache-2.0
"""Judges what the city's database holds by what the simulated meters served: never by a counter of our own.

A *serving* is one value of one point in one answer that the simulator logged. Every serving must be one reading in
`reading_view`, with the same number and the time of the answer; a missing value must be no reading at all.
"""

import bisect
import collections
import csv
import decimal

Serving = collections.namedtuple("Serving", "meter point time value")  # time in ms, value Decimal or None if absent


class Replay:
    """What a replayed CSV says a meter shows: column x factor = point, and at which register the point stands."""

    def __init__(self, path, points, separator=";"):
        """`points`: (column, factor as text, point, function, address, registers)."""
        self.points = points
        with open(path, newline="") as file:
            self.rows = list(csv.DictReader(file, delimiter=separator))

    def value(self, row, column, factor):
        text = self.rows[row][column]
        return None if text in ("", "?") else decimal.Decimal(text) * decimal.Decimal(factor)

    def servings(self, answer):
        """The points inside one answered request of the log."""
        first, count, function = int(answer["address"]), int(answer["count"]), int(answer["function"])
        for column, factor, point, its_function, address, registers in self.points:
            if function == its_function and first <= address and address + registers <= first + count:
                yield Serving(answer["meter"], point, int(answer["time_ms"]),
                              self.value(int(answer["row"]), column, factor))


def servings(answers, replays):
    """`answers`: lines of the simulator's log; `replays`: meter -> Replay. Only answered requests count."""
    for answer in answers:
        if answer["outcome"] == "answered" and answer["meter"] in replays:
            yield from replays[answer["meter"]].servings(answer)


class Verdict:
    def __init__(self):
        self.served = 0
        self.absent = 0
        self.found = 0
        self.excused = 0
        self.lags = []  # ms between the simulator's log and the reading's time
        self.missing, self.double, self.wrong, self.invented = [], [], [], []

    def good(self):
        return not (self.missing or self.double or self.wrong or self.invented)

    def lag(self, share):
        ordered = sorted(self.lags) or [0]
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    def __str__(self):
        lines = [f"served {self.served}, absent {self.absent}, found {self.found}, excused by a kill {self.excused}, "
                 f"missing {len(self.missing)}, double {len(self.double)}, wrong {len(self.wrong)}, "
                 f"invented {len(self.invented)}; time after the log: median {self.lag(0.5)} ms, "
                 f"99 % {self.lag(0.99)} ms, worst {self.lag(1)} ms"]
        for name in ("missing", "double", "wrong", "invented"):
            lines += [f"  {name}: {row}" for row in getattr(self, name)[:5]]
        return "\n".join(lines)


def judge(served, stored, excused=lambda time: False, within=1_000, early=5):
    """Matches servings with readings one to one.

    `stored`: rows (meter, point, time in ms, value as text). A serving may lack its reading only where `excused(time)`.
    A reading belongs to the last serving of its point not later than its own time plus `early` (the two clocks are
    read in different processes) and not more than `within` ms before it.
    """
    verdict = Verdict()
    by_point = collections.defaultdict(list)
    for serving in served:
        by_point[serving.meter, serving.point].append(serving)
    readings = collections.defaultdict(list)
    for meter, point, time, value in stored:
        readings[meter, point].append((time, value))
    for key, expected in by_point.items():
        expected.sort(key=lambda serving: serving.time)
        times = [serving.time for serving in expected]
        matched = [0] * len(expected)
        for time, value in sorted(readings.pop(key, [])):
            index = bisect.bisect_right(times, time + early) - 1
            # An answer that was overtaken by the next one's log line still belongs to the older serving.
            while index > 0 and matched[index] and not matched[index - 1] and time - times[index - 1] <= within:
                index -= 1
            if index < 0 or time - times[index] > within or expected[index].value is None:
                verdict.invented.append((*key, time, value))
                continue
            matched[index] += 1
            if matched[index] > 1:
                verdict.double.append((*key, time, value))
                continue
            verdict.found += 1
            verdict.lags.append(time - times[index])
            if decimal.Decimal(value) != expected[index].value:
                verdict.wrong.append((*key, time, value, "expected", str(expected[index].value)))
        for serving, count in zip(expected, matched):
            verdict.served += 1
            if serving.value is None:
                verdict.absent += 1
            elif count == 0 and excused(serving.time):
                verdict.excused += 1
            elif count == 0:
                verdict.missing.append(serving)
    for key, rest in readings.items():
        verdict.invented += [(*key, time, value) for time, value in rest]
    return verdict

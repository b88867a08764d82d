# SPDX-License-Identifier: Apache-2.0
"""The cable is pulled: kill -9 of the gateway, the platform and mosquitto at random moments, while meters are read at 100 ms.

Every reading that was served more than commit_every + 200 ms before a kill of the gateway is in the city's database exactly
once, also under the view; the numbers have no hole; nothing had to be declared lost; every start needs no help.

With --confirm broker the broker's word frees a batch, so mosquitto is not killed. The platform still is: what mosquitto has
handed to a receiver that dies before its commit is a missing number, which the platform asks for again, and which the
gateway still holds (buffer.keep_confirmed).
"""

import argparse
import bisect
import collections
import os
import random
import sys
import threading
import time

import building
import street
from building import check

COMMIT_EVERY = 1_000
SLACK = 200


class Stalls:
    """What this machine itself holds up: a thread that wants to sleep 10 ms and sync a small file, and notes by how much it
    was late. A promise in milliseconds cannot be kept by a machine that stands still, and says nothing about the gateway."""

    def __init__(self, folder):
        self.file = open(folder / "stalls", "wb", buffering=0)
        self.notes = []
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def watch(self):
        while not self.ended.is_set():
            begun = time.monotonic()
            time.sleep(0.01)
            self.file.write(b".")
            os.fsync(self.file.fileno())
            late = int((time.monotonic() - begun) * 1000) - 10
            if late > 20:
                self.notes.append((street.now(), late))

    def stop(self):
        self.ended.set()
        self.thread.join()

    def worst(self, first, last):
        return max((late for time, late in self.notes if time >= first and time - late <= last), default=0)


def programme(draw, seconds, kills, targets):
    """(moment, target) of each kill. The gateway's, the platform's and the broker's moments are independent."""
    return sorted((draw.uniform(1, seconds), target) for target in targets for _ in range(kills))


def carry_out(moments, parts, draw):
    """Kills and starts again; returns when the gateway was dead: (killed, started) in ms."""
    begun = time.monotonic()
    outages, due = [], {}
    while moments or due:
        elapsed = time.monotonic() - begun
        for target in [target for target, moment in due.items() if moment <= elapsed]:
            del due[target]
            parts[target].start()
            if target == "gateway":
                outages[-1][1] = street.now()
        while moments and moments[0][0] <= elapsed:
            target = moments.pop(0)[1]
            if target in due:  # it is dead already: killed once more as soon as it lives again
                moments.insert(0, (due[target] + draw.uniform(0, 1), target))
                moments.sort()
                break
            check(parts[target].running(), f"{target} ended by itself: {parts[target].output}")
            if target == "gateway":
                outages.append([street.now(), None])
            parts[target].kill()
            due[target] = elapsed + draw.uniform(0, 2)
        time.sleep(0.005)
    return outages


def excuses(town, outages, stalls):
    """(first, last) of the servings that a kill excuses. A request that the gateway sent before it died is still answered, on
    a machine that is busy only after the next start: the first answer of each meter after it is excused."""
    answered = collections.defaultdict(list)
    for answer in town.simulator.answers():
        answered[answer["meter"]].append(int(answer["time_ms"]))
    for killed, started in outages:
        first = killed - COMMIT_EVERY - SLACK
        after = (bisect.bisect_left(times, started) for times in answered.values())
        first_answers = [times[index] for times, index in zip(answered.values(), after) if index < len(times)]
        yield first - stalls.worst(first, killed), max([started, *first_answers])


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seconds", type=float, default=50, help="how long kills go on (default 50)")
    arguments.add_argument("--kills", type=int, default=6, help="of each program (default 6)")
    arguments.add_argument("--confirm", choices=["platform", "broker"], default="platform")
    arguments.add_argument("--meters", type=int, default=4)
    arguments.add_argument("--seed", type=int, default=None, help="of an earlier run, to repeat its kills")
    options = arguments.parse_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 32)
    targets = ["gateway", "platform"] + (["broker"] if options.confirm == "platform" else [])
    print(f"{options.kills} kills of {', '.join(targets)} in {options.seconds:g} s, confirm = \"{options.confirm}\": "
          f"--seed {seed}", flush=True)

    with building.folder("cable-pulled") as folder:
        town = street.Street(folder, meters=options.meters,
                             platform=f'batch_every = "2s"\nconfirm = "{options.confirm}"')
        parts = {"gateway": town.gateway, "platform": town.platform, "broker": town.broker}
        draw = random.Random(seed)
        with town.running():
            stalls = Stalls(folder)
            outages = carry_out(programme(draw, options.seconds, options.kills, targets), parts, draw)
            time.sleep(8)  # what comes after the last kill shows the platform which numbers it lacks
            town.hush()
            stalls.stop()
            # A hole is asked for once it has stood for a minute or two, and then again after one, two, four minutes.
            town.settle(150 if options.confirm == "platform" else 400)
            for name, part in parts.items():
                check(part.running(), f"{name} ended by itself: {part.output}")
            check(town.gateway.stop() == 0, "the gateway did not stop cleanly")

        for name in targets:
            print(f"{name}: {parts[name].starts} starts")
        excused = list(excuses(town, outages, stalls))
        held_up = sorted(killed - COMMIT_EVERY - SLACK - first for (killed, _), (first, _) in zip(outages, excused))
        print(f"the machine itself stood still for up to {held_up[-1]} ms before a kill of the gateway "
              f"(median {held_up[len(held_up) // 2]} ms)")
        verdict = town.judge(lambda time: any(first <= time <= last for first, last in excused))
        check(verdict.good(), "the database does not hold what was served")
        check(verdict.found > 0.5 * verdict.served, "too few readings to say anything")
        town.check_stored_once()
        check(len(town.streams()) == 1, f"one stream was to be expected: {town.streams()}")
        town.check_numbers()
        gaps = town.platform.rows("SELECT * FROM gap_view")
        check(not gaps, f"readings were declared lost: {gaps[:3]}")
        print(f"{town.streams()[0][3]} batches, every number once, nothing declared lost")


if __name__ == "__main__":
    sys.exit(main())

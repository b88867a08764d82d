# SPDX-License-Identifier: Apache-2.0
"""Three receivers share the batches of a gateway ($share) and one PostgreSQL; kill -9 of one of them at random moments, again
and again, and PostgreSQL itself broken off twice, while meters are read at 100 ms.

Every reading that was served is in the database exactly once, also under the view; the numbers have no hole; nothing had to
be declared lost; more than one receiver stored.
"""

import argparse
import random
import re
import sys
import time
import urllib.request

import building
import receivers
import street
from building import check


def carry_out(draw, platform, seconds, kills):
    """Kills receivers, breaks off the database twice, and starts them again."""
    moments = sorted([(draw.uniform(1, seconds), "receiver") for _ in range(kills)] +
                     [(draw.uniform(0.2, 0.4) * seconds, "database"), (draw.uniform(0.6, 0.8) * seconds, "database")])
    begun = time.monotonic()
    for moment, target in moments:
        time.sleep(max(0, begun + moment - time.monotonic()))
        if target == "database":
            platform.database.break_off()
            time.sleep(draw.uniform(0, 3))
            platform.database.start()
            # One that was killed just before found no database when it started and ended: a service manager's case.
            for part in platform.parts:
                if not part.running():
                    part.start()
            continue
        victim = draw.choice(platform.parts)
        check(victim.running(), f"{victim.name} ended by itself: {victim.output}")
        victim.kill()
        time.sleep(draw.uniform(0, 1))
        victim.start()


def stored_by(port):
    page = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10).read().decode()
    return int(re.search(r'^bornier_platform_gateway_batches_total\{.*gateway="cab-1"\} (\d+)$', page, re.M)[1])


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seconds", type=float, default=40, help="how long kills go on (default 40)")
    arguments.add_argument("--kills", type=int, default=10, help="of receivers (default 10)")
    arguments.add_argument("--seed", type=int, default=None, help="of an earlier run, to repeat its kills")
    options = arguments.parse_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 32)
    print(f"{options.kills} kills of receivers in {options.seconds:g} s: --seed {seed}", flush=True)

    with building.folder("receivers-killed") as folder:
        town = street.Street(folder, platform='batch_every = "1s"')
        town.platform = receivers.Receivers(folder, building.PLATFORM, town.broker, town.certificates,
                                            receivers.Postgres(folder))
        with town.running():
            carry_out(random.Random(seed), town.platform, options.seconds, options.kills)
            time.sleep(8)  # what comes after the last kill shows which numbers are missing
            town.hush()
            # What mosquitto had handed to a receiver that died is repeated by the gateway after 30 s, or asked for.
            town.settle(240)
            for part in town.platform.parts:
                check(part.running(), f"{part.name} ended by itself: {part.output}")
            shares = [stored_by(port) for port in town.platform.metrics]
            check(sum(share > 0 for share in shares) > 1, f"one receiver stored everything: {shares}")
            check(town.gateway.stop() == 0, "the gateway did not stop cleanly")

            print("starts: " + ", ".join(f"{part.name} {part.starts}" for part in town.platform.parts) +
                  f", database {town.platform.database.starts}; batches since the last start: {shares}")
            town.check_nothing_lost()
            check(len(town.streams()) == 1, f"one stream was to be expected: {town.streams()}")
            conflicts = town.platform.rows("SELECT * FROM conflict")
            check(not conflicts, f"receivers contradicted each other: {conflicts[:1]}")
            print(f"{town.streams()[0][3]} batches, every number once, nothing declared lost")


if __name__ == "__main__":
    sys.exit(main())

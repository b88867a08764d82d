# SPDX-License-Identifier: Apache-2.0
"""A state directory is copied, the gateway goes on and delivers, then the old copy is put back, as when a card is restored.

The restored gateway draws numbers that the platform has already, with other readings, and, since the platform is away at
first, more of them than the platform has. It must find out, open a new stream and say so; whatever was served in either
phase is in the city's database, once.
"""

import shutil
import sys
import time

import building
import street
from building import check


def serve(town, seconds, platform_starts=False):
    """A phase: meters are read and everything is delivered; then the meters fall silent and the gateway is stopped."""
    town.wake()
    town.gateway.start()
    time.sleep(seconds)
    if platform_starts:
        town.platform.start()
    town.hush()
    town.settle(60)
    check(town.gateway.running(), f"the gateway ended by itself: {town.gateway.output}")
    check(town.gateway.stop() == 0, "the gateway did not stop cleanly")


def main():
    with building.folder("restored-card") as folder:
        town = street.Street(folder, meters=3, platform='batch_every = "1s"')
        copy = folder / "copy-of-the-card"
        with town.running(town.broker, town.platform, town.simulator):
            serve(town, 4)
            shutil.copytree(town.state_directory, copy)
            copied = town.streams()[0]
            serve(town, 8)
            before = town.streams()
            check(len(before) == 1, f"one stream was to be expected before the card is restored: {before}")
            old = before[0]

            shutil.rmtree(town.state_directory)
            shutil.copytree(copy, town.state_directory)
            print(f"the card is restored: it knows numbers up to {copied[2]}, the platform up to {old[2]}")
            check(copied[2] < old[2], "the copy is not older than what the platform has")
            check(town.platform.stop() == 0, "the platform did not stop cleanly")
            serve(town, 12, platform_starts=True)

        conflicts = town.platform.rows("SELECT count(*) FROM conflict")[0][0]
        check(conflicts > 0, "the platform noticed no conflict")
        check("a new stream begins" in town.gateway.text(), f"the gateway does not say so: {town.gateway.output}")
        after = town.streams()
        check([name for name, *_ in after[:1]] == [old[0]] and len(after) == 2,
              f"the old stream and one new one were to be expected: {after}")
        events = town.check_events("stream_opened")
        print(f"{conflicts} conflicts; event: {events[-1][1]}")
        check(events[-1][2] == after[1][0], "the event does not stand in the new stream")
        print(f"old stream {old[0]}: {after[0][3]} batches, new stream {after[1][0]}: {after[1][3]} batches")
        verdict = town.judge()
        check(verdict.good(), "the database does not hold what was served")
        check(verdict.found > 1000, "too few readings to say anything")
        stored_twice = town.platform.rows("SELECT 1 FROM reading GROUP BY point, time HAVING count(*) > 1")
        # What is confirmed only after the stream was left is delivered once more; the view shows it once.
        print(f"{len(stored_twice)} readings are stored under both streams")
        town.check_numbers()
        gaps = town.platform.rows("SELECT * FROM gap_view")
        check(not gaps, f"readings were declared lost: {gaps[:3]}")


if __name__ == "__main__":
    sys.exit(main())

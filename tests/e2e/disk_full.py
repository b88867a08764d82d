# SPDX-License-Identifier: Apache-2.0
"""The disk is full: the state directory lies on a small tmpfs that is filled up for a while.

The gateway says so, goes on polling, keeps its memory and its log within bounds, and goes on by itself once there is room.
What it could not keep is declared: each reading that was served is in the city's database or within a gap, and the gaps
count exactly what is missing.
"""

import collections
import errno
import os
import shutil
import subprocess
import sys
import time

import building
import cabinet
import oracle
import street
from building import check

TITLE = "disk-full"
CARD_BYTES = 24 << 20
MEMORY_BYTES = 128 << 10
FULL_SECONDS = 25


def enter_own_mounts():
    """Starts this script again where mounts are its own and end with it; returns if that is not possible."""
    if os.environ.get("BORNIER_OWN_MOUNTS"):
        return True
    if os.geteuid() != 0 or not shutil.which("unshare"):
        return False
    # In a chroot / is no mount, whose propagation could be changed.
    for unshare in (["unshare", "-m"], ["unshare", "-m", "--propagation", "unchanged"]):
        if subprocess.run([*unshare, "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0:
            os.environ["BORNIER_OWN_MOUNTS"] = "1"
            os.execvp(unshare[0], [*unshare, sys.executable, *sys.argv])
    return False


def fill(card):
    """Takes what room there is, to the last byte."""
    with open(card / "somebody-elses-file", "wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError as error:
                check(error.errno == errno.ENOSPC, f"unexpected: {error}")
    print(f"the disk is full: {shutil.disk_usage(card).free} bytes are free")


def main():
    if not enter_own_mounts():
        print("SKIPPED: only root, with a mount namespace of its own, can mount a small tmpfs")
        return
    with building.folder(TITLE) as folder:
        card = folder / "card"
        card.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={CARD_BYTES}", "tmpfs", card], check=True)
        town = street.Street(folder, meters=4, platform='batch_every = "2s"',
                             buffer=f'memory = "{MEMORY_BYTES >> 10}KiB"', state_directory=card / "state")
        with town.running():
            time.sleep(5)
            small = cabinet.resident_kilobytes(town.gateway.process)
            fill(card)
            full_from = street.now()
            cabinet.wait_until(lambda: "disk is full" in town.gateway.text(), 15, "the gateway to say that the disk is full")
            lines = town.gateway.text().count("\n")
            time.sleep(FULL_SECONDS)
            check(town.gateway.running(), f"the gateway ended by itself: {town.gateway.output}")
            status = town.gateway.status()
            check(status is not None, "`bornier status` does not answer while the disk is full")
            failure = status["buffer"]["failure"]
            check("the disk is full" in failure, f"`status` does not tell of the full disk: {failure!r}")
            waiting = status["buffer"]["memory_bytes"]
            check(waiting <= MEMORY_BYTES + (64 << 10), f"{waiting} bytes wait in memory")
            grown = cabinet.resident_kilobytes(town.gateway.process) - small
            check(grown < building.GROWTH_KIB, f"the gateway grew by {grown} KiB")
            said = town.gateway.text().count("\n") - lines
            check(said < 20, f"{said} lines were logged while the disk was full: {town.gateway.output}")
            full_until = street.now()
            (card / "somebody-elses-file").unlink()
            cabinet.wait_until(lambda: "takes readings again" in town.gateway.text(), 15, "the gateway to go on")
            time.sleep(5)
            town.hush()
            town.settle(60)
            check(town.gateway.starts == 1 and town.gateway.running(), "the gateway did not go on by itself")
            check(town.gateway.stop() == 0, "the gateway did not stop cleanly")
        print(f"full for {(full_until - full_from) / 1000:.0f} s: {waiting} bytes waited in memory, the process grew by "
              f"{grown} KiB, {said} lines were logged; status: {failure}")
        check_polling(town, full_from, full_until)
        check_declared(town, full_from, full_until)
        town.check_stored_once()
        town.check_numbers()
        subprocess.run(["umount", card], check=True)


def check_polling(town, full_from, full_until):
    """Promise 6: each meter's marks go on, but for what a loaded machine misses."""
    marks = collections.Counter(answer["meter"] for answer in town.simulator.answers()
                                if full_from <= int(answer["time_ms"]) <= full_until)
    expected = (full_until - full_from) / 100
    print(f"polls while the disk was full: {dict(marks)}, {expected:.0f} marks")
    for name in town.names:
        check(marks[name] > 0.8 * expected, f"{name} was polled {marks[name]} times at {expected:.0f} marks")


def check_declared(town, full_from, full_until):
    """Promise 2: what is not in the database is counted by the gaps, and lies within them."""
    gaps = [(cabinet.milliseconds(first), cabinet.milliseconds(last), readings, reason, cabinet.json.loads(points))
            for first, last, readings, reason, points in
            town.platform.rows("SELECT first, last, readings, reason, points FROM gap_view")]
    check(gaps, "readings are lost but gap_view is empty, or the disk was not full for long enough")
    for first, last, readings, reason, points in gaps:
        print(f"gap of {readings} readings of {len(points)} points, {last - first} ms long: {reason}")
        check(reason == "disk_full", f"the reason of the gap is {reason}")
        check(full_from - 2_000 <= first and last <= full_until + 5_000, "a gap outside the time when the disk was full")
        check(len(points) == len(town.names) * len(building.SCEAUX_POINTS), f"the gap names {points}")
    stored = building.stored(town.platform)
    verdict = oracle.judge(town.servings(), stored,
                           lambda time: any(first - 50 <= time <= last for first, last, *_ in gaps))
    print(verdict)
    check(verdict.good(), "neither stored nor declared")
    declared = sum(gap[2] for gap in gaps)
    check(verdict.excused == declared, f"{verdict.excused} readings are missing, the gaps declare {declared}")


if __name__ == "__main__":
    sys.exit(main())

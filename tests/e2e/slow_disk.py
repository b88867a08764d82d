# SPDX-License-Identifier: Apache-2.0
"""A disk that takes five seconds for each sync. Polling keeps its marks and memory its bound (promises 6 and 7); with room
in memory nothing is lost, and with too little of it what is lost is declared: each reading that was served is in the
city's database or counted by a gap.
"""

import os
import pathlib
import sys
import time

import bad_links
import building
import cabinet
import street
from building import check

SLOW_SYNC = pathlib.Path(os.environ.get("SLOW_SYNC_LIBRARY", "build/release/tests/e2e/libslow_sync.so")).resolve()
SLOW_S = 35


def run(folder, title, memory_bytes, meters):
    folder = folder / title
    folder.mkdir()
    slow = folder / "slow"
    town = street.Street(folder, meters=meters, platform='batch_every = "2s"', buffer=f'memory = "{memory_bytes >> 10}KiB"')
    os.environ.update(LD_PRELOAD=str(SLOW_SYNC), SLOW_SYNC=str(slow))
    # The sanitizer's runtime wants to be the first one; it does not mind.
    os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
    start_gateway = town.gateway.start
    with town.running(town.broker, town.platform, town.simulator):
        try:
            start_gateway()
        finally:
            os.environ.pop("LD_PRELOAD")
        bad_links.wait_for_progress(town, "at first")
        small = cabinet.resident_kilobytes(town.gateway.process)
        slow.touch()
        memory, resident = [], []
        end = time.monotonic() + SLOW_S
        while time.monotonic() < end:
            memory.append(town.gateway.status()["buffer"]["memory_bytes"])
            resident.append(cabinet.resident_kilobytes(town.gateway.process))
            time.sleep(0.25)
        slowest = town.gateway.status()["buffer"]["slowest_disk_ms"]
        slow.unlink()
        bad_links.wait_for_progress(town, "once the disk is quick again")
        town.hush()
        town.settle(240)
    print(f"{title}: the slowest answer of the disk took {slowest} ms; at most {max(memory)} of {memory_bytes} bytes of memory "
          f"were in use, the process grew by {max(resident) - small} KiB", flush=True)
    check(slowest >= 5_000, "the disk was never slow")
    check(max(memory) <= memory_bytes, "memory went beyond its bound")
    check(max(resident) - small <= building.GROWTH_KIB, f"the process grew by {max(resident) - small} KiB")
    bad_links.check_polling(town)
    verdict = town.judge()
    check(not (verdict.double or verdict.wrong or verdict.invented), "the database holds what was not served")
    town.check_numbers()
    lost = sum(readings for (readings,) in town.platform.rows("SELECT readings FROM gap_view"))
    check(lost == len(verdict.missing), f"{len(verdict.missing)} readings are missing, {lost} are declared lost")
    print(f"{title}: {lost} readings lost, each of them declared", flush=True)
    return lost


def main():
    with building.folder("slow-disk") as folder:
        check(run(folder, "room-in-memory", 4 << 20, 4) == 0, "readings were lost although there was room")
        check(run(folder, "too-little-memory", 64 << 10, 12) > 0, "nothing was lost: the second half tests nothing")


if __name__ == "__main__":
    sys.exit(main())

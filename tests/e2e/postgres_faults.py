# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL that is slow (each insert takes two seconds), whose processes stand still, and whose disk is full: two
receivers, meters read at 100 ms all the while.

Nothing is confirmed that is not stored, the gateway keeps its marks and its data, the receivers say what is wrong and go on
by themselves; in the end every reading that was served is in the database once.
"""

import os
import pathlib
import signal
import subprocess
import sys
import time

import bad_links
import building
import cabinet
import disk_full
import receivers
import street
from building import check

CARD_BYTES = 200 << 20  # initdb takes 40 MiB, its first WAL segments 16 MiB each
SLOW_S, STILL_S, FULL_S = 15, 20, 15

SLOW = """
CREATE FUNCTION wait_a_while() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM pg_sleep(2); RETURN NULL; END$$;
CREATE TRIGGER slow BEFORE INSERT ON batch FOR EACH STATEMENT EXECUTE FUNCTION wait_a_while()"""


def server_processes(postgres):
    """The server and the processes that it has made."""
    main = postgres.process.pid
    children = pathlib.Path(f"/proc/{main}/task/{main}/children").read_text().split()
    return [main, *map(int, children)]


def signal_all(processes, which):
    for process in processes:
        try:
            os.kill(process, which)
        except ProcessLookupError:
            pass


def said(town, words):
    return any(words in part.text() for part in town.platform.parts)


def main():
    if not disk_full.enter_own_mounts():
        print("SKIPPED: only root, with a mount namespace of its own, can mount a small tmpfs")
        return
    with building.folder("postgres-faults") as folder:
        card = folder / "card"
        card.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={CARD_BYTES},mode=755", "tmpfs", card], check=True)
        folder.chmod(0o755)
        town = street.Street(folder, meters=3, platform='batch_every = "1s"')
        database = receivers.Postgres(folder, card)
        town.platform = receivers.Receivers(folder, building.PLATFORM, town.broker, town.certificates, database, ("city",) * 2)
        with town.running():
            bad_links.wait_for_progress(town, "at first")

            database.query(SLOW)
            before = bad_links.confirmed(town)
            time.sleep(SLOW_S)
            confirmed = bad_links.confirmed(town) - before
            database.query("DROP TRIGGER slow ON batch")
            print(f"slow: {confirmed} batches confirmed in {SLOW_S} s", flush=True)
            check(confirmed > 0, "a slow database brought everything to a standstill")
            bad_links.wait_for_progress(town, "after it was slow")

            still = server_processes(database)
            signal_all(still, signal.SIGSTOP)
            before = bad_links.confirmed(town)
            time.sleep(STILL_S)
            confirmed = bad_links.confirmed(town) - before
            signal_all(still, signal.SIGCONT)
            check(confirmed <= 2, f"{confirmed} batches were confirmed although the database stood still")
            bad_links.wait_for_progress(town, "after it stood still")

            disk_full.fill(card)
            cabinet.wait_until(lambda: said(town, "No space left on device") or not database.running(), 60,
                               "the receivers to say that the disk is full")
            time.sleep(FULL_S)
            print(f"full: the server is {'up' if database.running() else 'down'}", flush=True)
            (card / "somebody-elses-file").unlink()
            if not database.running():
                database.start()
            bad_links.wait_for_progress(town, "after the disk was full")
            town.hush()
            town.settle(240)
            for part in town.platform.parts:
                check(part.running() and part.starts == 1, f"{part.name} ended by itself: {part.output}")
                lines = part.text().count("\n")
                check(lines < 100, f"{part.name} wrote {lines} lines: {part.output}")
            bad_links.check_polling(town)
            town.check_nothing_lost()
        subprocess.run(["umount", card], check=True)


if __name__ == "__main__":
    sys.exit(main())

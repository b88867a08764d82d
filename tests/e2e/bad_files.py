# SPDX-License-Identifier: Apache-2.0
"""Damaged buffer files: cut short, overwritten, with flipped bits, while the gateway is stopped and holds readings that the
city does not have yet.

The next start says so, sets the file aside if it is no good, and goes on by itself; what the city had before stays there;
what is gone after it is declared: nothing that was served is missing without a gap of that time or an event of that damage.
"""

import argparse
import random
import sys
import time

import building
import cabinet
import street
from building import check

UNDELIVERED_SECONDS = 4


def cut(draw, content):
    return content[:draw.randrange(512, len(content))]


def cut_within_the_header(draw, content):
    return content[:draw.randrange(1, 512)]


def flip(bits):
    def damage(draw, content):
        changed = bytearray(content)
        for _ in range(bits):
            changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
        return bytes(changed)
    damage.__name__ = f"flip_{bits}_bits"
    return damage


def overwrite_a_page(draw, content):
    page = 1024 * draw.randrange(1, len(content) // 1024)
    return content[:page] + draw.randbytes(1024) + content[page + 1024:]


def zero_the_first_page(_, content):
    return bytes(1024) + content[1024:]


def replace_by_noise(draw, content):
    return draw.randbytes(len(content))


DAMAGES = [flip(1), flip(4), flip(300), cut, cut_within_the_header, overwrite_a_page, zero_the_first_page, replace_by_noise]


class Supervisor:
    """Starts a gateway again that has ended because of damage it found while it ran, as systemd does."""

    def __init__(self, gateway):
        self.gateway = gateway
        self.restarts = 0

    def look(self):
        if self.gateway.running():
            return
        code = self.gateway.process.returncode
        last = self.gateway.text().rstrip().split("\n")[-1]
        check(code == 1 and "damaged" in last, f"the gateway ended with {code}: {last}")
        self.restarts += 1
        check(self.restarts <= 3, f"the gateway cannot get over the damage: {last}")
        print(f"  ended by itself, to be started again: {last}")
        self.gateway.start()


def gather(town):
    """The gateway takes readings while the broker is away, and is stopped: they are on its disk only."""
    town.broker.kill()
    town.wake()
    town.gateway.start()
    time.sleep(UNDELIVERED_SECONDS)
    check(town.gateway.running() and town.gateway.stop() == 0, "the gateway did not stop cleanly")
    return len(building.stored(town.platform))


def try_damage(town, damage, draw):
    """Returns what the damage can be blamed for: nothing, or the time up to which readings may be gone."""
    before = gather(town)
    file = town.state_directory / "buffer.db"
    check(not file.with_name("buffer.db-wal").exists(), "a clean stop leaves a log behind")
    file.write_bytes(damage(draw, file.read_bytes()))
    damaged_at = street.now()
    log = len(town.gateway.text())
    print(f"{damage.__name__}:", flush=True)
    town.broker.start()
    supervisor = Supervisor(town.gateway)
    town.gateway.start()
    for _ in range(20):
        time.sleep(0.1)
        supervisor.look()
    town.hush()
    town.settle(90, supervisor.look)
    said = town.gateway.text()[log:]
    salvaged = "the damaged file is kept as" in said
    for line in said.split("\n"):
        if "the damaged file" in line:
            print(f"  {line.partition('buffer: ')[2]}")
    check(town.gateway.stop() == 0, "the gateway did not stop cleanly")
    after = len(building.stored(town.platform))
    check(after > before, "nothing new arrived after the damage")
    aside = list(town.state_directory.glob("buffer.db.damaged-*"))
    check(not salvaged or any("-wal" not in path.name for path in aside), "no damaged file was kept")
    if salvaged:
        texts = [text for _, text, _ in town.check_events("buffer_damaged")]
        check(len(texts) == len(set(texts)), "one damage is told twice")
    return damaged_at if salvaged else None


def declared(town, blamed):
    """A test whether a serving's loss was said out loud: by a gap that spans it, or, where nothing could be read any more
    that tells since when, by the gap of the damage that followed it."""
    gaps = [(cabinet.milliseconds(first), cabinet.milliseconds(last))
            for first, last in town.platform.rows("SELECT first, last FROM gap_view WHERE reason = 'damaged'")]
    for damaged_at in blamed:
        check(any(last >= damaged_at - 1 for _, last in gaps), f"no gap tells of the damage at {damaged_at}: {gaps}")
    since = (UNDELIVERED_SECONDS + 4) * 1000

    def excused(time):
        return any(first <= time <= last or first == last and last - since <= time <= last for first, last in gaps)
    return excused


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=1, help="how often each damage is tried (default 1)")
    arguments.add_argument("--seed", type=int, default=None, help="of an earlier run, to repeat its damage")
    options = arguments.parse_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 32)
    print(f"--rounds {options.rounds} --seed {seed}", flush=True)
    draw = random.Random(seed)
    with building.folder("bad-files") as folder:
        town = street.Street(folder, meters=2, platform='batch_every = "1s"')
        blamed = []
        with town.running(town.broker, town.platform, town.simulator):
            for damage in DAMAGES * options.rounds:
                blamed.append(try_damage(town, damage, draw))
        blamed = [time for time in blamed if time]
        check(blamed, "no damage was noticed")
        verdict = town.judge(declared(town, blamed))
        check(verdict.good(), "readings are gone and nobody says so, or are not as served")
        print(f"{len(blamed)} of {len(DAMAGES) * options.rounds} damages led to a salvage, in {len(town.streams())} streams")
        town.check_stored_once()
        town.check_numbers()


if __name__ == "__main__":
    sys.exit(main())

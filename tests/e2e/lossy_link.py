# SPDX-License-Identifier: Apache-2.0
"""A network that loses every fifth packet between the gateway and its broker, and then all of them for a while, without a
word to either side. Everything runs in a network namespace of its own, on its loopback, where nft drops the packets.
Polling keeps its marks, and what was read is in the city's database once.
"""

import os
import shutil
import subprocess
import sys
import time

import bad_links
import building
import street
from building import check

LOSS_S = 30
CUT_S = 25


def enter_own_network():
    """Starts this script again in a network namespace of its own; False if that is not possible."""
    if os.environ.get("BORNIER_OWN_NETWORK"):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        return True
    # Root needs no user namespace, and in a chroot nobody gets one.
    unshare = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]
    probe = "nft add table ip probe && nft add chain ip probe out '{ type filter hook output priority 0; }'"
    if not shutil.which("nft") or subprocess.run([*unshare, "sh", "-c", probe], check=False).returncode != 0:
        return False
    os.environ["BORNIER_OWN_NETWORK"] = "1"
    os.execvp(unshare[0], [*unshare, sys.executable, *sys.argv])


def nft(*words):
    subprocess.run(["nft", *map(str, words)], check=True)


def lose(port, percent):
    """Of the packets of this port, in both directions; 0 ends it."""
    nft("add", "table", "ip", "loss")
    nft("flush", "table", "ip", "loss")
    nft("add", "chain", "ip", "loss", "out", "{ type filter hook output priority 0; }")
    which = () if percent == 100 else ("numgen", "random", "mod", 100, "<", percent)
    if percent > 0:
        for direction in ("dport", "sport"):
            nft("add", "rule", "ip", "loss", "out", "tcp", direction, port, *which, "drop")


def main():
    if not enter_own_network():
        print("SKIPPED: no network namespace with nft can be had here")
        return
    with building.folder("lossy-link") as folder:
        town = street.Street(folder, meters=3, platform='batch_every = "1s"\nkeepalive = "5s"')
        with town.running():
            bad_links.wait_for_progress(town, "at first")
            lose(town.broker.port, 20)
            before = bad_links.confirmed(town)
            time.sleep(LOSS_S)
            through = bad_links.confirmed(town) - before
            print(f"with 20 % of all packets lost: {through} batches were confirmed in {LOSS_S} s", flush=True)
            check(through > 0, "nothing came through")
            lose(town.broker.port, 100)
            time.sleep(CUT_S)
            waiting = bad_links.link(town)
            print(f"cut for {CUT_S} s: {waiting['unconfirmed_batches']} batches wait, connected: {waiting['connected']}",
                  flush=True)
            check(waiting["unconfirmed_batches"] > CUT_S / 2, "batches do not wait for the link")
            lose(town.broker.port, 0)
            bad_links.wait_for_progress(town, "once the network is back")
            town.hush()
            town.settle(240)
        bad_links.check_polling(town)
        town.check_nothing_lost()


if __name__ == "__main__":
    sys.exit(main())

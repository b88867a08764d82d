# SPDX-License-Identifier: Apache-2.0
"""What happens between a gateway and its broker: the connection is cut after each step of the protocol, it dies without a
word (half open), and a broker acknowledges what it then forgets. Meters are read at 100 ms all the while: they keep their
marks, and every reading is in the city's database once.
"""

import collections
import sys
import time

import building
import cabinet
import mqtt_proxy
import street
from building import check
from mqtt_proxy import After, CONNACK, CONNECT, DOWN, PUBACK, PUBLISH, UP, Times, While

KEEPALIVE_S = 5
CUTS = [("after CONNECT", Times("cut", UP, CONNECT, 3)),
        ("instead of CONNACK", Times("swallow", DOWN, CONNACK, 2)),
        ("after CONNACK", Times("cut", DOWN, CONNACK, 2)),
        ("instead of PUBLISH", Times("swallow", UP, PUBLISH, 3)),
        ("after PUBLISH", Times("cut", UP, PUBLISH, 3)),
        ("instead of PUBACK", Times("swallow", DOWN, PUBACK, 3)),
        ("after PUBACK", Times("cut", DOWN, PUBACK, 3)),
        ("instead of the platform's word", Times("swallow", DOWN, PUBLISH, 3))]


def link(town):
    status = town.gateway.status()
    return status["link"] if status else None


def confirmed(town):
    found = link(town)
    return found["confirmed_batches"] if found else 0


def wait_for_progress(town, what):
    before = confirmed(town)
    cabinet.wait_until(lambda: confirmed(town) > before, 90, f"batches to be confirmed again {what}")


def check_polling(town):
    """A broker is no reason to miss a mark (promise 6): a meter answers at nine of ten, and without an answer is none for
    longer than a second, however busy this machine is with other things."""
    longest = collections.defaultdict(int)
    counted = collections.Counter()
    first, before = {}, {}
    for answer in town.simulator.answers():
        if answer["outcome"] != "answered":
            continue
        at = int(answer["time_ms"])
        counted[answer["meter"]] += 1
        first.setdefault(answer["meter"], at)
        longest[answer["meter"]] = max(longest[answer["meter"]], at - before.get(answer["meter"], at))
        before[answer["meter"]] = at
    print("longest pause between two answers: " + ", ".join(f"{meter} {pause} ms" for meter, pause in longest.items()))
    check(max(longest.values()) < 1_500, "polling stood still")
    for meter, last in before.items():
        marks = (last - first[meter]) // street.EVERY_MS
        check(counted[meter] >= 0.9 * marks, f"{meter} answered {counted[meter]} times at {marks} marks")


def main():
    with building.folder("bad-links") as folder:
        town = street.Street(folder, meters=3, platform=f'batch_every = "1s"\nkeepalive = "{KEEPALIVE_S}s"')
        proxy = mqtt_proxy.Proxy(town.broker.port, town.certificates, "cab-1")
        text = town.gateway.configuration.read_text()
        town.gateway.configuration.write_text(text.replace(f":{town.broker.port}", f":{proxy.port}"))
        with town.running():
            wait_for_progress(town, "at first")
            for name, fault in CUTS:
                before = proxy.connections
                # What happens while connecting needs a new connection: the one there is ends first.
                proxy.fault = After(Times("cut", UP, PUBLISH, 1), fault) if fault.kind in (CONNECT, CONNACK) else fault
                cabinet.wait_until(lambda fault=fault: fault.left == 0, 120, f"the cuts {name}")
                proxy.fault = None
                wait_for_progress(town, f"after cuts {name}")
                print(f"cut {name}: connected again, {proxy.connections - before} connections", flush=True)

            frozen = While("freeze", UP, PUBLISH)
            proxy.fault = frozen
            cabinet.wait_until(lambda: frozen.count > 0, 20, "the connection to go dead")
            proxy.fault = None
            begun = time.monotonic()
            wait_for_progress(town, "after the connection went dead")
            noticed = time.monotonic() - begun
            print(f"half open: noticed and replaced within {noticed:.1f} s (keepalive {KEEPALIVE_S} s)", flush=True)

            forgetful = While("forget", UP, PUBLISH)
            proxy.fault = forgetful
            time.sleep(10)
            proxy.fault = None
            print(f"a broker acknowledged and forgot {forgetful.count} messages", flush=True)
            check(forgetful.count > 0, "nothing was there to be forgotten")
            wait_for_progress(town, "after the broker forgot some")
            town.hush()
            town.settle(240)
        proxy.close()
        check_polling(town)
        town.check_nothing_lost()


if __name__ == "__main__":
    sys.exit(main())

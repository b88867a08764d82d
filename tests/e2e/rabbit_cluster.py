# SPDX-License-Identifier: Apache-2.0
"""RabbitMQ with its MQTT plugin (3.1.1 only) as the broker: a cluster of three nodes behind a balancer. The node that holds
the connections of the gateway and of the platform is killed (kill -9) during delivery and comes back; then the node that
took over is killed.

Every reading that was served is in the city's database once, and nothing is declared lost.
"""

import functools
import sys
import time

import building
import cabinet
import rabbit
import street
from building import check

NODES = 3


def confirmed(town):
    status = town.gateway.status()
    return status["link"]["confirmed_batches"] if status else 0


def wait_for_progress(town, what):
    before, begun = confirmed(town), time.monotonic()
    cabinet.wait_until(lambda: confirmed(town) > before, 150, f"batches to be confirmed {what}")
    print(f"{what} batches were confirmed after {time.monotonic() - begun:.1f} s", flush=True)


def main():
    with building.folder("rabbit-cluster") as folder:
        town = street.Street(folder, meters=2, platform='batch_every = "1s"',
                             broker=functools.partial(rabbit.Rabbit, count=NODES))
        first, second, _ = town.broker.nodes
        with town.running():
            wait_for_progress(town, "at first")
            time.sleep(5)
            first.kill()
            wait_for_progress(town, f"when {first.name} had been killed")
            time.sleep(5)
            first.start()
            cabinet.wait_until(first.listens, 120, f"{first.name} to come back")
            time.sleep(5)
            second.kill()
            wait_for_progress(town, f"when {second.name} had been killed too")
            town.hush()
            town.settle(240)
            check(town.gateway.starts == 1 and town.gateway.running(), "the gateway ended by itself")
            check(town.platform.starts == 1 and town.platform.running(), "the platform ended by itself")
        check("MQTT 3.1.1" in town.gateway.text(), "the gateway does not say that it speaks MQTT 3.1.1")
        town.check_nothing_lost()


if __name__ == "__main__":
    sys.exit(main())

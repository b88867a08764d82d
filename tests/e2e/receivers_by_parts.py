# SPDX-License-Identifier: Apache-2.0
"""Three receivers on one PostgreSQL behind a broker without shared subscriptions (RabbitMQ, MQTT 3.1.1): each takes a third
of the gateways, `--share 1/3` to `3/3`. A swarm of gateways sends; one receiver is killed (kill -9) in the middle.

What the swarm had confirmed is in the database once, and no receiver has stored what belongs to another.
"""

import re
import sys
import urllib.request

import building
import cabinet
import rabbit
import receivers
import swarm
from building import check

PARTS = ("1/3", "2/3", "3/3")


def gateways_of(port):
    page = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10).read().decode()
    return set(re.findall(r'^bornier_platform_gateway_batches_total\{.*gateway="([^"]+)"\} [1-9]', page, re.M))


def main():
    with building.folder("receivers-by-parts") as folder:
        certificates = cabinet.Certificates(folder / "certificates", ["broker", "platform"])
        broker = rabbit.Rabbit(folder, certificates, [])
        platform = receivers.Receivers(folder, building.PLATFORM, broker, certificates, receivers.Postgres(folder), PARTS)

        def restart_receiver():
            platform.parts[1].kill()
            platform.parts[1].start()

        try:
            broker.start()
            platform.start()
            said = swarm.carry_out(folder, certificates, broker, restart_receiver)
            taken = [gateways_of(port) for port in platform.metrics]
            swarm.check_stored(said, platform)
        finally:
            platform.kill()
            broker.kill()
        print("gateways of each receiver: " + ", ".join(str(len(names)) for names in taken))
        check(all(taken), "a receiver stored nothing")
        check(len(set().union(*taken)) == sum(map(len, taken)) == swarm.GATEWAYS, f"receivers took each other's: {taken}")


if __name__ == "__main__":
    sys.exit(main())

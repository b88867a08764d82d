# SPDX-License-Identifier: Apache-2.0
"""`bornier-platform swarm` against a real broker and the receiver on SQLite, with a broker that is killed in the middle.

What the swarm says that it sent and had confirmed is in the database, each reading once, under numbers without holes.
"""

import re
import subprocess
import sys
import time

import building
import cabinet
from building import check

GATEWAYS, METERS, POINTS, SAMPLES, SECONDS = 30, 3, 5, 2, 10


def carry_out(folder, certificates, broker, in_the_middle):
    """Lets the swarm run to its end; returns what it printed."""
    swarm = cabinet.Process("swarm", folder)
    swarm.launch([building.PLATFORM, "swarm", "--broker", broker.url, "--ca", certificates.ca,
                  "--certificate", certificates.certificate("platform"), "--key", certificates.key("platform"),
                  "--city", cabinet.CITY, "--gateways", GATEWAYS, "--meters", METERS, "--points", POINTS,
                  "--samples", SAMPLES, "--every", "1s", "--for", f"{SECONDS}s", "--patience", "90s"])
    try:
        time.sleep(SECONDS / 2)
        in_the_middle()
        code = swarm.process.wait(150)
    except (subprocess.TimeoutExpired, OSError):
        swarm.kill()
        raise
    print(swarm.text())
    check(code == 0, f"the swarm exits {code}: not every batch was confirmed")
    return swarm.text()


def check_stored(said, platform):
    """What the swarm says is what the database holds."""
    batches, confirmed, held_back = map(int, re.search(r"batches +(\d+) sent, (\d+) confirmed, (\d+) held back;",
                                                       said).groups())
    readings = int(re.search(r"readings +(\d+) sent", said)[1])
    check(batches == confirmed == GATEWAYS * SECONDS and held_back == 0, f"{confirmed} of {batches} are confirmed")
    check(readings == batches * METERS * POINTS * SAMPLES, f"{readings} readings")
    (stored,), = platform.rows("SELECT count(*) FROM reading_view")
    check(stored == readings, f"{stored} of {readings} readings are in the database")
    (distinct,), = platform.rows(
        "SELECT count(*) FROM (SELECT DISTINCT gateway, meter, point, time FROM reading_view) AS readings")
    check(distinct == readings, "readings are stored twice")
    received = platform.rows("SELECT city, gateway, missing FROM gateway_view")
    check(len(received) == GATEWAYS, f"{len(received)} gateways are known")
    building.check_numbers(platform)


def main():
    with building.folder("swarm") as folder:
        certificates = cabinet.Certificates(folder / "certificates", ["broker", "platform"])
        broker = cabinet.Broker(folder, certificates, [])
        platform = cabinet.Platform(folder, building.PLATFORM, broker, certificates)

        def restart_broker():
            broker.kill()
            broker.start()

        with building.running(broker, platform):
            said = carry_out(folder, certificates, broker, restart_broker)
        check(int(re.search(r"(\d+) connections lost", said)[1]) >= GATEWAYS, "the broker's death went unnoticed")
        check_stored(said, platform)


if __name__ == "__main__":
    sys.exit(main())

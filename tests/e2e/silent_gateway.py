# SPDX-License-Identifier: Apache-2.0
"""The platform tells within a minute which gateway went silent, and does not take a dead broker for silent gateways.

The gateway is stopped with SIGSTOP: its connection stays, as when a cabinet loses its power or a link its packets.
"""

import signal
import sys
import time
import urllib.request

import building
import cabinet
from building import check
from cabinet import wait_until
from street import Street

SILENT_AFTER = 70  # longer than the status takes to come: the will has to tell
NAME = f"{cabinet.CITY}/cab-1"


def is_silent(address):
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as page:
        lines = page.read().decode().split("\n")
    return next((line.endswith(" 1") for line in lines if line.startswith("bornier_platform_gateway_silent{")), None)


def main():
    with building.folder("silent-gateway") as folder:
        street = Street(folder, meters=1, every="1s", platform='batch_every = "5s"\n')
        address = f"127.0.0.1:{cabinet.free_port()}"
        street.platform.command += ["--metrics", address, "--silent-after", SILENT_AFTER]
        with street.running():
            wait_until(lambda: building.stored(street.platform), 60, "the first readings to arrive")
            check(is_silent(address) is False, "a live gateway counts as silent")

            street.gateway.process.send_signal(signal.SIGSTOP)
            begun = time.monotonic()
            wait_until(lambda: f"{NAME} is silent" in street.platform.text(), 90, "the platform to tell")
            took = time.monotonic() - begun
            print(f"a stopped gateway was told silent after {took:.0f} s")
            check(took < 60, f"that took {took:.0f} s, not less than a minute")
            check(is_silent(address), "the page does not show it")
            street.gateway.process.send_signal(signal.SIGCONT)
            wait_until(lambda: f"{NAME} is back" in street.platform.text(), 60, "the gateway to be back")

            told = street.platform.text().count("is silent")
            street.broker.kill()
            time.sleep(SILENT_AFTER + 10)
            check(street.platform.text().count("is silent") == told, "a dead broker was taken for a silent gateway")
            street.broker.start()
            wait_until(lambda: street.platform.text().count("connected to") >= 2, 60, "the platform to be connected again")
            time.sleep(10)
            check(street.platform.text().count("is silent") == told, "a gateway that comes back counts as silent")
            check(is_silent(address) is False, "the page shows a live gateway as silent")
    print("verdict: told within a minute, and only then")


if __name__ == "__main__":
    sys.exit(main())

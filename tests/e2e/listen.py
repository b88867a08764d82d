# SPDX-License-Identifier: Apache-2.0
"""An integrator who knows nothing of a site but its broker: `bornier listen` names each device and the model that reads it,
and what it prints is a configuration with which the gateway takes their readings. Strangers beside them change nothing."""

import json
import re
import subprocess
import sys
import threading

import building
import cabinet
import mqtt_devices
import mqtt_town
from building import check
from mqtt_publisher import Message, Publisher

LISTENS_S = 12
OF_EACH_KIND = 2
HOSTILE = "\x1b]0;owned\x07\x1b[2J"
GATEWAY = '[gateway]\nid = "cab-1"\ncity = "testville"\ntimezone = "UTC"\nstate_directory = "state"\nmodels = ["{models}"]\nclock = "system"\n'


def strangers():
    """What no model reads, and what nobody should believe."""
    return [Message("plant/boiler/state", b'{"flow": {"m3": 12.50}, "temperature": 61}'),
            Message("plant/boiler/name", HOSTILE.encode()), Message('plant/"x" = \u202e', b"1"),
            Message("plant/camera", bytes(range(256)) * 40), Message("plant/deep", b"[" * 20_000),
            Message("shellies/announce", b'{"id":"shellyem3-1"}'), Message("homeassistant/sensor/x/config", b"{}", retained=True)]


class Chatter:
    """Everybody, in turn, for as long as it lasts."""

    def __init__(self, port, devices):
        self.publisher, self.devices, self.ended = Publisher(port, "devices"), devices, threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        while not self.ended.wait(0.05):
            for device in self.devices:
                self.publisher.publish(device.next())
            for message in strangers():
                self.publisher.publish(message)

    def start(self):
        check(self.publisher.connect(), "nobody listens at the broker")
        self.thread.start()

    def stop(self):
        if self.thread.is_alive():
            self.ended.set()
            self.thread.join()
        self.publisher.break_off()

    kill = stop


def listen(*arguments, seconds=LISTENS_S):
    return subprocess.run([str(building.GATEWAY), "listen", "--seconds", str(seconds), *map(str, arguments)],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds + 60)


def is_fit_for_a_terminal(text):
    return not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", text)


def block_of(answer):
    """The configuration behind the table."""
    return answer.stdout[answer.stdout.index("[[mqtt]]"):]


def check_devices(answer, devices):
    check(answer.returncode == 0, f"`listen` failed: {answer}")
    rows = [row for row in json.loads(answer.stdout) if row["model"]]
    check(len(rows) == len(devices), f"{len(rows)} devices instead of {len(devices)}: {rows}")
    for device in devices:
        check(any(row["device"] == device.device() and device.model in (row["model"], *(row["or"] or "").split(", "))
                  for row in rows), f"{device.device()} is not told as {device.model}: {rows}")
        row = next(row for row in rows if row["device"] == device.device())
        check(row["model"] == device.model or device.model in ("axioma-qalcosonic-w1", "elvaco-cmi4111"),
              f"the first choice for {device.model} is {row['model']}")


def read_by(gateway):
    """How many meters it has readings of."""
    status = gateway.status()
    return sum(meter["state"] == "ok" for meter in status["meters"]) if status else 0


def check_failures(gateway, port):
    answer = listen("--broker", f"mqtt://127.0.0.1:{cabinet.free_port()}", seconds=2)
    check(answer.returncode == 1 and "127.0.0.1" in answer.stderr, f"no reason for a broker that is not there: {answer}")
    answer = listen("--broker", f"mqtt://127.0.0.1:{port}", "--topic", "nothing/here", seconds=1)
    check(answer.returncode == 1 and "no message came in 1 s" in answer.stderr, f"silence is not explained: {answer}")
    answer = listen("--broker", f"mqtt://127.0.0.1:{port}", "--username", "me", "--password-file", "none", seconds=1)
    check(answer.returncode == 1 and "none" in answer.stderr, f"no word about the password file: {answer}")
    answer = listen("-c", gateway.configuration, "attic", seconds=1)
    check(answer.returncode == 1 and "name one of the brokers" in answer.stderr, f"a broker that the configuration has not: {answer}")


def site(folder):
    broker = mqtt_town.SiteBroker(folder)
    devices = [kind(number) for kind in mqtt_devices.KINDS if kind is not mqtt_devices.OwnMapping
               for number in range(1, OF_EACH_KIND + 1)]
    chatter = Chatter(broker.port, devices)
    url = f"mqtt://127.0.0.1:{broker.port}"
    with building.running(broker, chatter):
        check_devices(listen("--broker", url, "--models", building.MODELS, "--format", "json"), devices)

        answer = listen("--broker", url, "--models", building.MODELS)
        check(answer.returncode == 0, f"`listen` failed: {answer}")
        check(is_fit_for_a_terminal(answer.stdout + answer.stderr), f"what a stranger sent reached the terminal: {answer.stdout!r}")
        check('# flow_m3 = { quantity = "…", pointer = "/flow/m3", unit = "…" }  # now 12.50' in answer.stdout,
              f"no mapping is suggested for the boiler: {answer.stdout}")
        raw = listen("--broker", url, "--raw", seconds=1)
        check("plant/boiler/state" in raw.stdout and is_fit_for_a_terminal(raw.stdout + raw.stderr), f"--raw: {raw.stdout[:2000]!r}")
        print(answer.stdout, flush=True)

        gateway = cabinet.Gateway(folder, building.GATEWAY, "cab-1", GATEWAY.format(models=building.MODELS) + block_of(answer))
        checked = gateway.ask("check", seconds=60)
        check(checked.returncode == 0, f"`check` refuses what `listen` printed: {checked.stderr}")
        with building.running(gateway):
            cabinet.wait_until(lambda: read_by(gateway) == len(devices), 60, "readings of every device that was found")

        again = listen("-c", gateway.configuration, "--format", "json")
        known = [row for row in json.loads(again.stdout) if row["model"]]
        check(len(known) == len(devices) and all(row["meter"] for row in known), f"configured meters are not known: {known}")
        check("[[mqtt.meter]]" not in listen("-c", gateway.configuration, "--topic", "zigbee2mqtt/#", seconds=3).stdout,
              "a meter that is configured is suggested again")
        check_failures(gateway, broker.port)
    print(f"{len(devices)} devices of {len(mqtt_devices.KINDS) - 1} kinds were found, configured and read")


def main():
    with building.folder("listen") as folder:
        site(folder)


if __name__ == "__main__":
    sys.exit(main())

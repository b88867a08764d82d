# SPDX-License-Identifier: Apache-2.0
"""A meter that refuses whatever touches one of its forbidden registers, at random places, and lacks some points that its
model names: pymodbus serves it. What it refuses is found out in a bounded number of requests, every point that it has is
read, then nothing is refused any more; and after a restart, too.
"""

import json
import math
import random
import sys
import time

import building
import cabinet
import foreign_servers
from building import check

FIRST, LAST = 0, 400
POINTS = 80
LACKING = 6
FORBIDDEN = 25
POLLS_S = 1


class Map:
    """Points of one or two registers at random places; between some of them nothing may be read."""

    def __init__(self, chance):
        free = [address for address in range(FIRST, LAST, 2)]
        self.points = {f"p{address}": (address, chance.choice((1, 2))) for address in sorted(chance.sample(free, POINTS))}
        used = {address + word for address, words in self.points.values() for word in range(words)}
        holes = [address for address in range(FIRST, LAST) if address not in used]
        self.lacking = set(chance.sample(sorted(self.points), LACKING))
        self.forbidden = set(chance.sample(holes, FORBIDDEN))
        for name in self.lacking:
            address, words = self.points[name]
            self.forbidden.update(range(address, address + words))

    def model(self):
        text = ('format = 1\nid = "meter-with-holes"\nversion = "1"\nmanufacturer = "Nobody"\n'
                'title = "A meter with holes"\nmedium = "electricity"\nconfidence = "low"\n'
                '[limits]\nholes = "readable"\n[defaults]\ntable = "holding"\n[points]\n')
        for name, (address, words) in self.points.items():
            text += (f'{name} = {{ quantity = "power_factor", address = {address}, type = "uint{16 * words}", '
                     'scale = "0.001", group = "essential" }\n')
        return text

    def image(self):
        return "".join(f"holding {address} {address:04x}\n" for address in range(FIRST, LAST + 2)
                       if address not in self.forbidden)

    def shown(self, name):
        address, words = self.points[name]
        raw = address if words == 1 else address << 16 | address + 1
        return raw / 1000


def bus_of(gateway):
    return gateway.status()["buses"][0]


def meter_of(gateway):
    return gateway.status()["meters"][0]


def check_points(gateway, layout):
    for point in meter_of(gateway)["points"]:
        name, state = point["name"], point["state"]
        if name in layout.lacking:
            check(state == "exception 2", f"the meter lacks {name}, and its state is {state}")
        else:
            check(state == "ok" and math.isclose(float(point["value"]), layout.shown(name)),
                  f"{name} is {layout.shown(name)}, and shown is {point['value']} ({state})")


def is_settled(gateway, layout):
    if gateway.status() is None:
        return False
    states = [point["state"] for point in meter_of(gateway)["points"]]
    return states.count("ok") == POINTS - LACKING and states.count("exception 2") == LACKING


def refusals_in(gateway, seconds):
    before = bus_of(gateway)
    time.sleep(seconds)
    after = bus_of(gateway)
    return after["exceptions"] - before["exceptions"], after["requests"] - before["requests"]


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 20_261_127
    layout = Map(random.Random(seed))
    with building.folder("refused-registers") as folder:
        models = folder / "models"
        models.mkdir()
        (models / "meter-with-holes.toml").write_text(layout.model())
        (folder / "image").write_text(layout.image())
        server = foreign_servers.Pymodbus("pymodbus", folder, folder / "image")
        gateway = cabinet.Gateway(folder, building.GATEWAY, "cab-1", f"""
[gateway]
id = "cab-1"
city = "{cabinet.CITY}"
timezone = "Europe/Paris"
state_directory = "state"
models = ["{models}"]
clock = "system"
[[bus]]
name = "room"
transport = "tcp"
host = "127.0.0.1"
port = {server.port}
[[meter]]
id = "main"
bus = "room"
unit_id = 1
model = "meter-with-holes"
every = "{POLLS_S}s"
""")
        with building.running(server, gateway):
            cabinet.wait_until(lambda: is_settled(gateway, layout) and refusals_in(gateway, 3)[0] == 0, 50,
                               "all that the meter has to be read, and nothing to be refused any more")
            asked = bus_of(gateway)["requests"]
            refused, requests = refusals_in(gateway, 6)
            learned = bus_of(gateway)["exceptions"]
            print(f"{POINTS} points, {FORBIDDEN} forbidden registers, {LACKING} points lacking (seed {seed}): "
                  f"{learned} requests refused while learning, {asked} asked, then {requests / 6:.0f} requests a second")
            things = FORBIDDEN + LACKING
            check(learned <= things * (2 + 2 * math.ceil(math.log2(POINTS))), f"{learned} requests were refused while learning")
            check(refused == 0, f"{refused} requests were refused although everything was known")
            check_points(gateway, layout)

            read = gateway.ask("read", "main", "--format", "json")
            states = [row["state"] for row in json.loads(read.stdout)]
            check(states.count("ok") == POINTS - LACKING and states.count("exception 2") == LACKING,
                  f"`bornier read` shows {states}: {read.stderr}")

            gateway.stop()
            gateway.start()
            cabinet.wait_until(lambda: is_settled(gateway, layout), 60, "all that the meter has to be read after a restart")
            time.sleep(3)
            again = bus_of(gateway)["exceptions"]
            check(again <= LACKING, f"after a restart {again} requests were refused; {LACKING} points are lacking")
            check_points(gateway, layout)
            print(f"after a restart: {again} refused, each point that is lacking asked for once")


if __name__ == "__main__":
    sys.exit(main())

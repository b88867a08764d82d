# SPDX-License-Identifier: Apache-2.0
"""Models that an integrator writes himself, for meters of pymodbus and libmodbus that do what few meters do: take several
requests at once, show what a scan list asks for, tell the unit of their counter in a register, stand behind transformers.
"""

import sys

import building
import cabinet
import foreign_servers
from building import check

HEAD = """format = 1
id = "{id}"
version = "1"
manufacturer = "Anybody"
title = "Anything"
medium = "electricity"
confidence = "low"
{top}
[defaults]
table = "holding"
type = "uint16"
{more}
[points]
"""
LISTED = """
voltage_l1_n = { quantity = "voltage", phase = "l1_n", parameter = 17, type = "float32", unit = "V" }
frequency = { quantity = "frequency", parameter = 3, scale = "0.01", unit = "Hz" }
status = { quantity = "status", address = 5 }
"""
MODELS = {
    "listed": HEAD.format(id="listed", more="", top="scan_list = "
                          '{ address = 4096, values = { table = "holding", address = 8192 } }') + LISTED,
    "prefixed": HEAD.format(id="prefixed", top="", more="""
[setting.prefix]
register = "prefix"
options = [{ name = "k", value = 0, weight = 1 }, { name = "M", value = 1, weight = 1000 }]""") + """
prefix = { quantity = "device_setting", address = 1 }
energy_active_import = { quantity = "energy_active_import", address = 40, type = "uint32", unit = "kW.h", scale = "setting(prefix)" }
""",
    "secondary": HEAD.format(id="secondary", top='values = "secondary"', more="") + """
current_l1 = { quantity = "current", phase = "l1", address = 0, scale = "0.001", unit = "A" }
voltage_l1_n = { quantity = "voltage", phase = "l1_n", address = 1, scale = "0.1", unit = "V" }
power_active = { quantity = "power_active", address = 2, type = "int32", unit = "W" }
""",
}
# Lines of the image of each unit of the pymodbus server: 230.2 V is 4366 3334.
UNITS = {
    1: ["holding 4096 0000 0000", "holding 8192 4366 3334 1388", "holding 5 0007"],
    2: ["holding 4096 0063 0062", "holding 8192 4366 3334 1388", "holding 5 0007"],
    3: ["holding 1 0001", "holding 40 0000 0007"],
    4: ["holding 0 10E1 03EB 0000 0064"],
}
METERS = [  # id, unit, model, lines of its own, what is read
    ("written", 1, "listed", "writes_scan_list = true", {"voltage_l1_n": "230.20", "frequency": "50.00", "status": "7"}),
    ("not-written", 2, "listed", "", {"status": "7"}),
    ("in-mega", 3, "prefixed", "", {"prefix": "1", "energy_active_import": "7000"}),
    ("behind-ct", 4, "secondary", 'ct = "250/5"\nvt = "20000/100"',
     {"current_l1": "216.050", "voltage_l1_n": "20060.0", "power_active": "1000000"}),
]


def several_at_once():
    """The shipped model of the iEM3155, as if its manual said that it takes eight requests at once."""
    text = (building.MODELS / "schneider-iem3155.toml").read_text().replace('"schneider-iem3155"', '"together"', 1)
    check("[timing]\n" in text, "the model of the iEM3155 has no [timing]")
    return text.replace("[timing]\n", "[timing]\nin_flight = 8\n", 1)


def judge(platform, meter, expected):
    def latest():
        return {point: value for point, value in platform.rows(
            "SELECT point, coalesce(value, text) FROM latest_view WHERE meter = ?", meter)}
    found = cabinet.wait_until(lambda: len(latest()) >= len(expected) and latest(), 60, f"all points of {meter}")
    wrong = {point: (found.get(point), value) for point, value in expected.items()
             if not foreign_servers.same(found.get(point), value)}
    check(not wrong and len(found) == len(expected), f"{meter}: read and expected: {wrong or found}")
    print(f"{meter}: {found}")


def main():
    with building.folder("own-models") as folder:
        own = folder / "own"
        own.mkdir()
        for name, text in {**MODELS, "together": several_at_once()}.items():
            (own / f"{name}.toml").write_text(text)
        image = folder / "units.image"
        image.write_text("".join(f"unit {unit}\n" + "".join(f"{line}\n" for line in lines)
                                 for unit, lines in UNITS.items()))
        iem = folder / "iem.image"
        foreign_servers.write_image(iem, "schneider-iem3155")
        units = foreign_servers.Pymodbus("units", folder, image)
        several = [foreign_servers.Libmodbus("libmodbus", folder, iem), foreign_servers.Pymodbus("pymodbus", folder, iem)]
        certificates = cabinet.Certificates(folder / "certificates", ["broker", "platform", "cab-1"])
        broker = cabinet.Broker(folder, certificates, ["cab-1"])
        platform = cabinet.Platform(folder, building.PLATFORM, broker, certificates)
        with building.running(units, *several):
            buses = building.bus_toml("units", units.port, [(meter, unit, model, "1s", f'["all"]\n{lines}')
                                                            for meter, unit, model, lines, _ in METERS])
            for server in several:
                buses += building.bus_toml(server.name, server.port, [
                    (f"together-{server.name}", 1, "together", "1s", foreign_servers.points_of("schneider-iem3155"))])
            text = building.gateway_toml(broker, certificates, platform='batch_every = "1s"', rest=buses)
            gateway = cabinet.Gateway(folder, building.GATEWAY, "cab-1", text.replace("models = [", f'models = ["{own}", '))
            with building.running(broker, platform, gateway):
                for meter, _, _, _, expected in METERS:
                    judge(platform, meter, expected)
                for server in several:
                    judge(platform, f"together-{server.name}",
                          {point: value for point, *_, value in foreign_servers.FACTS["schneider-iem3155"]
                           if value is not None})
                cabinet.wait_until(lambda: platform.rows(
                    "SELECT 1 FROM event_view WHERE kind = 'register_written' AND meter = 'written' AND number = 1"), 20,
                    "the event that the scan list was written")
                events = platform.rows("SELECT meter, text FROM event_view WHERE kind = 'register_written'")
                check(len(events) == 1, f"the scan list is written once, and of one meter: {events}")
                states = platform.rows("SELECT point FROM state_view WHERE meter = 'not-written' AND state = 'unsupported'")
                check({point for (point,) in states} == {"voltage_l1_n", "frequency"}, f"unsupported: {states}")
                ratio = platform.rows("SELECT ratio FROM meter_view WHERE meter = 'behind-ct'")
                check(ratio == [("ct=250/5 vt=20000/100",)], f"meter_view says of the transformers: {ratio}")
                for bus in gateway.status()["buses"]:
                    if bus["name"] != "units":
                        print(f"{bus['name']}: {bus['requests']} requests, {bus['answers']} answers, {bus['timeouts']} timeouts")
                        check(bus["timeouts"] == 0 and bus["foreign"] == 0, f"{bus['name']}: {bus}")
            log = gateway.text()
            check("writes_scan_list" in log, "the log does not say how to let the gateway write the list")


if __name__ == "__main__":
    sys.exit(main())

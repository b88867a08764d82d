# SPDX-License-Identifier: Apache-2.0
"""Every meter model reads what pymodbus serves from the facts about that meter, not from the model file.

register_facts/ holds one table of registers for each meter, collected from public sources. Registers are filled from
it here, with an encoder and an arithmetic of its own, and `bornier read` has to give the same numbers and texts.
"""

import csv
import decimal
import json
import pathlib
import random
import re
import socket
import struct
import subprocess
import sys

import building
import cabinet
from building import check

FACTS = pathlib.Path(__file__).with_name("register_facts")
SERVER = pathlib.Path(__file__).with_name("pymodbus_server.py")
D = decimal.Decimal

MODEL_OF = {  # where the name of the model is not that of its table
    "abb_aquamaster3_water": "abb-aquamaster3",
    "kamstrup_multical_602_modbus": "kamstrup-multical-602",
    "kamstrup_multical_603_modbus": "kamstrup-multical-603",
    "saia_pcd7_h104d_pulse": "saia-pcd7-h104d",
    "sick_flowsic500_gas": "sick-flowsic500",
    "xylem_magflux_water": "xylem-magflux",
}
LEFT_OUT = {  # and why
    "janitza-umg96rm": {"energy_active_l1_int", "energy_active_import_l1_int", "energy_active_export_l1_int"},  # need a ratio that no register tells
}
HOLDS = {  # where not any number will do
    ("landisgyr-uh50-wzu485", "header"): 0x00C1,  # kWh and m3, both in ones
    ("inepro-pro380", "current_direction_l1"): "F ",
    ("inepro-pro380", "current_direction_l2"): "R ",
    ("inepro-pro380", "current_direction_l3"): "F ",
    ("schneider-pm5110", "manufacture_date"): bytes.fromhex("0018 0611 0A1E 0000".replace(" ", "")),  # 2024-06-17
}
SHOWS = {  # what the table does not say in full
    ("eastron-sdm120", "software_version"): lambda raw: f"{raw:04X}",  # "show as hex"
    ("inepro-pro380", "current_direction_l1"): lambda raw: str(int.from_bytes(raw.encode(), "big")),  # the code of a label
    ("inepro-pro380", "current_direction_l2"): lambda raw: str(int.from_bytes(raw.encode(), "big")),
    ("inepro-pro380", "current_direction_l3"): lambda raw: str(int.from_bytes(raw.encode(), "big")),
    ("schneider-pm5110", "manufacture_date"): lambda raw: str(raw[1]),  # its year
}
SUNSPEC_NOISE = {"model_id", "model_length", "pad"}  # the list itself
# Power of ten of a unit against the first of its kind: what the meter has and what we store may differ by it.
UNITS = {}
for family in ("Wh kWh:3 MWh:6 W.h kW.h:3 MW.h:6 GW.h:9", "varh kvarh:3 Mvarh:6 V.A{reactive}.h kV.A{reactive}.h:3",
               "VAh kVAh:3 V.A.h kV.A.h:3", "W kW:3 MW:6", "var kvar:3 V.A{reactive} kV.A{reactive}:3", "VA kVA:3 V.A kV.A:3",
               "V mV:-3 kV:3", "A mA:-3", "Hz", "deg", "degC Cel", "K", "m3 l:-3 L:-3", "m3/h l/h:-3 L/h:-3", "m/s mm/s:-3",
               "bar mbar:-3", "kPa Pa:-3 hPa:-1", "s ms:-3", "h", "d", "%:-2 1", "Ah A.h", "ppm [ppm]", "ppb [ppb]", "lx", "dB dB[SPL]",
               "g/m3", "t kg:-3", "kWh/m3 kW.h/m3", "min", "{pulse} pulses", "imp/kWh"):
    for unit in family.split():
        name, _, power = unit.partition(":")
        UNITS[name] = (family, int(power or 0))


class Row:
    def __init__(self, record):
        self.name, self.table, self.unit = record["name"], record["register_type"], record["unit"]
        self.address, self.type, self.scale = int(record["address"]), record["data_type"], record["scale"]
        self.little = record["word_order"] == "little"
        self.tokens = {key: value for key, _, value in (token.partition("=") for token in record["notes"].split("; "))}
        codes = re.search(r"map:([^;]*)", record["notes"])
        self.codes = [int(code.split("=")[0], 0) for code in codes[1].split("|")] if codes else []
        self.single = record["notes"].startswith("single")
        kind, _, size = self.type.partition(":")
        self.kind, self.size = kind, int(size or 0) or {"bool": 1}.get(kind, max(int(re.sub(r"\D", "", kind.replace("mbus_f", "32")) or 16) // 16, 1))
        self.raw = None

    def is_text(self):
        return self.kind in ("string", "string1", "hex", "mbus_f") or self.name == "clock"

    def value(self, rows):
        """The number in the table's unit."""
        number = D(self.raw) + D(self.tokens.get("offset", 0))
        for term in self.scale.split("*"):
            named = re.fullmatch(r"(pow10|mul|div)\((\w+)\)", term)
            if not named:
                number *= D(term)
                continue
            other = rows[named[2]].value(rows)
            number = {"pow10": lambda: number.scaleb(int(other)), "mul": lambda: number * other,
                      "div": lambda: number / other}[named[1]]()
        return number


def choose(row, rows, chance):
    """A raw value that the meter could hold."""
    if row.name.startswith("power_factor") and row.kind.startswith("float"):
        return chance.randrange(1, 8) / 8
    targets = {kind: {name for one in rows.values() for name in re.findall(kind + r"\((\w+)\)", one.scale)}
               for kind in ("pow10", "mul", "div", "unit")}
    if row.kind == "mbus_f":
        return (14 << 8 | 45) | (26 % 8 << 5 | 17) << 16 | (26 // 8 << 4 | 3) << 24  # 2026-03-17T14:45
    if row.kind in ("string", "string1"):
        return "".join(chance.choice("ABCDEFGH0123456789") for _ in range(row.size * (2 if row.kind == "string" else 1)))
    if row.kind == "hex":
        return bytes(chance.randrange(256) for _ in range(2 * row.size))
    if row.codes:
        return chance.choice(row.codes)
    if row.name in targets["pow10"]:
        return chance.choice((-2, -1, 0))
    if row.name in targets["mul"]:
        return chance.choice((10, 20, 40, 80)) * (10 if D(row.scale) < 1 else 1)
    if row.name in targets["div"]:
        return chance.choice((1, 10, 100, 1000))
    if row.kind == "bool":
        return chance.randrange(2)
    if row.kind in ("float32", "float64"):
        return chance.randrange(1, 40_000) / 8
    if row.kind in ("bcd16", "bcd32"):
        return chance.randrange(1, 9_999)
    most = {"int16": 30_000, "uint16": 60_000, "enum16": 9, "bits16": 60_000, "bits32": 2**31}.get(row.kind, 90_000_000)
    least = 1
    if row.kind.startswith("int") and "energy" not in row.name and "volume" not in row.name and "scale" not in row.name:
        least = -min(most, 30_000)
    step = D(row.scale) if re.fullmatch(r"[\d.e-]+", row.scale) else D(1)
    if "max" in row.tokens:
        most = min(most, int(D(row.tokens["max"]) / step))
    if "min" in row.tokens:
        least = max(least, int(D(row.tokens["min"]) / step))
    offset = int(row.tokens.get("offset", 0))
    return min(chance.randint(least, most) - offset, 2**32 - 1) if offset else chance.randint(least, most)


def words_of(row):
    if row.kind == "bool":
        return [row.raw]
    if row.kind == "string1":
        return [ord(letter) for letter in row.raw]
    if row.kind == "string":
        data = row.raw.encode()
    elif row.kind == "hex":
        data = row.raw
    elif row.kind == "float32":
        data = struct.pack(">f", row.raw)
    elif row.kind == "float64":
        data = struct.pack(">d", row.raw)
    elif row.kind in ("bcd16", "bcd32"):
        data = bytes.fromhex(str(row.raw).zfill(4 * row.size))
    else:
        data = (row.raw % (1 << 16 * row.size)).to_bytes(2 * row.size, "big")
    words = [int.from_bytes(data[at:at + 2], "big") for at in range(0, len(data), 2)]
    return words[::-1] if row.little else words


class Meter:
    """The facts about one meter, and what its registers hold."""

    def __init__(self, path, unit):
        self.unit = unit
        self.model = MODEL_OF.get(path.stem, path.stem.replace("_", "-").replace("sunspec-model", "sunspec"))
        with path.open() as lines:
            self.rows = [Row(record) for record in csv.DictReader(line for line in lines if not line.startswith("#"))]
        by_name = {row.name: row for row in self.rows}
        chance = random.Random(path.stem)
        for row in self.rows:
            row.raw = HOLDS.get((self.model, row.name), None) or choose(row, by_name, chance)
        self.by_name = by_name
        self.moved = 0

    def registers(self):
        tables = {}
        for row in self.rows:
            if row.single and any(other is not row and other.table == row.table and
                                  other.address <= row.address < other.address + other.size for other in self.rows):
                continue  # these registers mean something else when they are read alone, which pymodbus cannot do
            words = words_of(row)
            mask = int(row.tokens.get("mask", "0"), 0)
            for offset, word in enumerate(words):
                place = tables.setdefault(row.table, {})
                address = row.address + offset
                if mask:
                    word = place.get(address, 0) & ~mask | word << (mask & -mask).bit_length() - 1 & mask
                place[address] = word
        return tables


def sunspec(meter, meters, place):
    """The list of a device with the common model, another one, and the one that the meter is about."""
    common = next(one for one in meters if one.model == "sunspec-001")
    holding = {place: 0x5375, place + 1: 0x6E53}
    at = place + 2
    models = [(1, 66, common), (17, 12, None)] if meter is not common else [(1, 65, common)]
    if meter is not common:
        number = int(meter.model[-3:])
        models.append((number, 50 if number == 103 else 105, meter))
    for number, length, one in models:
        registers = one.registers()["holding"] if one else {}
        for offset in range(2, 2 + length):
            holding[at + offset] = registers.get(offset, 0)
        holding[at], holding[at + 1] = number, length
        if one is meter:
            meter.moved = at
        at += 2 + length
    holding[at], holding[at + 1] = 0xFFFF, 0
    return {"holding": holding}


def image_of(meters):
    lines = []
    for meter in meters:
        tables = meter.registers()
        if meter.model.startswith("sunspec"):
            tables = sunspec(meter, meters, {"sunspec-201": 50_000, "sunspec-204": 0}.get(meter.model, 40_000))
        lines.append(f"unit {meter.unit}")
        for table, words in tables.items():
            filled = dict(words)
            if table in ("holding", "input"):  # a model may say that holes between points may be read
                known = sorted(words)
                for left, right in zip(known, known[1:]):
                    if right - left < 125:
                        filled.update(dict.fromkeys(range(left + 1, right), 0))
            lines += [f"{table} {address} {word:04x}" for address, word in sorted(filled.items())]
    return "\n".join(lines) + "\n"


def run(*command):
    answer = subprocess.run([str(building.GATEWAY), *command], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    check(answer.returncode == 0, f"bornier {' '.join(command)}: {answer.stderr}")
    return json.loads(answer.stdout)


def fact_of(meter, point):
    """The row of the table that a point of the model stands for."""
    address = point["address"]
    if meter.model.startswith("sunspec"):
        address -= 40_002 if meter.model == "sunspec-001" else 40_068
        if address < 0:
            return None  # of the common model
    there = [row for row in meter.rows if row.table == point["table"] and row.address == address]
    named = [row for row in there if row.name == point["point"]]
    return (named or there or [None])[0]


def is_right(row, meter, found):
    """Whether `read` shows what the register holds."""
    if (meter.model, row.name) in SHOWS:
        return found["value"] == SHOWS[meter.model, row.name](row.raw)
    if found["state"].startswith("not available") or found["value"] in (None, ""):
        return False
    if row.kind == "mbus_f":
        return found["value"].startswith("2026-03-17T14:45")
    if row.kind in ("string", "string1"):
        return found["value"] == row.raw
    expected = row.value(meter.by_name)
    if found["unit"] is None or found["unit"] == "":
        return found["value"] in (str(expected), f"{expected:f}") or found["value"].isdigit() and D(found["value"]) == expected
    value = D(found["value"])
    if found["unit"] == "{pulse}":
        expected = D(row.raw)  # counts stay counts; what they are worth is a point of its own
    ours, theirs = UNITS.get(found["unit"]), UNITS.get(row.unit)
    if found["unit"] == "1" and row.unit != "%":
        pass  # settings have no unit yet
    elif ours and theirs:
        check(ours[0] == theirs[0], f"{meter.model} {row.name}: {found['unit']} is not of the kind of {row.unit}")
        expected = expected.scaleb(theirs[1] - ours[1])
    elif row.unit in ("config", "header") or row.unit.startswith("unit("):
        # The installer or another register chooses: up to a power of ten.
        expected = expected.scaleb(max(range(-9, 10), key=lambda power: -abs(value - expected.scaleb(power))))
    half = D(1).scaleb(value.as_tuple().exponent) / 2
    if re.fullmatch(r"\d\.\d{5}e-\d+", row.scale):
        half = max(half, abs(expected) * D("1e-6"))  # such a weight is a rounded power of two
    return abs(value - expected) <= half


def judge(meter, port):
    points = {point["point"]: point for point in run("models", meter.model, "--models", str(building.MODELS), "--format", "json")}
    found = run("read", "--tcp", f"127.0.0.1:{port}", "--unit-id", str(meter.unit), "--model", meter.model, "--models",
                str(building.MODELS), "--points", "*", "--format", "json")
    read = {}
    wrong = []
    for answer in found:
        point = points[answer["point"]]
        row = fact_of(meter, point) if point["registers"] else None
        if row is None:
            continue
        read[row.name] = answer
        if row.single:
            continue
        if not is_right(row, meter, answer):
            wrong.append(f"{answer['point']}: {answer['value']} {answer['unit']} ({answer['state']}), not "
                         f"{row.raw if row.is_text() else row.value(meter.by_name)} {row.unit}")
    missing = {row.name for row in meter.rows} - set(read) - LEFT_OUT.get(meter.model, set())
    if meter.model.startswith("sunspec"):
        missing -= SUNSPEC_NOISE
    print(f"{meter.model}: {len(read) - len(wrong)} of {len(meter.rows)} points are right", flush=True)
    for line in wrong:
        print("   ", line)
    return [f"{meter.model}: {line}" for line in wrong] + ([f"{meter.model} lacks {sorted(missing)}"] if missing else [])


class Pymodbus(cabinet.Process):
    def __init__(self, folder, image):
        super().__init__("pymodbus", folder)
        self.image = image
        self.port = cabinet.free_port()

    def start(self):
        self.launch([sys.executable, SERVER, self.image, self.port])

        def listens():
            check(self.running(), f"pymodbus did not start: {self.text()}")
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0
        cabinet.wait_until(listens, 60, "pymodbus to listen")


def main():
    meters = [Meter(path, unit) for unit, path in enumerate(sorted(FACTS.glob("*.csv")), start=1)]
    check(len(meters) == 36, f"there are {len(meters)} tables of facts")
    with building.folder("foreign-maps") as folder:
        image = folder / "image"
        image.write_text(image_of(meters))
        server = Pymodbus(folder, image)
        with building.running(server):
            wrong = [line for meter in meters for line in judge(meter, server.port)]
    check(not wrong, f"{len(wrong)} findings: " + "; ".join(wrong[:5]))


if __name__ == "__main__":
    sys.exit(main())

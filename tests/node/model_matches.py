# SPDX-License-Identifier: Apache-2.0
"""The gateway's model file of the node says what the firmware's table of registers says: each point has its register, and
each register its point, unless it stands below with the reason.

    model_matches.py REGISTER_MAP MODEL.toml

REGISTER_MAP is the program that prints the table (register_map.cpp).
"""

import csv
import decimal
import io
import subprocess
import sys
import tomllib

LEFT_OUT = {
    "map_id": "what [detect] asks for",
    "map_version": "bornier node compares it",
    "input_count": "always 8",
    "trial_left": "a matter of seconds; line_on_trial says it",
    "unlock_left": "a matter of seconds; unlocked says it",
    "line_confirm": "part of bornier node set-address",
    "unlock": "[write] unlock",
    **dict.fromkeys(("event_number", "event_boot", "event_kind", "event_uptime", "event_value", "event_reserved"),
                    "events are no readings"),
}
# A quantity that has no unit: the name of the point says it.
UNIT_IN_NAME = {"s": "_s", "Bd": "baud"}
TYPES = {
    "bool": {"bool"}, "uint16": {"uint16", "enum16", "bits16", "hex:1"}, "int16": {"int16"}, "uint32": {"uint32"},
    "uint64": {"uint64", "hex:4"},
}
UNLOCK_KEY = 0x5EA1


def table_of(program):
    """Name: row, a row for each value."""
    text = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    return {row["name"]: row for row in csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE)}


def base_of(name):
    base, _, number = name.rpartition("_")
    return base if number.isdigit() else name


def access_of(point):
    if not point.get("writable"):
        return "read"
    return "unlocked" if point.get("locked") else "write"


def limits_of(row, scale):
    """What the model has to state: codes have labels for it, and a value of several registers any that fits."""
    return {key: decimal.Decimal(row[key]) * scale for key in ("min", "max") if row[key]}


def compare(name, point, row, defaults):
    def differs(what, model, firmware):
        return f"{name}: {what} is {model} in the model, {firmware} in the firmware"

    wrong = []
    for what, key in (("table", "table"), ("address", "address")):
        found = str(point.get(key, defaults.get(key)))
        if found != row[key]:
            wrong.append(differs(what, found, row[key]))
    found = point.get("type", defaults.get("type"))
    if found not in TYPES[row["type"]]:
        wrong.append(differs("type", found, row["type"]))
    scale = decimal.Decimal(str(point.get("scale", 1)))
    if scale != decimal.Decimal(1).scaleb(int(row["scale"])):
        wrong.append(differs("scale", scale, f"10^{row['scale']}"))
    unit = point.get("unit", "")
    in_name = UNIT_IN_NAME.get(row["unit"])
    if unit != row["unit"] and not (not unit and in_name and base_of(name).endswith(in_name)):
        wrong.append(differs("unit", unit or "none", row["unit"] or "none"))
    # What is changed with a trial is read only: to write it without confirming it would not last.
    access = {"trial": "read"}.get(row["access"], row["access"])
    if access_of(point) != access:
        wrong.append(differs("access", access_of(point), row["access"]))
    for key in ("word_order", "byte_order", "offset", "bits", "sets", "after_restart"):
        if key in point or key in defaults:
            wrong.append(f"{name}: the firmware knows nothing of `{key}`")
    limits = limits_of(row, scale)
    if labels := point.get("labels"):
        codes = sorted(map(int, labels))
        expected = list(range(int(limits.get("min", 0)), int(limits.get("max", codes[-1])) + 1))
        if codes != expected:
            wrong.append(differs("the codes with a label", codes, expected))
        limits = {}
    stated = {key: decimal.Decimal(str(point[key])) for key in ("min", "max") if key in point}
    if stated != limits:
        wrong.append(differs("the limits", {key: str(value) for key, value in stated.items()},
                             {key: str(value) for key, value in limits.items()}))
    return wrong


def mistakes(table, model):
    points = model["points"]
    wrong = []
    for name, point in points.items():
        if name not in table:
            wrong.append(f"{name}: the firmware has no such register")
        else:
            wrong += compare(name, point, table[name], model["defaults"])
    for name in table:
        is_left_out = name in LEFT_OUT or base_of(name) in LEFT_OUT
        if (name in points) == is_left_out:
            wrong.append(f"{name}: " + ("a point, although it is listed as left out" if is_left_out else "no point of the model"))
    known = {base for name in table for base in (name, base_of(name))}
    wrong += [f"{name}: listed as left out, and no register" for name in LEFT_OUT if name not in known]
    unlock = model["write"]["unlock"]
    if (str(unlock["address"]), unlock["password"]) != (table["unlock"]["address"], UNLOCK_KEY):
        wrong.append(f"[write] unlock is {unlock}, not {UNLOCK_KEY} at {table['unlock']['address']}")
    for key, name, scale in (("unit_id", "unit_id", 1), ("baud", "baud", 100)):
        if model["serial"][key] != int(table[name]["initial"]) * scale:
            wrong.append(f"[serial] {key} is {model['serial'][key]}, of the factory it is {table[name]['initial']} * {scale}")
    places = {(row["table"], int(row["address"]) + word) for row in table.values() for word in range(int(row["words"]))}
    for part in model["limits"]["ranges"]:
        wrong += [f"the range {part} holds {address}, where no register is"
                  for address in range(part["first"], part["last"] + 1) if (part["table"], address) not in places]
    return wrong


def main():
    program, file = sys.argv[1:]
    with open(file, "rb") as opened:
        model = tomllib.load(opened)
    table = table_of(program)
    wrong = mistakes(table, model)
    print("\n".join(wrong))
    print(f"{len(model['points'])} points, {len(table)} registers, {len(wrong)} differences")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: Apache-2.0
"""config/schema, by which editors complete and check: it accepts every shipped file, refuses what the loaders refuse, and
knows what they know.
"""

import copy
import json
import pathlib
import re
import sys
import tomllib
import unittest

import jsonschema

SOURCE = pathlib.Path(__file__).resolve().parents[2]
MODELS = sorted((SOURCE / "config/models").glob("*.toml"))
EXAMPLE = SOURCE / "config/gateway.example.toml"


def validator(name):
    schema = json.loads((SOURCE / f"config/schema/{name}.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def mistakes(schema, document):
    return [f"{'.'.join(map(str, error.path))}: {error.message}" for error in schema.iter_errors(document)]


class Schemas(unittest.TestCase):
    def test_accept_every_shipped_file(self):
        model, gateway = validator("model"), validator("gateway")
        for path in MODELS:
            with self.subTest(path.name):
                self.assertEqual(mistakes(model, tomllib.loads(path.read_text())), [])
        self.assertEqual(mistakes(gateway, tomllib.loads(EXAMPLE.read_text())), [])
        self.assertEqual(len(MODELS), 66)

    def test_are_named_in_every_shipped_file(self):
        for path in (*MODELS, EXAMPLE):
            with self.subTest(path.name):
                named = re.search(r"^#:schema (\S+)$", path.read_text(), re.MULTILINE)
                self.assertIsNotNone(named)
                self.assertTrue((path.parent / named[1]).is_file())

    def test_refuse_what_the_loaders_refuse(self):
        model = tomllib.loads((SOURCE / "config/models/eastron-sdm120.toml").read_text())
        for where, key, value in (((), "mediun", "gas"), ((), "medium", "steam"), (("limits",), "registers_per_request", 126),
                                  (("timing",), "pause", "60"), (("points", "frequency"), "quantity", "frequenzy"),
                                  (("points", "frequency"), "unit", "hertz"), (("points", "frequency"), "type", "float"),
                                  (("points", "frequency"), "address", 65536), (("points", "frequency"), "absent", ["65535"]),
                                  ((), "detect", {}), (("detect",), "identification", {"vendor": ["X"]}),
                                  (("detect",), "registers", [{"address": 1, "values": ["7"]}]),
                                  (("detect",), "registers", [{"address": 1, "values": [7], "text": ["x"]}]),
                                  (("detect",), "registers", [{"address": 1, "text": ["*"]}])):
            wrong = copy.deepcopy(model)
            place = wrong
            for step in where:
                place = place[step]
            place[key] = value
            self.assertNotEqual(mistakes(validator("model"), wrong), [], (where, key, value))
        gateway = tomllib.loads(EXAMPLE.read_text())
        for section, key, value in (("gateway", "id", "Cab 1"), ("buffer", "max_age", "30 d"), ("platform", "broker", "tcp://x"),
                                    ("platform", "confirm", "nobody"), ("local", "broker", "http://x"), ("local", "topic", "a/+"),
                                    ("local", "confirm", "platform")):
            wrong = copy.deepcopy(gateway)
            wrong[section][key] = value
            self.assertNotEqual(mistakes(validator("gateway"), wrong), [], (section, key, value))

    def test_know_all_quantities_units_and_types(self):
        point = json.loads((SOURCE / "config/schema/model.json").read_text())["properties"]["points"]["additionalProperties"]
        keys = point["properties"]
        source = (SOURCE / "gateway/reading/quantity.cpp").read_text()
        known = [name for name in re.findall(r'Quantity\{"(\w+)"', source) if not name.startswith("bus_") and name != "arrival_delay"]
        self.assertEqual(keys["quantity"]["enum"], known)
        units = re.findall(r'Unit\{"([^"]*)", "([^"]*)"', (SOURCE / "gateway/reading/unit.cpp").read_text())
        self.assertEqual(set(keys["unit"]["anyOf"][0]["enum"]), {unit for pair in units for unit in pair if unit})
        types = re.findall(r'\bTypeName\{"(\w+)"', (SOURCE / "gateway/model/register_types.cpp").read_text())
        self.assertEqual(keys["type"]["anyOf"][0]["enum"], types)


if __name__ == "__main__":
    sys.exit(unittest.main())

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/api/openapi.yaml against user/model/series.def and itself; tests/e2e/55-api.sh holds it against a running daemon."""
import os
import re
import sys

try:
    import jsonschema
    import yaml
except ImportError:
    print("1..0 # SKIP needs python3-jsonschema and python3-yaml")
    sys.exit(0)

from tap import Tap

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LEVELS = {"C": "Container", "P": "Program", "N": "Node", "X": "Process"}
UNITS = (("_bytes_per_second", "[bytes per second]"), ("_per_second", "[per second]"), ("_bytes", "[bytes]"),
         ("_cores", "[cores]"), ("_seconds", "[seconds]"), ("_ratio", "[0 to 1]"), ("_threads", "[threads]"))


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def references(value):
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "$ref":
                yield inner
            else:
                yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def find(page, reference):
    for part in reference.removeprefix("#/").split("/"):
        page = page.get(part, {})
    return page


def main():
    tap = Tap()
    page = yaml.safe_load(read("docs/api/openapi.yaml"))
    schemas = page["components"]["schemas"]
    series = dict(re.findall(r"^SERIES\((\w+), ([A-Z|]+),", read("user/model/series.def"), re.MULTILINE))

    broken = [r for r in references(page) if not find(page, r)]
    tap.ok("each reference leads somewhere", not broken, broken)
    wrong = []
    for name, schema in schemas.items():
        try:
            jsonschema.Draft202012Validator.check_schema(schema)
        except jsonschema.SchemaError as error:
            wrong.append(f"{name}: {error.message}")
    tap.ok("each schema is one", not wrong, "\n".join(wrong))
    described = {name for name in schemas if name == name.lower()} - {"time", "interval_seconds", "total", "matched",
                                                                       "offset", "limit"}
    tap.ok("the series are those of series.def", len(series) > 20 and described == set(series),
           described ^ set(series))
    for letter, name in LEVELS.items():
        wanted = {s for s, levels in series.items() if letter in levels.split("|")}
        has = set(schemas[name]["properties"]) & set(series)
        tap.ok(f"a {name.lower()} has the series of its level", has == wanted, has ^ wanted)
    lost = [name for name in series for suffix, unit in UNITS
            if name.endswith(suffix) and not schemas.get(name, {}).get("description", "").endswith(unit)
            and not any(name.endswith(longer) for longer, _ in UNITS if len(longer) > len(suffix))]
    tap.ok("each series tells its unit and meaning", not lost, lost)
    types = set(re.findall(r"^JOURNAL\((\w+),", read("user/model/journal.def"), re.MULTILINE))
    tap.ok("events are those of journal.def", types and types == set(schemas["EventType"]["enum"]),
           types ^ set(schemas["EventType"]["enum"]))
    numbers = set(re.findall(r'"(\w+)"', "".join(re.findall(r"^JOURNAL\(([^)]*)\)", read("user/model/journal.def"), re.M))))
    described = set(schemas["Event"]["properties"]["detail"]["properties"])
    tap.ok("and so are their numbers", numbers and numbers == described, numbers ^ described)
    return tap.done()


sys.exit(main())

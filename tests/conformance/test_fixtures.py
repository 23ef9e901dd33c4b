#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The golden expositions: valid by the letter, the same to other readers, and the same numbers in each format."""
import math
import sys
from pathlib import Path

import exposition
from tap import Tap

FIXTURES = Path(__file__).parent.parent / "fixtures"
tap = Tap()


def values(families):
    out = {}
    for family in families:
        for name, labels, number, _ in family.samples:
            if not name.endswith("_created"):
                # le is spelled in each format's own way
                labels = [(key, exposition.canonical(exposition.number(value)) if key == "le" else value) for key, value in labels]
                out[name, tuple(sorted(labels))] = number
    return out


def of_client(families):
    return {
        (sample.name, tuple(sorted((k, exposition.canonical(float(v)) if k == "le" else v) for k, v in sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


def difference(a, b):
    keys = [key for key in a.keys() | b.keys() if a.get(key) != b.get(key)]
    return "".join(f"{key}: {a.get(key)} and {b.get(key)}\n" for key in keys[:5])


def check_native(text, families):
    """Native and classic buckets of one histogram say the same at each bound they share."""
    checked = 0
    for family in families:
        classic = {}
        for name, labels, number, _ in family.samples:
            if name == family.name + "_bucket":
                classic.setdefault(exposition.without(labels, "le"), []).append((float(dict(labels)["le"]), number))
        for labels, native in family.native:
            for bound, count in classic[labels][:-1]:
                upper = round(math.log2(bound) * 2**native.schema)
                below = native.zero_count + sum(n for i, n in native.buckets.items() if i <= upper)
                if below != count:
                    return f"{family.name}{labels}: {below} up to {bound}, classic says {count}"
                checked += 1
            if native.zero_threshold != classic[labels][0][0]:
                return f"{family.name}{labels}: zero threshold {native.zero_threshold}"
    return "" if checked or "bucket" not in text else "nothing checked"


for model in ("exposition", "hostile"):
    raw = {suffix: (FIXTURES / f"{model}.{suffix}").read_bytes() for suffix in ("prom", "om", "pb")}
    read = {}
    for suffix, reader in (("prom", exposition.text), ("om", exposition.openmetrics), ("pb", exposition.protobuf)):
        try:
            read[suffix] = reader(raw[suffix], own=True)
            tap.ok(f"{model}.{suffix} is valid by the letter", True)
        except exposition.Invalid as error:
            tap.ok(f"{model}.{suffix} is valid by the letter", False, str(error))
            read[suffix] = []
    text = values(read["prom"])
    tap.ok(f"{model}: {len(text)} samples, in OpenMetrics the same", len(text) > 400 and values(read["om"]) == text, difference(text, values(read["om"])))
    tap.ok(f"{model}: in protobuf the same", values(read["pb"]) == text, difference(text, values(read["pb"])))
    helps = {(family.name, family.help) for family in read["prom"]}
    tap.ok(f"{model}: the same help", helps == {(family.name, family.help) for family in read["pb"]})
    why = check_native(raw["prom"].decode(), read["pb"])
    tap.ok(f"{model}: native buckets are the classic ones", why == "", why)
    created = [sample[3] for family in read["pb"] if family.kind != "gauge" for sample in family.samples]
    tap.ok(f"{model}: each counter and histogram of containers says since when it counts",
           all(sample[3] for family in read["pb"] if family.kind != "gauge" and "_container_" in family.name for sample in family.samples))

created = exposition.openmetrics((FIXTURES / "exposition_created.om").read_bytes(), own=True)
protobuf = exposition.protobuf((FIXTURES / "exposition.pb").read_bytes())
times = {labels: number for family in created for name, labels, number, _ in family.samples if name == "ktally_container_cpu_seconds_created"}
want = {labels: created for family in protobuf for name, labels, _, created in family.samples if name == "ktally_container_cpu_seconds_total"}
tap.ok("created times are those of protobuf", times and times == want, f"{times} {want}")

try:
    from prometheus_client import openmetrics, parser
    from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
except ImportError:
    openmetrics = None
for name in ("exposition.om", "exposition_created.om", "hostile.om", "exposition.prom", "hostile.prom"):
    sentence = f"{name}: the parser of the Python client reads the same"
    if openmetrics is None:
        tap.skip(sentence, "no python3-prometheus-client")
        continue
    data = (FIXTURES / name).read_bytes()
    is_new = name.endswith(".om")
    ours = values((exposition.openmetrics if is_new else exposition.text)(data))
    try:
        theirs = of_client((read_openmetrics if is_new else parser.text_string_to_metric_families)(data.decode()))
        tap.ok(sentence, theirs == ours, difference(theirs, ours))
    except ValueError as error:
        tap.ok(sentence, False, str(error))
sys.exit(tap.done())

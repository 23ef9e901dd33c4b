#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The golden expositions as Prometheus's own parsers read them (promparse, built here), and promtool's judgement."""
import json
import math
import os
import shutil
import subprocess
import sys
from pathlib import Path

import exposition
from tap import Tap

HERE = Path(__file__).parent
FIXTURES = HERE.parent / "fixtures"
PROMPARSE = HERE.parent.parent / "build" / "promparse"
FORMATS = {
    "prom": ("text/plain; version=0.0.4; charset=utf-8", exposition.text),
    "om": ("application/openmetrics-text; version=1.0.0; charset=utf-8", exposition.openmetrics),
    "pb": ("application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited", exposition.protobuf),
}
tap = Tap()


def build():
    """Why promparse cannot be had, or None."""
    go = shutil.which("go", path=os.environ["PATH"] + ":/usr/local/go/bin")
    if not go:
        return "no Go"
    environment = {**os.environ, "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly"}
    for arguments in (["mod", "download"], ["build", "-o", str(PROMPARSE), "."]):
        done = subprocess.run([go, *arguments], cwd=HERE / "promparse", env=environment, capture_output=True, text=True)
        if done.returncode and arguments[0] == "mod":
            return "Go modules cannot be had: " + (done.stderr.strip().splitlines() or ["?"])[-1]
        if done.returncode:
            raise SystemExit(done.stderr)
    return None


def parse(path, content_type):
    """{(name, labels): value} and {(name, labels): native histogram}, as Prometheus reads the file."""
    done = subprocess.run([PROMPARSE, content_type, path], capture_output=True, text=True)
    if done.returncode:
        raise exposition.Invalid(done.stderr)
    samples, natives, created = {}, {}, {}
    for line in done.stdout.split("\n")[:-1]:
        name, labels, value, milliseconds = line.split("\t")
        key = name, tuple(sorted(json.loads(labels).items()))
        exposition.need(key not in (natives if value[0] == "{" else samples), f"{key} twice")
        if value[0] == "{":
            natives[key] = json.loads(value)
        else:
            samples[key] = exposition.number(value)
        created[key] = int(milliseconds)
    return samples, natives, created


def clean(labels):
    """As Prometheus has them: an empty label is none, le is canonical."""
    return tuple(sorted((key, exposition.canonical(exposition.number(value)) if key == "le" else value) for key, value in labels if value))


def expected(families):
    samples, natives, created = {}, {}, {}
    for family in families:
        for name, labels, value, time in family.samples:
            if not name.endswith("_created"):
                samples[name, clean(labels)] = value
                created[name, clean(labels)] = math.floor((time or 0) * 1000)
        for labels, native in family.native:
            natives[family.name, clean(labels)] = native
    return samples, natives, created


def difference(a, b):
    return "\n".join(f"{key}: {a.get(key)} and {b.get(key)}" for key in list(a.keys() | b.keys()) if a.get(key) != b.get(key))[:1000]


def is_same(native, read):
    bounds = {float(bound): count for bound, count in read["Buckets"].items() if count}
    ours = {(2.0 ** (2.0**-native.schema)) ** index: count for index, count in native.buckets.items() if count}
    return (
        (native.schema, native.count, native.sum, native.zero_threshold, native.zero_count)
        == (read["Schema"], read["Count"], read["Sum"], read["ZeroThreshold"], read["ZeroCount"])
        and len(bounds) == len(ours)
        and all(math.isclose(a, b, rel_tol=1e-12) and bounds[a] == ours[b] for a, b in zip(sorted(bounds), sorted(ours)))
    )


why_not = build()
for path in sorted(FIXTURES.glob("exposition*")) + sorted(FIXTURES.glob("hostile*")) + [FIXTURES / "cadvisor.prom"]:
    sentence = f"{path.name}: Prometheus's parser reads the same"
    if why_not:
        tap.skip(sentence, why_not)
        continue
    content_type, reader = FORMATS[path.suffix[1:]]
    samples, natives, created = expected(reader(path.read_bytes()))
    try:
        theirs = parse(path, content_type)
    except exposition.Invalid as error:
        tap.ok(sentence, False, str(error))
        continue
    tap.ok(sentence, len(samples) > 100 and theirs[0] == samples, difference(theirs[0], samples))
    if path.suffix == ".pb":
        wrong = [key for key in natives if key not in theirs[1] or not is_same(natives[key], theirs[1][key])]
        tap.ok(f"{path.name}: and {len(natives)} native histograms", natives and len(natives) == len(theirs[1]) and not wrong, str(wrong))
        times = {key: theirs[2][key] for key in samples if samples and "_bucket" not in key[0]}
        want = {key: created[key] for key in times}
        tap.ok(f"{path.name}: and since when they count", any(want.values()) and times == want, difference(times, want))

for path in (FIXTURES / "exposition.prom", FIXTURES / "hostile.prom"):  # cAdvisor's names are not ours to judge
    sentence = f"{path.name}: promtool has nothing to say"
    if not shutil.which("promtool"):
        tap.skip(sentence, "no promtool")
        continue
    done = subprocess.run(["promtool", "check", "metrics"], stdin=path.open(), capture_output=True, text=True)
    tap.ok(sentence, done.returncode == 0 and not done.stdout + done.stderr, done.stdout + done.stderr)
sys.exit(tap.done())

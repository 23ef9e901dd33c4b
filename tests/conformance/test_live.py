#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# time-limit: 180
"""A running daemon in all three formats: one reading gives the same numbers and names in each, to strict readers and to other
parsers. As root with BPF, and with a cgroup and a program that are named to break a format."""
import gzip
import http.client
import math
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import exposition
from tap import Tap

try:
    from prometheus_client import parser
    from prometheus_client.openmetrics.parser import text_string_to_metric_families as client_openmetrics
except ImportError:
    parser = None

ROOT = pathlib.Path(__file__).resolve().parents[2]
KTALLY = os.environ.get("KTALLY", str(ROOT / "build/ktally"))
PROTOBUF = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
TEXT = "text/plain; version=0.0.4; charset=utf-8"
READERS = {TEXT: exposition.text, OPENMETRICS: exposition.openmetrics, PROTOBUF: exposition.protobuf}
HOSTILE = 'a"b\\c\nd{e="f"} 1 # EOF\u20ac'
tap = Tap()


def scrape(headers, path="/metrics"):
    """Requests that go out together, so that they are answered from one reading when that is soon enough: their bodies."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall("".join(f"GET {path} HTTP/1.1\r\nHost: x\r\n{one}\r\n\r\n" for one in headers).encode())
        stream, bodies = connection.makefile("rb"), []
        for _ in headers:
            assert b" 200 " in stream.readline()
            head = http.client.parse_headers(stream)
            bodies.append((head["Content-Type"], stream.read(int(head["Content-Length"]))))
        return bodies


def values(families):
    """All but what ktally says of itself, which each scrape changes."""
    found = {}
    for family in families:
        if re.match("ktally_self_|process_", family.name):
            continue
        for name, labels, number, _ in family.samples:
            if not name.endswith("_created"):
                pairs = [(key, exposition.canonical(exposition.number(value)) if key == "le" else value) for key, value in labels]
                found[name, tuple(sorted(pairs))] = number
    return found


def of_client(families):
    """The same of what the Python client read."""
    found = {}
    for family in families:
        if not re.match("ktally_self_|process_", family.name):
            for one in family.samples:
                if not one.name.endswith("_created"):
                    pairs = [(key, exposition.canonical(float(value)) if key == "le" else value) for key, value in one.labels.items()]
                    found[one.name, tuple(sorted(pairs))] = one.value
    return found


def difference(a, b):
    return "\n".join(f"{key}: {a.get(key)} and {b.get(key)}" for key in list(a.keys() | b.keys()) if a.get(key) != b.get(key))[:1000]


def same_reading():
    """Bodies of one reading by content type: text comes first and last, and is the same both times."""
    for turn in range(20):
        bodies = scrape([f"Accept: {TEXT}", f"Accept: {OPENMETRICS}", f"Accept: {PROTOBUF}", "Accept-Encoding: gzip", f"Accept: {TEXT}"])
        if values(exposition.text(bodies[0][1])) == values(exposition.text(bodies[-1][1])):
            return bodies
    return None


def check_histograms(families):
    """Native buckets add up to the classic ones at each bound, to the count, and to the sum."""
    checked = 0
    for family in families:
        classic, sums = {}, {}
        for name, labels, number, _ in family.samples:
            if name == family.name + "_bucket":
                classic.setdefault(exposition.without(labels, "le"), []).append((float(dict(labels)["le"]), number))
            elif name == family.name + "_sum":
                sums[labels] = number
        for labels, native in family.native:
            schema = 0 if family.name.endswith("_bytes") else 2  # sizes have a bucket an octave
            if not native.created or native.schema != schema or native.sum != sums[labels] or native.count != classic[labels][-1][1]:
                return f"{family.name}{labels}: {vars(native)}"
            for bound, count in classic[labels][:-1]:
                last = round(math.log2(bound) * 2**native.schema)
                if native.zero_count + sum(n for i, n in native.buckets.items() if i <= last) != count:
                    return f"{family.name}{labels}: up to {bound}"
            checked += 1
    return "" if checked or not has_bpf else "no histogram"


def run_cases():
    bodies = same_reading()
    tap.ok("five scrapes come from one reading", bodies)
    if not bodies:
        return
    tap.ok("each is of the type that was asked for", [kind for kind, _ in bodies] == [TEXT, OPENMETRICS, PROTOBUF, TEXT, TEXT])
    read = {}
    for kind, body in bodies[:3]:
        try:
            read[kind] = READERS[kind](body, own=True)
            tap.ok(f"{kind.split(';')[0]}: valid by the letter", True)
        except exposition.Invalid as error:
            tap.ok(f"{kind.split(';')[0]}: valid by the letter", False, str(error))
            return
    text = values(read[TEXT])
    tap.ok(f"OpenMetrics has the same {len(text)} samples", len(text) > 100 and values(read[OPENMETRICS]) == text,
           difference(text, values(read[OPENMETRICS])))
    tap.ok("protobuf has the same", values(read[PROTOBUF]) == text, difference(text, values(read[PROTOBUF])))
    unpacked = values(exposition.text(gzip.decompress(bodies[3][1])))
    tap.ok("so has what is compressed", unpacked == text, difference(text, unpacked))
    numbers = [number for family in read[TEXT] for _, _, number, _ in family.samples]
    tap.ok("every number is finite and none is negative", all(math.isfinite(number) and number >= 0 for number in numbers))
    why = check_histograms(read[PROTOBUF])
    tap.ok("native histograms are the classic ones", why == "", why)
    said = {dict(labels)["family"]: number for family in read[TEXT] if family.name == "ktally_self_series" for _, labels, number, _ in family.samples}
    counted = {family.name: len(family.samples) for family in read[TEXT]}
    tap.ok("ktally_self_series is what is there", said == counted, difference(said, counted))
    if parser:
        theirs = of_client(parser.text_string_to_metric_families(bodies[0][1].decode()))
        tap.ok("the Python client reads the same in text", theirs == text, difference(theirs, text))
        theirs = of_client(client_openmetrics(bodies[1][1].decode()))
        tap.ok("and in OpenMetrics", theirs == text, difference(theirs, text))
    else:
        tap.skip("the Python client reads the same", "no python3-prometheus-client")
    check_names(read)
    check_choice(read[TEXT])


def check_names(read):
    if not hostile_path:
        tap.skip("hostile names are the same in each format", "not root, or no cgroup can be made")
        return
    for kind, families in read.items():
        for label, wanted in (("container", os.path.basename(hostile_path)), ("program", HOSTILE)):
            sentence = f"{kind.split(';')[0]}: a {label} of a hostile name has that name"
            names = {dict(labels).get(label) for family in families for _, labels, _, _ in family.samples}
            if wanted not in names and "other" in names:
                tap.skip(sentence, "more than 100 containers, or 20 programs in one, it is in other")
            else:
                tap.ok(sentence, wanted in names, sorted(name for name in names if name and name.startswith("a"))[:5])


def check_choice(families):
    """name[] gives a family of each kind as a whole, whichever of its samples is named, and however often."""
    for kind, suffix in (("counter", ""), ("gauge", ""), ("histogram", "_sum")):
        name = next((family.name for family in families if family.kind == kind and family.name.startswith("ktally_")), None)
        if not name:
            tap.skip(f"name[] chooses a {kind}", "there is none")
            continue
        labels = lambda list_: {(sample, frozenset(pairs)) for family in list_ if family.name == name for sample, pairs, _, _ in family.samples}
        ((_, body),) = scrape(["Accept: text/plain"], f"/metrics?name[]={name}{suffix}&name[]={name}&name[]=nothing")
        chosen = exposition.text(body, own=True)
        tap.ok(f"name[] chooses a {kind} as a whole and nothing else", [one.name for one in chosen] == [name] and labels(families) <= labels(chosen))  # what began since is there too


def make_hostile(folder):
    """A process of a hostile name in a cgroup of a hostile name: its folder and process, or nothing."""
    roots = [line.split()[1] for line in open("/proc/mounts", encoding="utf-8") if line.split()[2] in ("cgroup", "cgroup2")
             and (line.split()[2] == "cgroup2" or {"cpu"} & set(line.split()[3].split(",")))]
    for root in sorted(roots, reverse=True):
        path = os.path.join(root, HOSTILE.replace("\n", "\t") + f"-ktally-{os.getpid()}")  # the kernel takes no newline
        try:
            os.mkdir(path)
        except OSError:
            continue
        program = os.path.join(folder, HOSTILE)
        shutil.copy("/bin/sleep", program)
        process = subprocess.Popen([program, "600"], preexec_fn=lambda: pathlib.Path(path, "cgroup.procs").write_text(str(os.getpid())))
        return path, process
    return None, None


has_bpf = os.geteuid() == 0
with tempfile.TemporaryDirectory() as folder:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    hostile_path, process = make_hostile(folder) if has_bpf else (None, None)
    arguments = ["--metrics.connections", "--metrics.created", "--limits.containers=100", "--limits.connections=64"]
    with open(os.path.join(folder, "log"), "w+", encoding="utf-8") as log:
        daemon = subprocess.Popen([KTALLY, "run", f"--listen=127.0.0.1:{port}", *arguments], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            for turn in range(300):
                try:
                    if scrape(["Accept: text/plain"], "/readyz")[0][1] == b"ready\n":
                        break
                except OSError:
                    pass
                time.sleep(0.1)
            time.sleep(2)
            run_cases()
        finally:
            daemon.terminate()
            if process:
                process.send_signal(signal.SIGKILL)
                process.wait()
            tap.ok("SIGTERM ends it with 0", daemon.wait(timeout=20) == 0)
            for turn in range(50 if hostile_path else 0):
                try:
                    os.rmdir(hostile_path)
                    break
                except OSError:
                    time.sleep(0.1)
sys.exit(tap.done())

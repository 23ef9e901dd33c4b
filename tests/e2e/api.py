# SPDX-License-Identifier: Apache-2.0
"""The API of a running daemon, against docs/api/openapi.yaml: api.py CHECK URL [ARGUMENT...]; status 1 with what is wrong."""
import gzip
import json
import os
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import jsonschema
import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
API = "/api/v1/"
URL = ""
LISTS = ("containers", "pods", "programs", "processes", "threads", "connections")

with open(os.path.join(ROOT, "docs/api/openapi.yaml"), encoding="utf-8") as file:
    PAGE = yaml.load(file, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
SCHEMAS = PAGE["components"]["schemas"]


def expect(good, why):
    if not good:
        sys.exit(why)


def ask(path, method="GET", **headers):
    """Status, headers and bytes of an answer."""
    request = urllib.request.Request(URL + path, method=method,
                                     headers={k.replace("_", "-"): v for k, v in headers.items()})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def get(path, **query):
    """The JSON of an answer that must be 200."""
    query = "?" + urllib.parse.urlencode(query) if query else ""
    status, _, body = ask(API + path + query)
    expect(status == 200, f"{path}{query}: {status} {body[:300]}")
    return json.loads(body)


def schema_of(path):
    content = PAGE["paths"][API + path]["get"]["responses"]["200"]["content"]
    return content["application/json"]["schema"]


VALIDATORS = {}


def validate(path, answer, without=()):
    """`without`: members that the question left out."""
    if path not in VALIDATORS:
        VALIDATORS[path] = jsonschema.Draft202012Validator({**schema_of(path), "components": PAGE["components"]})
    for error in VALIDATORS[path].iter_errors(answer):
        if error.validator == "required" and without:
            continue
        sys.exit(f"{path}: {'/'.join(map(str, error.absolute_path))}: {error.message[:300]}")


# ---- the description ----

def check_index():
    """The description has the endpoints, parameters and fields that the daemon says it has."""
    index = get("")
    validate("", index)
    said = {e["path"]: e for e in index["endpoints"]}
    expect(set(said) | {API} == set(PAGE["paths"]), f"endpoints: {set(said) ^ set(PAGE['paths'])}")
    for path, endpoint in said.items():
        parameters = []
        for parameter in PAGE["paths"][path]["get"].get("parameters", []):
            reference = parameter.get("$ref", "").split("/")[-1]
            parameters.append(reference or parameter["name"])
        expect(sorted(parameters) == sorted(endpoint["parameters"]),
               f"{path}: parameters {set(parameters) ^ set(endpoint['parameters'])}")
        if "fields" in endpoint:
            name = SCHEMAS[path[len(API):].capitalize()]["properties"]["items"]["items"]["$ref"].split("/")[-1]
            described = set(SCHEMAS[name]["properties"]) - {"metrics", "history", "interfaces"}
            expect(described == set(endpoint["fields"]), f"{path}: fields {described ^ set(endpoint['fields'])}")


def questions(pid):
    yield "", {}
    for name in LISTS:
        base = {"pid": pid} if name == "threads" else {}
        yield name, base
        yield name, {**base, "limit": 1000}
        if name in ("containers", "pods", "programs"):
            yield name, {**base, "detail": 1, "limit": 50}
        if name in ("containers", "programs"):
            yield name, {"history": "cpu_cores,processes", "limit": 20}
            yield name, {"history": "cpu_cores", "history_step": 1, "history_points": 600, "limit": 5}
    yield "node", {}
    yield "node", {"detail": 1}
    yield "history", {"series": "cpu_cores,memory_usage_bytes", "histogram": "cpu_runqueue_latency"}
    yield "history", {"level": "rest", "series": "cpu_cores", "step": 10, "points": 7}
    yield "events", {}
    yield "syscalls", {}
    yield "self", {}


def check_schema(pid):
    """Each answer is as the description says."""
    for path, query in questions(pid):
        validate(path, get(path, **query))


# ---- lists ----

def query_of(name, pid):
    return {"pid": pid} if name == "threads" else {}


def fields_of(name):
    return next(e["fields"] for e in get("")["endpoints"] if e["path"] == API + name)


def check_sort(pid):
    """Lists are sorted by each field in both directions, what is not known last."""
    for name in LISTS:
        for field in fields_of(name):
            status, _, body = ask(API + name + "?" + urllib.parse.urlencode({**query_of(name, pid), "sort": field}))
            if status == 400:
                expect(field in ("alive", "wait"), f"{name}: cannot be sorted by {field}")
                continue
            for sort in (field, "-" + field):
                # fields of numbers are rounded where they are written, which keeps their order
                values = [item.get(field) for item in
                          get(name, sort=sort, limit=1000, fields=field, **query_of(name, pid))["items"]]
                known = [value for value in values if value is not None]
                expect(values[:len(known)] == known, f"{name}: not known in front of known by {sort}")
                if known and isinstance(known[0], str):
                    known = [value.encode() for value in known if "\ufffd" not in value]
                expect(known == sorted(known, reverse=sort[0] == "-"), f"{name} by {sort}: {known[:20]}")


def check_pages(pid, quiet):
    """Pages of one tick have each item once, in the order of the whole."""
    for name, keys, query in (("processes", ("pid",), {"container": quiet}),
                              ("programs", ("namespace", "pod", "container", "program"), {})):
        for _ in range(50):
            whole = get(name, limit=1000, sort="-cpu_cores", fields=",".join(keys), **query)
            expect(whole["matched"] > 7, f"{name}: {whole['matched']} are no pages")
            expect(whole["matched"] <= 1000, f"{name}: too many on this machine for the test")
            pages = []
            for offset in range(0, whole["matched"] + 14, 7):
                page = get(name, limit=7, offset=offset, sort="-cpu_cores", fields=",".join(keys), **query)
                if (page["time"], page["matched"]) != (whole["time"], whole["matched"]):
                    break  # another tick began, or something ended in it: once more
                expect(len(page["items"]) == max(0, min(7, whole["matched"] - offset)),
                       f"{name}: page at {offset} has {len(page['items'])} items")
                pages += page["items"]
            else:
                break
        else:
            sys.exit(f"{name}: no tick was long and quiet enough for all pages")
        expect(pages == whole["items"], f"{name}: pages are not the whole")


def check_filter(pid):
    """Filters let through what they name, and nothing else."""
    programs = get("programs", limit=1000)["items"]
    for text in ("ktally", "KTALLY", "work", "no such name"):
        found = get("programs", limit=1000, filter=text)
        for item in found["items"]:
            names = [item[key] for key in ("namespace", "pod", "container", "program")]
            expect(any(text.lower() in name.lower() for name in names), f"{text}: {names}")
        expect(found["matched"] == len(found["items"]) <= found["total"], f"{text}: {found['matched']}")
    expect(get("programs", filter="ktally")["matched"] > 0, "nothing is called ktally")
    expect(get("programs", filter="no such name")["matched"] == 0, "something is called so")
    host = get("programs", namespace="", pod="", container="", limit=1000)["items"]
    expect(host and all(not item["container"] for item in host), "the host's programs")
    expect(any(item["container"] for item in programs), "no container has programs")
    one = get("processes", pid=pid)
    expect(one["matched"] == 1 and one["items"][0]["pid"] == int(pid), f"process {pid}: {one}")
    expect(all(item["kind"] == "host" for item in get("containers", kind="host")["items"]), "kind=host")
    item = get("containers", fields="container,cpu_cores", limit=1)["items"][0]
    expect(list(item) == ["container", "cpu_cores"], f"fields: {list(item)}")
    expect(get("containers", limit=0)["items"] == [], "limit=0")


def check_refusals(pid):
    """What is wrong is refused with a text that names the parameter."""
    wrong = [("containers", "sort=x"), ("containers", "sort="), ("containers", "sort=alive"), ("containers", "limit=1001"),
             ("containers", "limit=-1"), ("containers", "limit=x"), ("containers", "offset=x"), ("containers", "fields=x"),
             ("containers", "fields=pod,pod"), ("containers", "fields="), ("containers", "unknown=1"),
             ("containers", "detail=2"), ("containers", "limit=1&limit=2"), ("containers", "pid=1"),
             ("containers", "history=x"), ("containers", "history=cpu_cores&history_step=5"),
             ("containers", "history=cpu_cores&history_points=361"), ("pods", "history=cpu_cores"),
             ("processes", "pid=x"), ("processes", "detail=1"), ("threads", "limit=5"), ("threads", "pid=-1"),
             ("history", "level=x&series=cpu_cores"), ("history", "series=x"), ("history", "points=5"),
             ("history", "series=cpu_cores,cpu_cores"), ("history", "series=cpu_cores&step=2"),
             ("history", "series=cpu_cores&points=601"), ("history", "histogram=x"),
             ("history", "level=program&histogram=cpu_runqueue_latency"), ("events", "after=x"), ("events", "type=x"),
             ("events", "limit=1001"), ("node", "x=1"), ("self", "x=1"), ("syscalls", "detail=1"), ("", "x=1"),
             ("stream", ""), ("stream", "x=1"), ("stream", "path=/metrics"), ("stream", "path=/api/v1/stream"),
             ("stream", "path=/api/v1/containers%3Fsort%3Dx"), ("stream", "&".join(["path=/api/v1/node"] * 9))]
    for path, query in wrong:
        status, headers, body = ask(f"{API}{path}?{query}")
        expect(status == 400, f"{path}?{query}: {status} {body[:200]}")
        answer = json.loads(body)
        expect(set(answer) == {"error"} and headers["Content-Type"] == "application/json", f"{path}?{query}: {body}")
        name = query.split("&")[0].split("=")[0]
        if path != "stream" and name:
            names = [part.split("=")[0] for part in query.split("&")] + ["pid", "series"]
            expect(any(n in answer["error"] for n in names), f"{path}?{query}: {answer}")
    for path in ("nothing", "containers/", "containers/x", "Containers"):
        status, _, body = ask(API + path)
        expect(status == 404 and "error" in json.loads(body), f"{path}: {status}")
    status, _, body = ask(f"{API}history?level=container&container=no%20such&series=cpu_cores")
    expect(status == 404 and "error" in json.loads(body), f"history of nobody: {status}")
    expect(ask(API + "containers?limit=%zz")[0] == 400, "a malformed URL")


def check_http(pid):
    """Methods, types, compression and caches."""
    for path in ("containers", "node", "stream?path=/api/v1/node", ""):
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            status, headers, _ = ask(API + path, method)
            expect(status == 405 and headers["Allow"] == "GET, HEAD", f"{method} {path}: {status}")
        status, headers, body = ask(API + path, "HEAD")
        expect(status == 200 and body == b"", f"HEAD {path}: {status} {body[:100]}")
        expect(headers["Cache-Control"] == "no-store", f"{path}: Cache-Control {headers['Cache-Control']}")
    for accept, wanted in (("application/json", 200), ("*/*", 200), ("application/*;q=0.1", 200), ("text/html", 406),
                           ("text/html, */*;q=0.1", 200), ("application/json;q=0", 406), ("*/*, application/json;q=0.0", 406)):
        status, _, body = ask(API + "node", Accept=accept)
        expect(status == wanted and (status == 200 or "error" in json.loads(body)), f"{accept}: {status}")
    expect(ask(API + "stream?path=/api/v1/node", Accept="application/json")[0] == 406, "a stream is no JSON")
    _, plain, body = ask(API + "self")
    _, packed, data = ask(API + "self", Accept_Encoding="gzip")
    expect(packed["Content-Encoding"] == "gzip" and plain["Content-Encoding"] is None, "gzip")
    expect(len(data) < len(body) / 2, f"{len(data)} of {len(body)} bytes")
    validate("self", json.loads(gzip.decompress(data)))


# ---- streams ----

def events_of(paths, seconds):
    """(event, id, JSON) as they come, for so long."""
    query = urllib.parse.urlencode([("path", path) for path in paths])
    request = urllib.request.Request(f"{URL}{API}stream?{query}", headers={"Accept": "text/event-stream"})
    end, event = time.monotonic() + seconds, {}
    with urllib.request.urlopen(request, timeout=10) as answer:
        expect(answer.headers["Content-Type"] == "text/event-stream", answer.headers["Content-Type"])
        while time.monotonic() < end:
            line = answer.readline().decode().rstrip("\n")
            if not line and event:
                yield event["event"], int(event["id"]), json.loads(event["data"])
                event = {}
            elif line and not line.startswith(":"):
                key, _, value = line.partition(": ")
                event[key] = value


def check_stream(pid):
    """Events come at each tick, one for each path, and are the answers."""
    paths = ["/api/v1/containers?limit=2", "/api/v1/node", "/api/v1/containers?limit=1&fields=container",
             f"/api/v1/threads?pid={pid}"]
    names = ["containers", "node", "containers.2", "threads"]
    seen = list(events_of(paths, 4.5))
    ticks = [number for event, number, _ in seen if event == "node"]
    expect(len(ticks) >= 3, f"{len(ticks)} ticks in 4.5 s")
    expect(all(b > a for a, b in zip(ticks, ticks[1:])), f"ticks {ticks}")
    expect(max(b - a for a, b in zip(ticks, ticks[1:])) <= 2, f"ticks {ticks}")
    expect([event for event, _, _ in seen][:8] == names + names, f"{[event for event, _, _ in seen][:8]}")
    for event, _, answer in seen:
        validate(event.split(".")[0], answer, without=("fields",) if event == "containers.2" else ())
    times = [answer["time"] for event, _, answer in seen if event == "node"]
    expect(all(b > a for a, b in zip(times, times[1:])), f"times {times}")


# ---- numbers ----

def check_name(pid, part, shown):
    """A container of a hostile name, given by a part that is harmless, is shown so."""
    found = get("containers", filter=part)["items"]
    expect([item["container"] for item in found] == [shown], f"{[item['container'] for item in found]}")
    again = get("containers", container=found[0]["container"])
    expect(again["matched"] == 1 or "\ufffd" in shown, f"not found by its name: {again['matched']}")


def print_total(pid, container, family):
    """The sum of a total of a program `workload`, from its details."""
    items = get("programs", container=container, program="workload", detail=1)["items"]
    expect(len(items) == 1, f"{len(items)} programs")
    value = items[0]["metrics"][family]
    print(value if not isinstance(value, list) else sum(part["value"] for part in value))


def main():
    global URL
    check, URL, pid, *arguments = sys.argv[1:]
    known = {name: value for name, value in globals().items() if re.match("(check|print)_", name)}
    known[check](pid, *arguments) if check != "check_index" else check_index()


main()

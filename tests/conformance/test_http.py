#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# time-limit: 120
"""HTTP by the letter (RFC 9110, 9112): a case for each rule that a scraper or a proxy relies on, over plain sockets."""
import gzip
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

from tap import Tap

ROOT = pathlib.Path(__file__).resolve().parents[2]
KTALLY = os.environ.get("KTALLY", str(ROOT / "build/ktally"))
tap = Tap()


def exchange(request, limit_s=10):
    """All that comes back until the server closes."""
    with socket.create_connection(address, timeout=limit_s) as connection:
        connection.sendall(request)
        data = b""
        while True:
            try:
                part = connection.recv(65536)
            except (ConnectionResetError, socket.timeout):
                return data
            if not part:
                return data
            data += part


class Answer:
    def __init__(self, data, has_body=True):
        head, self.separator, rest = data.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        match = re.fullmatch(r"HTTP/1\.[01] (\d{3}) .*", lines[0])
        self.status = int(match.group(1)) if match else 0
        self.headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.headers.setdefault(name.lower(), []).append(value.strip())
        size = int(self.get("content-length") or 0) if has_body else 0
        self.body, self.rest = rest[:size], rest[size:]

    def get(self, name):
        return ", ".join(self.headers[name]) if name in self.headers else None


def ask(target="/metrics", method="GET", version="HTTP/1.1", *headers, close=True, host=True):
    lines = [f"{method} {target} {version}"] + (["Host: x"] if host else []) + list(headers)
    if close:
        lines.append("Connection: close")
    return Answer(exchange(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")), has_body=method != "HEAD")


def answers(*requests):
    """Several requests in one go over one connection; the last asks to close."""
    text = "".join(f"{line}\r\nHost: x\r\n\r\n" for line in requests[:-1])
    text += f"{requests[-1]}\r\nHost: x\r\nConnection: close\r\n\r\n"
    rest, found = exchange(text.encode()), []
    while rest:
        method = requests[len(found)].split()[0] if len(found) < len(requests) else "GET"
        found.append(Answer(rest, has_body=method != "HEAD"))
        rest = found[-1].rest
    return found


def run_cases():
    is_ = lambda sentence, got, expected: tap.ok(sentence, got == expected, f"got {got!r}, expected {expected!r}")

    get = ask()
    is_("GET is 200", get.status, 200)
    tap.ok("one Content-Length, as long as the body", get.headers["content-length"] == [str(len(get.body))] and not get.rest)
    tap.ok("a Date in the preferred form",
           re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", get.get("date") or ""), get.get("date"))
    is_("what varies by the request says so", get.get("vary"), "Accept, Accept-Encoding")
    tap.ok("nothing is compressed that was not asked to be", get.get("content-encoding") is None)
    is_("`Connection: close` is answered", (get.get("connection") or "").lower(), "close")

    for path in ("/metrics", "/", "/healthz", "/readyz", "/nowhere"):
        whole, head = ask(path), ask(path, "HEAD")
        same = all(whole.get(name) == head.get(name) for name in ("content-type", "vary", "content-security-policy"))
        tap.ok(f"HEAD {path} has the status and headers of GET, and no body",
               whole.status == head.status and same and not head.rest and head.get("content-length"), vars(head))

    for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "INVENTED"):
        answer = ask("/metrics", method)
        tap.ok(f"{method} is 405 and names what is allowed",
               answer.status == 405 and answer.get("allow") == "GET, HEAD", vars(answer))
    first = Answer(exchange(b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
                            b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
    is_("a body of a refused request is read over, and the connection lives",
        [first.status, Answer(first.rest).status], [405, 200])
    is_("what is not there is 404", ask("/nowhere").status, 404)
    is_("paths are case-sensitive", ask("/Metrics").status, 404)
    is_("and not completed", ask("/metrics/").status, 404)
    is_("percent codes are decoded", ask("/m%65trics").status, 200)
    for target in ("/metrics%", "/metrics%0", "/%zz", "/metrics%00", "/metrics?name[]=%f"):
        is_(f"malformed {target} is 400", ask(target).status, 400)
    is_("unknown parameters are ignored", ask("/metrics?format=x&a&=b&&%20=%20").status, 200)

    is_("HTTP/1.0", ask(version="HTTP/1.0", host=False, close=False).status, 200)
    tap.ok("closes by itself", exchange(b"GET /healthz HTTP/1.0\r\n\r\n").endswith(b"ok\n"))
    is_("pipelined requests are answered in order", [a.status for a in answers(
        "GET /healthz HTTP/1.1", "GET /nowhere HTTP/1.1", "HEAD /metrics HTTP/1.1", "GET /metrics HTTP/1.1",
        "DELETE / HTTP/1.1", "GET /readyz HTTP/1.1")], [200, 404, 200, 200, 405, 200])
    is_("names of headers have no case", ask("/metrics", "GET", "HTTP/1.1", "aCCept-eNcoding: gzip").get("content-encoding"), "gzip")
    is_("a request in pieces", split_request(), 200)
    is_("empty lines before the request line", Answer(exchange(
        b"\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).status, 200)

    is_("a whole URL, as proxies are asked", [a.status for a in answers(
        "GET http://x/healthz HTTP/1.1", "GET HTTP://x:1/nowhere?a=b HTTP/1.1", "GET http://x HTTP/1.1")], [200, 404, 200])

    run_framing(is_)
    run_refused(is_)
    run_gzip(is_)
    run_lists(is_)
    run_names()


def split_request():
    with socket.create_connection(address, timeout=10) as connection:
        for byte in b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n":
            connection.sendall(bytes([byte]))
            time.sleep(0.005)
        return Answer(connection.recv(65536)).status


def run_framing(is_):
    """What a proxy in front could take for two requests where we see one, or the other way round, is no request."""
    chunked, length = "Transfer-Encoding: chunked", "Content-Length: 5"
    body, hidden = "0\r\n\r\n", "GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    clear = {
        "a length": (["Host: x", length], "hello", [405, 404]),
        "chunks, spelled in any case": (["Host: x", "transfer-encoding:\tChunKed"], "5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n", [405, 404]),
        "an empty Host": (["Host:", length], "hello", [405, 404]),
        "no Host": ([length], "hello", [400]),
        "two Hosts": (["Host: x", "Host: y", length], "hello", [400]),
        "a length and chunks": (["Host: x", length, chunked], body, [400]),
        "chunks and a length": (["Host: x", chunked, "Content-Length: 0"], body, [400]),
        "two lengths": (["Host: x", "Content-Length: 0", length], "", [400]),
        "the same length twice": (["Host: x", length, length], "hello", [400]),
        "two codings": (["Host: x", chunked, "Transfer-Encoding: identity"], body, [400]),
        "another coding": (["Host: x", "Transfer-Encoding: gzip, chunked"], body, [400]),
        "a coding that only looks like chunks": (["Host: x", "Transfer-Encoding: xchunked"], body, [400]),
        "a blank before the colon": (["Host: x", "Content-Length : 5"], "hello", [400]),
    }
    for sentence, (headers, content, expected) in clear.items():
        head = "\r\n".join(["POST /healthz HTTP/1.1", *headers])
        data = exchange(f"{head}\r\n\r\n{content}{hidden}".encode())
        is_(f"framing: {sentence}", [int(code) for code in re.findall(rb"HTTP/1\.1 (\d{3}) ", data)], expected)
    data = exchange(f"POST /healthz HTTP/1.0\r\n{chunked}\r\n\r\n{body}{hidden}".encode())
    is_("framing: chunks in HTTP/1.0", re.findall(rb"HTTP/1\.[01] (\d{3}) ", data), [b"400"])


def run_lists(is_):
    """Headers of one name are one list."""
    two = ask("/metrics", "GET", "HTTP/1.1", "Accept: image/png", "Accept: application/openmetrics-text;q=0.5", "Accept: text/plain;q=0.4",
              "Accept-Encoding: br", "Accept-Encoding: gzip")
    is_("the second Accept counts", two.get("content-type"), "application/openmetrics-text; version=1.0.0; charset=utf-8")
    is_("the second Accept-Encoding counts", two.get("content-encoding"), "gzip")
    tag = ask("/").get("etag")
    is_("the second If-None-Match counts", ask("/", "GET", "HTTP/1.1", 'If-None-Match: "x"', f"If-None-Match: {tag}").status, 304)


def run_refused(is_):
    refused = {
        "a request line without a version that is known": b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        "a Content-Length that is no number": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
        "a negative Content-Length": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "a Content-Length past 64 bits": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "a chunk size past 64 bits": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffffff\r\n",
        "a URL of 60 KB": b"GET /" + b"a" * 60000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        "headers of 60 KB": b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 60000 + b"\r\n\r\n",
        "a TLS handshake": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 100,
        "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    }
    for sentence, request in refused.items():
        with socket.create_connection(address, timeout=15) as connection:
            data = b""
            try:
                connection.sendall(request)
                connection.shutdown(socket.SHUT_WR)
                while part := connection.recv(65536):
                    data += part
            except OSError:
                pass
        status = Answer(data).status if data else 0
        tap.ok(f"{sentence} is refused or the connection ends", status == 0 or 400 <= status < 600, data[:200])
        is_("  and the next client is served", ask("/healthz").status, 200)


def run_gzip(is_):
    plain = ask("/metrics")
    packed = ask("/metrics", "GET", "HTTP/1.1", "Accept-Encoding: gzip")
    is_("gzip when accepted", packed.get("content-encoding"), "gzip")
    names = lambda text: re.findall(rb"^# TYPE (\S+)", text, re.M)
    is_("and the same families inside", names(gzip.decompress(packed.body)), names(plain.body))
    tap.ok("much smaller", len(packed.body) * 4 < len(plain.body), f"{len(packed.body)} of {len(plain.body)}")
    note = f"{len(plain.body)} bytes, {len(packed.body)} with gzip"
    print(f"# {note}")
    for value, expected in {"gzip;q=0": None, "identity": None, "*": "gzip", "br, gzip;q=0.1": "gzip", "gzip;q=0.5, identity": None,
                            "*;q=0": None, "deflate": None, "x-gzip": "gzip", "": None, ";;,q=": None}.items():
        is_(f"Accept-Encoding: {value}", ask("/metrics", "GET", "HTTP/1.1", f"Accept-Encoding: {value}").get("content-encoding"), expected)
    small = ask("/healthz", "GET", "HTTP/1.1", "Accept-Encoding: gzip")
    tap.ok("a few bytes are sent as they are", small.get("content-encoding") is None and small.body == b"ok\n")


def run_names():
    def families(query):
        return set(re.findall(r"^# TYPE (\S+)", ask("/metrics?" + query).body.decode(), re.M))

    everything = families("")
    tap.ok("there are families to choose from", {"process_cpu_seconds_total", "ktally_self_scrapes_total"} <= everything, everything)
    chosen = families("name[]=process_cpu_seconds_total")
    tap.ok("name[]= chooses one", chosen == {"process_cpu_seconds_total"}, chosen)
    chosen = families("name%5B%5D=process_open_fds&name[]=process%5Fmax%5Ffds&x=y")
    tap.ok("or several, encoded in any way", chosen == {"process_open_fds", "process_max_fds"}, chosen)
    tap.ok("a name that is none chooses nothing", families("name[]=no_such_family") == set())
    tap.ok("and all are there again without", families("") == everything)


with tempfile.TemporaryDirectory() as folder:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = ("127.0.0.1", port)
    with open(os.path.join(folder, "log"), "w+", encoding="utf-8") as log:
        daemon = subprocess.Popen([KTALLY, "run", "--no-bpf.enabled", f"--listen=127.0.0.1:{port}", "--web.timeout=3s"],
                                  stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            for turn in range(100):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1).read()
                    break
                except OSError:
                    time.sleep(0.1)
            run_cases()
        finally:
            daemon.terminate()
            tap.ok("SIGTERM ends it with 0", daemon.wait(timeout=20) == 0)
sys.exit(tap.done())

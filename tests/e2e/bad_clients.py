# SPDX-License-Identifier: Apache-2.0
"""Bad clients against HOST:PORT: garbage, huge headers, idle connections, slow readers, 1,000 parallel scrapes."""
import os
import socket
import sys
import threading

host, port = sys.argv[1].split(":")
address = (host, int(port))


def connect():
    connection = socket.create_connection(address, timeout=20)
    return connection


def answer(connection):
    data = b""
    while True:
        try:
            part = connection.recv(65536)
        except (ConnectionResetError, socket.timeout):
            return data
        if not part:
            return data
        data += part


def scrape():
    with connect() as connection:
        connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return answer(connection)


def status(data):
    return data.split(b" ", 2)[1] if data.startswith(b"HTTP/1.") else None


def is_whole(data):
    head, _, body = data.partition(b"\r\n\r\n")
    length = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")]
    return length == [len(body)]


assert status(scrape()) == b"200"

for garbage in (os.urandom(4096), b"\0" * 1000, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\r\n" * 1000):
    with connect() as connection:
        try:
            connection.sendall(garbage)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        assert status(answer(connection)) != b"200"

with connect() as connection:
    try:
        connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 200000 + b"\r\n\r\n")
    except OSError:
        pass
    assert status(answer(connection)) in (None, b"400", b"413", b"431"), "oversized header"

idle = [connect() for _ in range(200)]
assert status(scrape()) == b"200", "200 idle connections"

slow = connect()
slow.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
assert status(scrape()) == b"200", "beside one that does not read"

results = []
lock = threading.Lock()


def one():
    try:
        data = scrape()
    except OSError:
        data = b""
    with lock:
        results.append((status(data), is_whole(data)))


threads = [threading.Thread(target=one) for _ in range(1000)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
good = sum(1 for code, whole in results if code == b"200" and whole)
busy = sum(1 for code, whole in results if code == b"503" and whole)
print(f"1,000 parallel scrapes: {good} answered, {busy} refused with 503")
assert good + busy == 1000, [r for r in results if r[0] not in (b"200", b"503") or not r[1]][:5]
assert good > 0

# SPDX-License-Identifier: Apache-2.0
"""Scrapes URL COUNT times as fast as it answers and fails when a counter falls while its series is there."""
import sys
import time
import urllib.request

url, count = sys.argv[1], int(sys.argv[2])
last = {}
kinds = {}
began = time.time()
distinct = 0
previous = None
for number in range(count):
    text = urllib.request.urlopen(url, timeout=10).read().decode("utf-8")
    if text != previous:
        distinct += 1
    previous = text
    now = {}
    for line in text.split("\n"):
        if line.startswith("# TYPE "):
            _, _, family, kind = line.split(" ")
            kinds[family] = kind
        elif line and line[0] != "#":
            series, _, value = line.rpartition(" ")
            now[series] = float(value)
    for series, value in now.items():
        family = series.split("{")[0]
        kind = kinds.get(family) or kinds.get(family.rsplit("_", 1)[0])
        if kind in ("counter", "histogram") and value < last.get(series, 0):
            sys.exit(f"scrape {number}: {series} fell from {last[series]} to {value}")
    last = now
print(f"{count} scrapes in {time.time() - began:.1f} s, {distinct} of them different, {len(last)} series")

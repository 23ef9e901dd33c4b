#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A case for each rule of the formats: what obeys it is read, what breaks it is refused. So the readers that judge ktally can
tell right from wrong. Where the parser of the Python client refuses as well, that is said; it is laxer in places."""
import pathlib
import re
import struct
import sys

import exposition
from tap import Tap

try:
    from prometheus_client.openmetrics.parser import text_string_to_metric_families as client
except ImportError:
    client = None

C = "# TYPE a counter\n"
G = "# TYPE a gauge\n"
H = "# TYPE a histogram\n"
BUCKETS = 'a_bucket{le="1.0"} 1\na_bucket{le="+Inf"} 2\n'
EOF = "# EOF\n"

TEXT = [
    ("text is UTF-8", [G + 'a{b="\u00e4"} 1\n'], [(G + 'a{b="').encode() + b'\xff"} 1\n']),
    ("lines end in LF alone, the last one too", [G + "a 1\n", ""], [G + "a 1", G + "a 1\r\n"]),
    ("one TYPE per name", [G + "a 1\n"], [G + G + "a 1\n", G + "a 1\n# TYPE b gauge\nb 1\n" + G]),
    ("one HELP per name", ["# HELP a x\n" + G + "a 1\n"], ["# HELP a x\n# HELP a x\n" + G + "a 1\n"]),
    ("TYPE comes before the first sample", [G + "a 1\n"], ["a 1\n" + G]),
    ("types are the five", ["# TYPE a untyped\na 1\n"], ["# TYPE a info\na 1\n", "# TYPE a Counter\na 1\n"]),
    ("lines of a family are together", [G + 'a{b="1"} 1\na{b="2"} 1\n'], [G + 'a{b="1"} 1\n# TYPE c gauge\nc 1\na{b="2"} 1\n']),
    ("name and labels are unique", [G + 'a{b="1"} 1\na{b="2"} 1\n'], [G + 'a{b="1"} 1\na{b="1"} 2\n', G + 'a{b="1",c="2"} 1\na{c="2",b="1"} 2\n']),
    ("a label is there once", [G + 'a{b="1"} 1\n'], [G + 'a{b="1",b="2"} 1\n']),
    ("HELP escapes backslash and newline", ["# HELP a \\\\ \\n \"\n" + G + "a 1\n"], ["# HELP a \\x\n" + G + "a 1\n", "# HELP a \\\n" + G + "a 1\n"]),
    ("label values escape backslash, quote and newline", [G + 'a{b="\\\\\\"\\n"} 1\n'], [G + 'a{b="\\x"} 1\n', G + 'a{b="""} 1\n', G + 'a{b="x\ny"} 1\n']),
    ("braces are closed", [G + 'a{b="}"} 1\n'], [G + 'a{b="1" 1\n', G + 'a{b="1",} 1\n', G + "a{b=1} 1\n"]),
    ("timestamps are whole milliseconds of 64 bits", [G + "a 1 1700000000000\n"], [G + "a 1 1.5\n", G + "a 1 99999999999999999999\n", G + "a 1 2 3\n"]),
    ("values are Go's: NaN, +Inf, -Inf", [G + 'a{b="1"} NaN\na{b="2"} +Inf\na{b="3"} -Inf\na 1e5\n'], [G + "a nan\n", G + "a inf\n", G + "a 0x1\n", G + "a\n"]),
    ("buckets ascend", [H + BUCKETS], [H + 'a_bucket{le="2"} 1\na_bucket{le="1"} 1\na_bucket{le="+Inf"} 2\n', H + 'a_bucket{le="1"} 1\na_bucket{le="1.0"} 1\na_bucket{le="+Inf"} 2\n']),
    ("buckets are cumulative", [H + BUCKETS], [H + 'a_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\n']),
    ("the bucket +Inf is there and is the count", [H + BUCKETS + "a_sum 1\na_count 2\n"], [H + 'a_bucket{le="1"} 1\na_sum 1\na_count 1\n', H + BUCKETS + "a_sum 1\na_count 3\n"]),
]
OPENMETRICS = [
    ("the end is # EOF with LF", [EOF, G + "a 1\n" + EOF], ["", G + "a 1\n", G + "a 1\n# EOF", G + "a 1\n" + EOF + "b 1\n", G + "a 1\n" + EOF + EOF]),
    ("no CR, no byte order mark", [G + "a 1\n" + EOF], [G + "a 1\r\n" + EOF, "\ufeff" + G + "a 1\n" + EOF]),
    ("no blank lines, no other comments", [G + "a 1\n" + EOF], [G + "\na 1\n" + EOF, G + "# comment\na 1\n" + EOF, "#\n" + EOF]),
    ("separators are single blanks", [G + "a 1 2\n" + EOF], [G + "a  1\n" + EOF, G + "a 1  2\n" + EOF, "#  TYPE a gauge\na 1\n" + EOF, G + "a 1 \n" + EOF]),
    ("TYPE, UNIT, HELP in this order and once", ["# TYPE a_s gauge\n# UNIT a_s s\n# HELP a_s x\na_s 1\n" + EOF],
     ["# HELP a_s x\n# TYPE a_s gauge\na_s 1\n" + EOF, "# TYPE a_s gauge\n# TYPE a_s gauge\na_s 1\n" + EOF, "# TYPE a_s gauge\na_s 1\n# HELP a_s x\n" + EOF]),
    ("the unit is the suffix of the name", ["# TYPE a_seconds counter\n# UNIT a_seconds seconds\na_seconds_total 1\n" + EOF],
     ["# TYPE a counter\n# UNIT a seconds\na_total 1\n" + EOF, "# TYPE aseconds gauge\n# UNIT aseconds seconds\naseconds 1\n" + EOF]),
    ("a counter's family is without _total, its samples are with it", [C + "a_total 1\n" + EOF], [C + "a 1\n" + EOF, "# TYPE a_total counter\na_total 1\n" + EOF]),
    ("counters are not negative", [C + "a_total 0\n" + EOF], [C + "a_total -1\n" + EOF]),
    ("an info ends in _info, is 1 and has no unit", ["# TYPE a info\na_info{b=\"1\"} 1\n" + EOF],
     ["# TYPE a info\na{b=\"1\"} 1\n" + EOF, "# TYPE a info\na_info{b=\"1\"} 2\n" + EOF, "# TYPE a_s info\n# UNIT a_s s\na_s_info{b=\"1\"} 1\n" + EOF]),
    ("types are those of OpenMetrics", ["# TYPE a unknown\na 1\n" + EOF], ["# TYPE a untyped\na 1\n" + EOF]),
    ("timestamps are seconds", [G + "a 1 1700000000.5\n" + EOF], [G + "a 1 now\n" + EOF]),
    ("HELP escapes quotes too", ['# HELP a \\"x\\" \\\\ \\n\na 1\n' + EOF], ['# HELP a "x"\na 1\n' + EOF, "# HELP a \\x\na 1\n" + EOF]),
    ("labels that begin with _ are reserved", [G + 'a{b_="1"} 1\n' + EOF], [G + 'a{_b="1"} 1\n' + EOF]),
    ("counts are whole and without point", [H + BUCKETS + EOF], [H + 'a_bucket{le="+Inf"} 1.0\n' + EOF, H + 'a_bucket{le="+Inf"} 1.5\n' + EOF, H + BUCKETS + "a_count 2.0\na_sum 1\n" + EOF]),
    ("buckets are cumulative and ascend", [H + BUCKETS + EOF],
     [H + 'a_bucket{le="1.0"} 3\na_bucket{le="+Inf"} 2\n' + EOF, H + 'a_bucket{le="2.0"} 1\na_bucket{le="1.0"} 1\na_bucket{le="+Inf"} 2\n' + EOF]),
    ("the bucket +Inf is there and is the count", [H + BUCKETS + "a_count 2\na_sum 1\n" + EOF], [H + 'a_bucket{le="1.0"} 1\n' + EOF, H + BUCKETS + "a_count 1\na_sum 1\n" + EOF]),
    ("a count is there if and only if a sum is", [H + BUCKETS + EOF], [H + BUCKETS + "a_count 2\n" + EOF, H + BUCKETS + "a_sum 2\n" + EOF]),
    ("no sum with negative buckets", [H + 'a_bucket{le="-1.0"} 1\na_bucket{le="+Inf"} 2\n' + EOF], [H + 'a_bucket{le="-1.0"} 1\na_bucket{le="+Inf"} 2\na_count 2\na_sum 1\n' + EOF]),
    ("le is canonical", [H + "".join(f'a_bucket{{le="{le}"}} 1\n' for le in ("9.5367431640625e-07", "1e-05", "0.001", "1.0", "128.0", "524288.0", "1.048576e+06", "+Inf")) + EOF],
     [H + f'a_bucket{{le="{le}"}} 1\na_bucket{{le="+Inf"}} 1\n' + EOF for le in ("1", "1.00", "1e0", "0.00001", "1e-5", "0.0010", "1048576.0")]),
    ("families do not share the name of a sample", [C + "a_total 1\n# TYPE b gauge\nb 1\n" + EOF],
     [C + "a_total 1\n# TYPE a_created gauge\na_created 1700000000\n" + EOF, C + "a_total 1\n# TYPE a_total gauge\na_total 1\n" + EOF, H + BUCKETS + "# TYPE a_count gauge\na_count 1\n" + EOF]),
    ("families are not interleaved", [C + 'a_total{b="1"} 1\na_total{b="2"} 1\n' + EOF], [C + 'a_total{b="1"} 1\n# TYPE b gauge\nb 1\n' + C + 'a_total{b="2"} 1\n' + EOF]),
    ("samples of one set of labels are together", [C + 'a_total{b="1"} 1\na_created{b="1"} 1700000000\na_total{b="2"} 1\n' + EOF],
     [C + 'a_total{b="1"} 1\na_total{b="2"} 1\na_created{b="1"} 1700000000\n' + EOF]),
    ("series are unique", [G + "a 1\n" + EOF], [G + "a 1\na 2\n" + EOF]),
    ("_created is in seconds and has the labels of its sample", [C + 'a_total{b="1"} 1\na_created{b="1"} 1700000000.123\n' + EOF],
     [C + "a_total 1\na_created 1700000000123\n" + EOF, C + 'a_total{b="1"} 1\na_created 1700000000\n' + EOF]),
    ("exemplars stand on _total and buckets only", [C + "a_total 1 # {b=\"c\"} 1\n" + EOF, H + 'a_bucket{le="+Inf"} 1 # {} 5 1700000000\n' + EOF],
     [G + "a 1 # {b=\"c\"} 1\n" + EOF, H + BUCKETS + 'a_count 2 # {b="c"} 1\na_sum 1\n' + EOF]),
    ("an exemplar has at most 128 characters", [C + 'a_total 1 # {b="' + "x" * 127 + '"} 1\n' + EOF], [C + 'a_total 1 # {b="' + "x" * 128 + '"} 1\n' + EOF]),
    ("an exemplar lies in its bucket", [H + 'a_bucket{le="1.0"} 1 # {} 0.5\na_bucket{le="+Inf"} 1\n' + EOF], [H + 'a_bucket{le="1.0"} 1 # {} 1.5\na_bucket{le="+Inf"} 1\n' + EOF]),
    ("label values escape backslash, quote and newline", [G + 'a{b="\\\\\\"\\n"} 1\n' + EOF], [G + 'a{b="\\x"} 1\n' + EOF, G + 'a{b="""} 1\n' + EOF]),
]


# ---- protobuf ----


def varint(value):
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def field(number, value):
    if isinstance(value, float):
        return varint(number << 3 | 1) + struct.pack("<d", value)
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def sint(value):
    return value << 1 ^ value >> 63


def family(name, kind, *metrics):
    body = field(1, name) + field(3, kind) + b"".join(field(4, metric) for metric in metrics)
    return varint(len(body)) + body


def label(name, value):
    return field(1, field(1, name) + field(2, value))


def span(offset, length):
    return field(12, field(1, sint(offset)) + field(2, length))


def deltas(*values):
    return field(13, b"".join(varint(sint(value)) for value in values))


def hist(*parts, count=3, schema=2, total=1.0, zero=None):
    head = field(1, count) + field(2, total)
    if schema is not None:
        head += field(5, sint(schema))
    if zero is not None:
        head += field(6, zero[0]) + field(7, zero[1])
    return family("a", 4, field(7, head + b"".join(parts)))


def bucket(count, bound):
    return field(3, field(1, count) + field(2, bound))


ONE = span(0, 1) + deltas(3)
GAUGE = field(2, field(1, 1.0))
COUNTER = field(3, field(1, 1.0))
STAMP = field(3, field(1, 1700000000))
PROTOBUF = [
    ("each message comes after its length", [family("a", 1, GAUGE), b""], [family("a", 1, GAUGE)[1:], family("a", 1, GAUGE)[:-1], b"\xff" * 11]),
    ("a message is of fields of the schema", [family("a", 1, GAUGE)], [family("a", 1, GAUGE + field(9, 1)), varint(3) + b"\x0f\x00\x00"]),
    ("a family is in one message", [family("a", 1, GAUGE) + family("b", 1, GAUGE)], [family("a", 1, GAUGE) + family("a", 1, label("b", "1") + GAUGE)]),
    ("the value is of the family's type", [family("a", 0, COUNTER)], [family("a", 0, GAUGE), family("a", 1, GAUGE + COUNTER), family("a", 4, GAUGE)]),
    ("a value is a double and there", [family("a", 1, GAUGE)], [family("a", 1, field(2, b"")), family("a", 1, field(2, field(1, 1)))]),
    ("text is UTF-8", [family("a", 1, label("b", "\u00e4") + GAUGE)], [family("a", 1, field(1, field(1, "b") + field(2, b"\xff")) + GAUGE)]),
    ("labels are unique, as are series", [family("a", 1, label("b", "1") + GAUGE, label("b", "2") + GAUGE)],
     [family("a", 1, label("b", "1") + label("b", "2") + GAUGE), family("a", 1, label("b", "1") + GAUGE, label("b", "1") + GAUGE)]),
    ("times have nanoseconds below a second", [family("a", 0, field(3, field(1, 1.0) + field(3, field(1, 5) + field(2, 999999999))))],
     [family("a", 0, field(3, field(1, 1.0) + field(3, field(1, 5) + field(2, 1000000000))))]),
    ("schema is -4 to 8, never custom", [hist(ONE, schema=-4), hist(ONE, schema=8)], [hist(ONE, schema=-5), hist(ONE, schema=9), hist(ONE, schema=-53)]),
    ("only the first span goes back", [hist(span(-3, 1), span(2, 1), deltas(1, 1))], [hist(span(3, 1), span(-2, 1), deltas(1, 1))]),
    ("spans have as many buckets as there are deltas", [hist(span(0, 2), deltas(1, 1))], [hist(span(0, 2), deltas(3)), hist(span(0, 1), deltas(3, 0))]),
    ("deltas are differences: 5, -3 are 5 and 2", [hist(span(0, 2), deltas(5, -3), count=7)], [hist(span(0, 2), deltas(5, -3), count=2), hist(span(0, 2), deltas(5, -6), count=4)]),
    ("buckets are all of the count", [hist(ONE), hist(span(0, 1), deltas(1), total=float("nan"))], [hist(ONE, count=4), hist(ONE, zero=(0.001, 1))]),
    ("the zero bucket has a threshold and lies below the others", [hist(span(1, 1), deltas(2), zero=(1.0, 1))], [hist(span(0, 1), deltas(2), zero=(1.0, 1)), hist(span(1, 1), deltas(2), zero=(-1.0, 1))]),
    ("an empty histogram has a span of nothing", [hist(span(0, 0), count=0)], [hist(count=0)]),
    ("at most 160 buckets", [hist(span(0, 160), deltas(1, *[0] * 159), count=160)], [hist(span(0, 161), deltas(1, *[0] * 160), count=161)]),
    ("native exemplars have a time", [hist(ONE, field(16, field(2, 1.0) + STAMP))], [hist(ONE, field(16, field(2, 1.0)))]),
    ("classic buckets in the same message ascend and are cumulative", [hist(bucket(1, 1.0), bucket(3, 2.0), ONE)],
     [hist(bucket(1, 2.0), bucket(3, 1.0), ONE), hist(bucket(2, 1.0), bucket(1, 2.0), ONE), hist(bucket(4, 1.0), ONE)]),
]
NAMES = [
    ("counters and only they end in _total", ["# HELP ktally_a_total x\n# TYPE ktally_a_total counter\nktally_a_total 1\n"],
     ["# HELP ktally_a x\n# TYPE ktally_a counter\nktally_a 1\n", "# HELP ktally_a_total x\n# TYPE ktally_a_total gauge\nktally_a_total 1\n"]),
    ("one prefix", ["# HELP ktally_a x\n# TYPE ktally_a gauge\nktally_a 1\n"], ["# HELP a x\n# TYPE a gauge\na 1\n"]),
    ("base units", ["# HELP ktally_a_seconds x\n# TYPE ktally_a_seconds gauge\nktally_a_seconds 1\n"],
     [f"# HELP ktally_a_{unit} x\n# TYPE ktally_a_{unit} gauge\nktally_a_{unit} 1\n" for unit in ("ms", "milliseconds", "kilobytes", "percent")]),
    ("no label le, quantile, job or instance", ["# HELP ktally_a x\n# TYPE ktally_a gauge\nktally_a{b=\"1\"} 1\n"],
     [f"# HELP ktally_a x\n# TYPE ktally_a gauge\nktally_a{{{name}=\"1\"}} 1\n" for name in ("le", "quantile", "job", "instance")]),
    ("headings and samples for each family", ["# HELP ktally_a x\n# TYPE ktally_a gauge\nktally_a 1\n"], ["# TYPE ktally_a gauge\nktally_a 1\n", "# HELP ktally_a x\n# TYPE ktally_a gauge\n", "ktally_a 1\n"]),
]


def verdict(reader, data, **options):
    """None when it was read, else why not."""
    try:
        reader(data if isinstance(data, bytes) else data.encode(), **options)
        return None
    except exposition.Invalid as error:
        return str(error)


def refused_by_client(data):
    try:
        list(client(data))
        return False
    except Exception:  # it raises what comes
        return True


tap = Tap()
for title, rules, reader, options in (
    ("text", TEXT, exposition.text, {}),
    ("names", NAMES, exposition.text, {"own": True}),
    ("OpenMetrics", OPENMETRICS, exposition.openmetrics, {}),
    ("protobuf", PROTOBUF, exposition.protobuf, {}),
):
    for rule, good, bad in rules:
        wrong = [f"refused: {data!r}: {verdict(reader, data, **options)}" for data in good if verdict(reader, data, **options)]
        wrong += [f"accepted: {data!r}" for data in bad if not verdict(reader, data, **options)]
        tap.ok(f"{title}: {rule}", good and bad and not wrong, "\n".join(wrong))
if client:
    good = [data for _, cases, _ in OPENMETRICS for data in cases]
    bad = [data for _, _, cases in OPENMETRICS for data in cases]
    refused = [data for data in good if refused_by_client(data)]
    seen = sum(refused_by_client(data) for data in bad)
    tap.ok("the Python client reads what obeys the rules", not refused, "\n".join(map(repr, refused)))
    tap.ok(f"the Python client refuses {seen} of {len(bad)} that break one", seen * 2 > len(bad))
else:
    tap.skip("the Python client says the same", "no python3-prometheus-client")
here = pathlib.Path(__file__).parent
table = re.findall(r"^\|[^|]*\| `([^`]+)`: (.*) \|$", (here / "RULES.md").read_text(), re.M)
gone = [f"{file}: {words}" for file, words in table if words not in (here.parent / file).read_text()]
tap.ok(f"all {len(table)} cases of RULES.md are there", len(table) > 80 and not gone, "\n".join(gone))
sys.exit(tap.done())

# SPDX-License-Identifier: Apache-2.0
"""Strict readers of the three exposition formats, written from their specifications and without a look at ktally's writers.

text(), openmetrics() and protobuf() take bytes and give families; whatever breaks a rule raises Invalid.
"""
import math
import re
import struct


class Invalid(Exception):
    pass


def need(condition, why):
    if not condition:
        raise Invalid(why)


class Family:
    def __init__(self, name, kind=None):
        self.name, self.kind, self.help, self.unit = name, kind, None, None
        self.samples = []  # (name, ((label, value), ...), number, created seconds or None)
        self.native = []  # (labels, Native): protobuf

    def values(self):
        return {(name, tuple(sorted(labels))): number for name, labels, number, _ in self.samples}


NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\Z")
SPECIAL = {"NaN": math.nan, "+Inf": math.inf, "-Inf": -math.inf}


def number(word):
    need(word in SPECIAL or NUMBER.match(word), f"not a number: {word!r}")
    return SPECIAL[word] if word in SPECIAL else float(word)


def unescape(text, allowed):
    out, at = [], 0
    while at < len(text):
        if text[at] == "\\":
            at += 1
            need(at < len(text) and text[at] in allowed, f"bad escape in {text!r}")
            out.append("\n" if text[at] == "n" else text[at])
        else:
            out.append(text[at])
        at += 1
    return "".join(out)


def split_labels(line, at):
    """Labels in braces at line[at]; returns them and where they end."""
    labels = []
    need(line[at] == "{", "labels")
    at += 1
    while line[at : at + 1] != "}":
        match = LABEL.match(line, at)
        need(match and line[match.end() : match.end() + 2] == '="', f"bad label in {line!r}")
        end = begin = match.end() + 2
        while line[end : end + 1] != '"':
            need(end < len(line), f"label does not end: {line!r}")
            end += 2 if line[end] == "\\" else 1
        labels.append((match.group(), unescape(line[begin:end], '\\"n')))
        at = end + 1
        if line[at : at + 1] == ",":
            at += 1
            need(line[at : at + 1] != "}", f"comma before the brace: {line!r}")
        else:
            need(line[at : at + 1] == "}", f"labels do not end: {line!r}")
    need(len({name for name, _ in labels}) == len(labels), f"label twice: {line!r}")
    return tuple(labels), at + 1


def split_sample(line):
    match = NAME.match(line)
    need(match, f"no name: {line!r}")
    labels, at = (), match.end()
    if line[at : at + 1] == "{":
        labels, at = split_labels(line, at)
    need(line[at : at + 1] == " ", f"no blank before the value: {line!r}")
    return match.group(), labels, line[at + 1 :]


def decode(data):
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Invalid(f"not UTF-8: {error}") from None


def without(labels, name):
    return tuple(pair for pair in labels if pair[0] != name)


def check_names(family):
    """Rules of naming, the same in all formats. Only for what is ktally's own."""
    counter = family.name.endswith("_total")
    need(family.kind != "counter" or counter, f"{family.name}: a counter ends in _total")
    need(family.kind == "counter" or not counter, f"{family.name}: only counters end in _total")
    need(re.match(r"(ktally|process)_", family.name), f"{family.name}: prefix")
    need(not re.search(r"_(milli|micro|nano)?seconds?_.*seconds|_(ms|us|ns|milliseconds|kilobytes|percent)(_|$)", family.name),
         f"{family.name}: base units")
    for _, labels, _, _ in family.samples:
        for label, _ in labels:
            need(label not in ("quantile", "job", "instance"), f"{family.name}: label {label}")
            need(label != "le" or family.kind == "histogram", f"{family.name}: label {label}")


def check_classic(family):
    """Buckets ascend, are cumulative and whole, and end with +Inf, which is the count."""
    series = {}
    for name, labels, value, _ in family.samples:
        part = series.setdefault(without(labels, "le"), {"buckets": []})
        suffix = name[len(family.name) :]
        if suffix == "_bucket":
            need("le" in dict(labels), f"{family.name}: bucket without le")
            part["buckets"].append((number(dict(labels)["le"]), value))
        else:
            need("le" not in dict(labels), f"{family.name}: le outside of a bucket")
            part[suffix] = value
    for part in series.values():
        bounds = [bound for bound, _ in part["buckets"]]
        counts = [count for _, count in part["buckets"]]
        need(bounds and bounds == sorted(set(bounds)), f"{family.name}: buckets do not ascend")
        need(bounds[-1] == math.inf, f"{family.name}: no +Inf bucket")
        need(counts == sorted(counts) and counts[0] >= 0, f"{family.name}: buckets are not cumulative")
        need(all(count == int(count) for count in counts), f"{family.name}: part of an observation")
        need(("_count" in part) == ("_sum" in part), f"{family.name}: count without sum")
        need("_count" not in part or part["_count"] == counts[-1], f"{family.name}: +Inf is not the count")
        need("_sum" not in part or bounds[0] >= 0 or len(bounds) == 1, f"{family.name}: sum with negative buckets")


def check_unique(families):
    names = [family.name for family in families]
    need(len(set(names)) == len(names), "a family in two places")
    series = [(name, tuple(sorted(labels))) for family in families for name, labels, _, _ in family.samples]
    need(len(set(series)) == len(series), "a series twice")


# ---- text 0.0.4 ----

TEXT_KINDS = ("counter", "gauge", "histogram", "summary", "untyped")


def text_family(families, name):
    """The family that a sample of this name belongs to: the current one, or a new untyped one."""
    if families:
        family = families[-1]
        suffixes = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("", "_sum", "_count")}.get(family.kind, ("",))
        if name in [family.name + suffix for suffix in suffixes]:
            return family
        for other in families:
            need(other.name != name, f"{name}: samples in two places")
    families.append(Family(name))
    return families[-1]


def text(data, own=False):
    content, families = decode(data), []
    need(not content or content.endswith("\n"), "the last line does not end")
    for line in content.split("\n")[:-1]:
        need(not line.endswith("\r"), "CR at the end of a line")
        if line.startswith(("# HELP ", "# TYPE ")):
            name, _, rest = line[7:].partition(" ")
            need(NAME.fullmatch(name), f"no name: {line!r}")
            if not families or families[-1].name != name:
                need(all(family.name != name for family in families), f"{name}: in two places")
                families.append(Family(name))
            family = families[-1]
            if line.startswith("# HELP "):
                need(family.help is None, f"{name}: two HELP")
                family.help = unescape(rest, "\\n")
            else:
                need(family.kind is None, f"{name}: two TYPE")
                need(not family.samples, f"{name}: TYPE after a sample")
                need(rest in TEXT_KINDS, f"{name}: type {rest!r}")
                family.kind = rest
        elif line and not line.startswith("#"):
            name, labels, rest = split_sample(line)
            words = rest.split()
            need(len(words) in (1, 2), f"value: {line!r}")
            if len(words) == 2:
                need(re.fullmatch(r"-?\d+", words[1]) and -(2**63) <= int(words[1]) < 2**63, f"timestamp: {line!r}")
            text_family(families, name).samples.append((name, labels, number(words[0]), None))
    check_unique(families)
    for family in families:
        if family.kind == "histogram":
            check_classic(family)
        if own:
            need(family.help is not None and family.kind is not None and family.samples, f"{family.name}: headings")
            check_names(family)
    return families


# ---- OpenMetrics 1.0 ----

SUFFIXES = {
    "counter": ("_total", "_created"),
    "gauge": ("",),
    "histogram": ("_bucket", "_sum", "_count", "_created"),
    "gaugehistogram": ("_bucket", "_gsum", "_gcount"),
    "summary": ("", "_sum", "_count", "_created"),
    "info": ("_info",),
    "stateset": ("",),
    "unknown": ("",),
}


def canonical(bound):
    """As Go's %g, with ".0" where there is neither point nor exponent."""
    if bound == math.inf:
        return "+Inf"
    digits = repr(bound)
    mantissa, _, exponent = digits.partition("e")
    power = math.floor(math.log10(abs(bound))) if bound else 0
    if power < -4 or power >= 6:
        if not exponent:  # Python goes to exponents later than Go
            plain = mantissa.replace(".", "").strip("0")
            mantissa, exponent = plain[0] + ("." + plain[1:] if plain[1:] else ""), str(power)
        return f"{mantissa.removesuffix('.0')}e{int(exponent):+03d}"
    return digits if "." in digits else digits + ".0"


def exemplar(family, name, labels, words):
    need(name.endswith("_bucket") or name.endswith("_total"), f"{name}: exemplar outside of _total and _bucket")
    inner, at = split_labels(words, 0)
    need(sum(len(label) + len(value) for label, value in inner) <= 128, f"{name}: exemplar longer than 128 characters")
    rest = words[at:].split(" ")
    need(rest[0] == "" and len(rest) in (2, 3), f"{name}: exemplar {words!r}")
    value = number(rest[1])
    if len(rest) == 3:
        number(rest[2])
    if "le" in dict(labels):
        need(value <= number(dict(labels)["le"]), f"{name}: exemplar outside of its bucket")


def openmetrics_line(family, line):
    name, labels, rest = split_sample(line)
    suffix = name[len(family.name) :]
    need(name.startswith(family.name) and suffix in SUFFIXES[family.kind], f"{name}: not of {family.name}")
    rest, mark, tail = rest.partition(" # ")
    words = rest.split(" ")
    need(len(words) in (1, 2) and all(words), f"separators: {line!r}")
    value = number(words[0])
    if len(words) == 2:
        need(NUMBER.match(words[1]), f"timestamp: {line!r}")
    if mark:
        exemplar(family, name, labels, tail)
    for label, _ in labels:
        need(not label.startswith("_"), f"{name}: reserved label {label}")
    if family.kind == "info":
        need(words[0] == "1", f"{name}: an info is 1")
    if suffix in ("_bucket", "_count"):
        need(re.fullmatch(r"\d+", words[0]), f"{name}: a count without point: {words[0]}")
    if suffix == "_bucket":
        bound = dict(labels).get("le", "")
        need(bound == canonical(number(bound)), f"{name}: le={bound!r} is not canonical")
    if suffix == "_created":
        need(1e9 < value < 1e10, f"{name}: not in Unix seconds: {words[0]}")
    if suffix in ("_total", "_count", "_bucket"):
        need(value >= 0, f"{name}: negative")
    return name, labels, value, suffix


def check_collisions(families):
    taken = {}
    for family in families:
        for suffix in {"", *SUFFIXES[family.kind]}:
            other = taken.setdefault(family.name + suffix, family.name)
            need(other == family.name, f"{family.name} and {other} share {family.name + suffix}")


def check_grouped(family, order):
    """All samples of one set of labels follow each other."""
    seen = set()
    for before, after in zip([None] + order, order):
        if after != before:
            need(after not in seen, f"{family.name}: samples of {after} in two places")
            seen.add(after)


def check_created(family):
    own = {labels for name, labels, _, _ in family.samples if name.endswith(("_total", "_count"))}
    for name, labels, _, _ in family.samples:
        need(not name.endswith("_created") or labels in own, f"{name}: created of nothing")


def openmetrics(data, own=False):
    content, families = decode(data), []
    need(not content.startswith("\ufeff"), "byte order mark")
    need(content.endswith("# EOF\n"), "no # EOF at the end")
    lines = content.split("\n")[:-2]
    need("# EOF" not in lines, "something after # EOF")
    order = []
    for line in lines + [None]:
        if line is None or line.startswith("#"):
            if order:
                check_grouped(families[-1], order)
                order = []
            if line is None:
                break
            match = re.fullmatch(r"# (TYPE|UNIT|HELP) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)", line)
            need(match, f"no such comment: {line!r}")
            what, name, rest = match.groups()
            if not families or families[-1].name != name:
                families.append(Family(name))
                step = 0
            family = families[-1]
            need(not family.samples, f"{name}: heading after samples")
            place = ("TYPE", "UNIT", "HELP").index(what) + 1
            need(place > step, f"{name}: {what} out of order")
            step = place
            if what == "TYPE":
                need(rest in SUFFIXES, f"{name}: type {rest!r}")
                family.kind = rest
            elif what == "UNIT":
                need(name.endswith("_" + rest), f"{name}: unit {rest!r} is not its suffix")
                need(family.kind not in ("info", "stateset"), f"{name}: {family.kind} with unit")
                family.unit = rest
            else:
                need(not re.search(r'(?<!\\)(\\\\)*"', rest), f"{name}: quote in HELP")
                family.help = unescape(rest, '\\n"')
        else:
            need(line and not line.endswith("\r"), "blank line or CR")
            if not families or not split_sample(line)[0].startswith(families[-1].name):
                families.append(Family(split_sample(line)[0]))
            family = families[-1]
            family.kind = family.kind or "unknown"
            name, labels, value, suffix = openmetrics_line(family, line)
            family.samples.append((name, labels, value, None))
            order.append(without(labels, "le"))
    for family in families:
        family.kind = family.kind or "unknown"
    check_unique(families)
    check_collisions(families)
    for family in families:
        if family.kind == "histogram":
            check_classic(family)
        if family.kind in ("counter", "histogram", "summary"):
            check_created(family)
        if own:
            need(family.help is not None and family.kind != "unknown" and family.samples, f"{family.name}: headings")
            named = Family(family.name + {"counter": "_total", "info": "_info"}.get(family.kind, ""), family.kind)
            named.samples = family.samples
            check_names(named)
    return families


# ---- protobuf: io.prometheus.client.MetricFamily, delimited ----


class Native:
    """A native histogram: bounds of the buckets are (lower, upper]."""

    def __init__(self):
        self.count = self.sum = self.zero_count = self.zero_threshold = self.schema = self.created = None
        self.buckets = {}  # index: count


def varint(data, at):
    value = shift = 0
    while True:
        need(at < len(data) and shift < 70, "varint does not end")
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            need(value < 2**64, "varint of more than 64 bits")
            return value, at


def fields(data):
    at, out = 0, []
    while at < len(data):
        tag, at = varint(data, at)
        wire = tag & 7
        need(tag >> 3 and wire in (0, 1, 2, 5), f"tag {tag}")
        if wire == 0:
            value, at = varint(data, at)
        else:
            size = {1: 8, 5: 4}.get(wire)
            if size is None:
                size, at = varint(data, at)
            need(at + size <= len(data), "field does not end")
            value, at = data[at : at + size], at + size
        out.append((tag >> 3, wire, value))
    return out


def message(data, schema):
    """{name: value, or list} by a schema {field: (name, type, repeated)}; unknown fields are refused: we send none."""
    out = {name: [] for name, _, repeated in schema.values() if repeated}
    for field, wire, value in fields(data):
        need(field in schema, f"field {field} is not in the schema")
        name, kind, repeated = schema[field]
        if kind in ("uint", "sint", "int"):
            values = [value] if wire == 0 else []
            if wire == 2 and repeated:
                at = 0
                while at < len(value):
                    one, at = varint(value, at)
                    values.append(one)
            need(values, f"{name}: wire type {wire}")
            if kind == "sint":
                values = [one >> 1 ^ -(one & 1) for one in values]
        elif kind == "double":
            need(wire == 1, f"{name}: wire type {wire}")
            values = [struct.unpack("<d", value)[0]]
        else:
            need(wire == 2, f"{name}: wire type {wire}")
            values = [decode(value) if kind == "string" else message(value, kind)]
        if repeated:
            out[name] += values
        else:
            need(name not in out, f"{name} twice")
            out[name] = values[0]
    return out


TIME = {1: ("seconds", "int", False), 2: ("nanos", "int", False)}
PAIR = {1: ("name", "string", False), 2: ("value", "string", False)}
EXEMPLAR = {1: ("label", PAIR, True), 2: ("value", "double", False), 3: ("timestamp", TIME, False)}
SPAN = {1: ("offset", "sint", False), 2: ("length", "uint", False)}
BUCKET = {1: ("count", "uint", False), 2: ("bound", "double", False), 3: ("exemplar", EXEMPLAR, False)}
HISTOGRAM = {
    1: ("count", "uint", False),
    2: ("sum", "double", False),
    3: ("bucket", BUCKET, True),
    5: ("schema", "sint", False),
    6: ("zero_threshold", "double", False),
    7: ("zero_count", "uint", False),
    9: ("negative_span", SPAN, True),
    10: ("negative_delta", "sint", True),
    12: ("positive_span", SPAN, True),
    13: ("positive_delta", "sint", True),
    15: ("created", TIME, False),
    16: ("exemplars", EXEMPLAR, True),
}
GAUGE = {1: ("value", "double", False)}
COUNTER = {1: ("value", "double", False), 2: ("exemplar", EXEMPLAR, False), 3: ("created", TIME, False)}
METRIC = {
    1: ("label", PAIR, True),
    2: ("gauge", GAUGE, False),
    3: ("counter", COUNTER, False),
    7: ("histogram", HISTOGRAM, False),
}
FAMILY = {
    1: ("name", "string", False),
    2: ("help", "string", False),
    3: ("type", "uint", False),
    4: ("metric", METRIC, True),
    5: ("unit", "string", False),
}
PROTOBUF_KINDS = {0: "counter", 1: "gauge", 4: "histogram"}


def created_seconds(part):
    if "created" not in part:
        return None
    nanos = part["created"].get("nanos", 0)
    need(0 <= nanos < 10**9, "nanos of a time")
    return part["created"].get("seconds", 0) + nanos / 1e9


def native(name, part):
    result = Native()
    result.schema = part["schema"]
    need(-4 <= result.schema <= 8, f"{name}: schema {result.schema}")
    need(not part["negative_span"] and not part["negative_delta"], f"{name}: negative durations")
    spans, deltas = part["positive_span"], part["positive_delta"]
    result.count, result.sum = part.get("count", 0), part.get("sum", 0.0)
    result.zero_count, result.zero_threshold = part.get("zero_count", 0), part.get("zero_threshold", 0.0)
    need(result.zero_threshold >= 0, f"{name}: zero threshold")
    need(spans or deltas or result.zero_count, f"{name}: an empty histogram without a span")
    need(sum(span.get("length", 0) for span in spans) == len(deltas), f"{name}: spans and deltas differ")
    need(len(deltas) <= 160, f"{name}: more than 160 buckets")
    index = value = 0
    left = list(deltas)
    for place, span in enumerate(spans):
        need(place == 0 or span.get("offset", 0) >= 0, f"{name}: negative offset of a span that is not the first")
        index += span.get("offset", 0)
        for _ in range(span.get("length", 0)):
            value += left.pop(0)
            need(value >= 0, f"{name}: negative bucket")
            result.buckets[index] = value
            index += 1
    need(all((2 ** (2**-result.schema)) ** i > result.zero_threshold * 1.0000001 for i in result.buckets),
         f"{name}: a bucket inside the zero bucket")
    total = result.zero_count + sum(result.buckets.values())
    need(total == result.count or math.isnan(result.sum), f"{name}: buckets have {total}, count is {result.count}")
    for one in part["exemplars"]:
        need("timestamp" in one, f"{name}: native exemplar without timestamp")
    return result


def protobuf_histogram(family, labels, part):
    created = created_seconds(part)
    count, last = part.get("count", 0), None
    for bucket in part["bucket"]:
        bound = bucket.get("bound", 0.0)
        family.samples.append((family.name + "_bucket", labels + (("le", canonical(bound)),), bucket.get("count", 0), created))
        last = bound
    if part["bucket"] and last != math.inf:
        family.samples.append((family.name + "_bucket", labels + (("le", "+Inf"),), count, created))
    if part["bucket"] or "schema" not in part:
        family.samples.append((family.name + "_sum", labels, part.get("sum", 0.0), created))
        family.samples.append((family.name + "_count", labels, count, created))
    if "schema" in part:
        family.native.append((labels, native(family.name, part)))
        family.native[-1][1].created = created


def protobuf(data, own=False):
    at, families = 0, []
    while at < len(data):
        size, begin = varint(data, at)
        at = begin + size
        need(at <= len(data), "message does not end")
        part = message(data[begin:at], FAMILY)
        need(NAME.fullmatch(part.get("name", "")), "no name")
        need(part.get("type", 0) in PROTOBUF_KINDS, f"type {part.get('type')}")
        need(part["metric"], f"{part['name']}: no metric")
        family = Family(part["name"], PROTOBUF_KINDS[part.get("type", 0)])
        family.help, family.unit = part.get("help"), part.get("unit")
        need(not family.unit or family.name.removesuffix("_total").endswith("_" + family.unit), f"{family.name}: unit")
        for metric in part["metric"]:
            labels = tuple((pair.get("name", ""), pair.get("value", "")) for pair in metric["label"])
            need(len(dict(labels)) == len(labels), f"{family.name}: label twice")
            need(all(LABEL.fullmatch(name) for name, _ in labels), f"{family.name}: name of a label")
            need(set(metric) == {"label", family.kind}, f"{family.name}: not a {family.kind}")
            value = metric[family.kind]
            if family.kind == "histogram":
                protobuf_histogram(family, labels, value)
            else:
                need("value" in value, f"{family.name}: no value")
                family.samples.append((family.name, labels, value["value"], created_seconds(value)))
        families.append(family)
    check_unique(families)
    for family in families:
        if family.kind == "histogram" and family.samples:
            check_classic(family)
        if own:
            need(family.help is not None and family.samples, f"{family.name}: headings")
            check_names(family)
    return families


if __name__ == "__main__":  # exposition.py text|openmetrics|protobuf FILE: whether it is valid, and ktally's
    import sys

    with open(sys.argv[2], "rb") as file:
        print(sum(len(family.samples) for family in globals()[sys.argv[1]](file.read(), own=True)), "samples")

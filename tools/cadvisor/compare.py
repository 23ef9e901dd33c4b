#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""compare.py FOLDER...: what tools/cadvisor/scene left there, family by family, as the page docs/CADVISOR.md on stdout.

A family is judged by the rows of the scene's containers, which are at rest: equal, better (cAdvisor's value is not the kernel's; a
reason is given in reasons.tsv), only ours, or absent (with a reason). A difference without a reason, or a reason that no difference
asks for, ends with status 1."""
import os
import re
import sys

SAMPLE = re.compile(r'^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: \d+)?$')
LABEL = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"')
BASE = ('id', 'container', 'image', 'name', 'namespace', 'pod')
HERE = os.path.dirname(os.path.abspath(__file__))
# Gauges that are about the moment of the reading, and times that cAdvisor cuts to seconds.
TOLERANCE = {'container_last_seen': 15, 'container_start_time_seconds': 1, 'container_creation_time_seconds': 1}


def read_samples(path):
    """{family: {(six labels): {own labels: value}}}"""
    families = {}
    with open(path, encoding='utf-8') as file:
        for line in file:
            match = SAMPLE.match(line.rstrip('\n'))
            if line.startswith('#') or not match:
                continue
            labels = dict(LABEL.findall(match.group(2) or ''))
            row = tuple(labels.get(name, '') for name in BASE)
            own = tuple(sorted((k, v) for k, v in labels.items() if k not in BASE))
            families.setdefault(match.group(1), {}).setdefault(row, {})[own] = float(match.group(3))
    return families


def read_table(path):
    with open(path, encoding='utf-8') as file:
        return [line.rstrip('\n').split('\t') for line in file if line.strip() and not line.startswith('#')]


def is_equal(family, ours, theirs):
    return abs(ours - theirs) <= max(TOLERANCE.get(family, 0), 1e-9 * abs(theirs))


class Scene:
    def __init__(self, folder):
        self.ours = read_samples(os.path.join(folder, 'ktally.prom'))
        self.theirs = read_samples(os.path.join(folder, 'cadvisor.prom'))
        self.facts = dict(read_table(os.path.join(folder, 'facts')))
        self.rows = [tuple((cells + [''] * 6)[:6]) for cells in read_table(os.path.join(folder, 'ids'))]

    def samples(self, families, family):
        ids = {row[0] for row in self.rows}
        return {(row[0], own): value for row, samples in families.get(family, {}).items() if row[0] in ids
                for own, value in samples.items()}

    def judge(self, family):
        """verdict, and an example of a difference"""
        ours, theirs = self.samples(self.ours, family), self.samples(self.theirs, family)
        if not ours and not theirs: # the machine's
            ours = {k: 0 for k in self.ours.get(family, {})}
            theirs = {k: 0 for k in self.theirs.get(family, {})}
        if not theirs:
            return 'ours' if ours else '-', ''
        if not ours:
            return 'absent', ''
        for key, value in theirs.items():
            if key not in ours:
                return 'fewer', 'cAdvisor has %s' % (key[1] or 'it',)
            if not is_equal(family, ours[key], value):
                return 'differs', '%.12g, cAdvisor %.12g' % (ours[key], value)
        return ('more', '') if set(ours) - set(theirs) else ('equal', '')


def main():
    scenes = [Scene(folder) for folder in sys.argv[1:]]
    reasons = {row[0]: row[1:] for row in read_table(os.path.join(HERE, 'reasons.tsv'))}
    families = sorted(set(f for s in scenes for f in list(s.ours) + list(s.theirs)))
    wrong, lines, counts = [], [], {}
    for family in families:
        judged = [scene.judge(family) for scene in scenes]
        verdicts = [verdict for verdict, _ in judged]
        word, reason = reasons.get(family, ('', ''))
        known = [v for v in verdicts if v != '-'] or ['-']
        if all(v == 'equal' for v in known):
            verdict = 'equal'
        elif all(v == 'absent' for v in known):
            verdict = 'absent'
        elif all(v in ('equal', 'more', 'ours', 'differs', 'fewer', 'absent') for v in known):
            verdict = 'better' if word != 'absent' else 'differs'
        else:
            verdict = '-'
        if verdict == 'equal' and word == 'better': # nothing of it could be seen here
            word = verdict
        if verdict != word and not (verdict == 'equal' and not word) and verdict != '-':
            wrong.append('%s: %s, but reasons.tsv says %s (%s)' % (family, verdict, word or 'nothing', judged))
        examples = '; '.join('%s: %s' % (scene.facts['cgroup'], text) for scene, (_, text) in zip(scenes, judged) if text)
        counts[verdict] = counts.get(verdict, 0) + 1
        lines.append('| `%s` | %s | %s%s |' % (family, verdict, reason, ' (%s)' % examples if examples and verdict == 'better' else ''))
    for scene in scenes:
        for row in scene.rows:
            if row[1] == '-': # no labels to compare
                continue
            for name, found in (('ktally', scene.ours), ('cadvisor', scene.theirs)):
                if row not in found.get('container_last_seen', {}):
                    wrong.append('%s, %s has no row with the labels %s' % (scene.facts['cgroup'], name, row))
    with open(os.path.join(HERE, 'page.md'), encoding='utf-8') as file:
        page = file.read()
    facts = '\n'.join('| %s, kernel %s | %s ms/s, %s ms | %s | %s MiB | %s ms/s, %s ms | %s | %s MiB |' % (
        s.facts['cgroup'], s.facts['kernel'], *(x for who in ('ktally', 'cadvisor') for x in (
            s.facts[who + '.idle_ms_per_s'], s.facts[who + '.ms_per_scrape'], s.facts[who + '.series'],
            int(s.facts[who + '.rss_kib']) // 1024))) for s in scenes if 'ktally.series' in s.facts)
    counted = ', '.join('%d %s' % (counts[k], k) for k in ('equal', 'better', 'absent') if k in counts)
    print(page.replace('@TABLE@', '\n'.join(lines)).replace('@FACTS@', facts).replace('@COUNTS@', counted), end='')
    for line in wrong:
        print('compare:', line, file=sys.stderr)
    return 1 if wrong else 0


sys.exit(main())

# SPDX-License-Identifier: Apache-2.0
"""Lines for tests/run."""


class Tap:
    def __init__(self):
        self.count = self.failed = 0

    def ok(self, sentence, good, why=""):
        self.count += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {sentence}")
        if not good and why:
            print("\n".join("# " + line for line in str(why).splitlines()))

    def skip(self, sentence, reason):
        self.count += 1
        print(f"ok {self.count} - {sentence} # SKIP {reason}")

    def done(self):
        print(f"1..{self.count}")
        return 1 if self.failed else 0

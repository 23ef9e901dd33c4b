#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The build: a second make does nothing; what changes rebuilds what depends on it, on both sides; help lists the targets.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

unset MAKEFLAGS MAKELEVEL MFLAGS
build() { make --no-print-directory -C "$ROOT" "$@" 2>&1; }

build >"$WORK/first"
is "a second make rebuilds nothing" "$(build | grep -v "Nothing to be done")" ""

# rebuilds CHANGED OBJECT...: what make would do if that file were new
rebuilds() {
	local changed=$1 object
	shift
	build -n -W "$changed" >"$WORK/plan"
	for object in "$@"; do
		ok "a changed $changed rebuilds $object" grep -q -- "-o $object" "$WORK/plan"
	done
}
rebuilds include/metrics.def build/gen/sched.bpf.o build/release/user/model/metric.o build/release/ktally
rebuilds include/classes.def build/release/user/probe/configure.o build/release/user/model/metric.o
rebuilds include/record.h build/gen/syscall.bpf.o build/release/user/read/thread.o
rebuilds bpf/lib/call.bpf.h build/gen/syscall.bpf.o
rebuilds user/probe/probes.def build/release/user/probe/probe.o
rebuilds user/options/options.def build/release/user/options.o
is "and only that" "$(build -n -W user/options/options.def | grep -c 'build/gen/.*bpf.o')" 0

for target in run check deps bench check-kernels fuzz lint docs clean; do
	ok "help has $target" grep -q "^  $target " <(build help)
done
ok "deps says what it would install" "$ROOT/tools/deps" --dry-run build test kernels bench
is "an unknown sanitizer is an error" "$(build SAN=typo | grep -c 'SAN=typo is not known')" 1
done_testing

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# time-limit: 240
# The whole daemon built with AddressSanitizer and UBSan: containers, a storm, bad clients, a reload, without BPF; a clean end
# without a leak. KTALLY_SANITIZED is that binary.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"
KTALLY=${KTALLY_SANITIZED:-$ROOT/build/asan/ktally}
[ -x "$KTALLY" ] || skip_all "no sanitized build: make SAN=address,undefined build/asan/ktally"
export ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1

sanitized_clean() { # sanitized_clean NAME
	is "$1: nothing for the sanitizers to say" \
		"$(grep -c -E 'ERROR: (Address|Leak)Sanitizer|runtime error' "$WORK/daemon.log")" 0
}

for profile in default full light; do
	daemon_start --profile "$profile" --web.timeout=2s --containers.grace-time=1s --limits.containers=8
	cgroup_make "$profile"
	cgroup_run "$CGROUP" "$WORKLOAD" storm 5 >/dev/null
	container_make "box-$profile" && container_run "box-$profile" calls 101 getppid >/dev/null
	cgroup_remove "$CGROUP"
	python3 "$ROOT/tests/e2e/bad_clients.py" "${URL#http://}" >/dev/null
	kill -HUP "$DAEMON_PID"
	sleep 2.5
	ok "$profile: serves after all that" scrape "$WORK/$profile.prom"
	daemon_stop
	is "$profile: ends with 0" $? 0
	sanitized_clean "$profile"
done

daemon_start --no-bpf.enabled --interval.files=1s
sleep 2.5
scrape "$WORK/off.prom"
daemon_stop
is "without BPF: ends with 0" $? 0
sanitized_clean "without BPF"

"$KTALLY" verify >"$WORK/daemon.log" 2>&1 # page faults are the sanitizer's own, so its verdict is not asked
sanitized_clean verify
done_testing

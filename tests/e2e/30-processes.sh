#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# time-limit: 300
# Many short lives: 10,000 processes of about 1 ms, 20,000 threads, a mixed storm. All are counted, CPU time agrees with the
# cgroup's own counter, the books balance, and nothing is left behind.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"

daemon_start

# run_in NAME ARGUMENT...: the workload in a cgroup of its own
run_in() {
	local name=$1
	shift
	cgroup_make "$name"
	cgroup_run "$CGROUP" "$WORKLOAD" "$@" >"$WORK/report"
	settle
	scrape "$WORK/$name.prom"
	LABELS="container=\"$(basename "$CGROUP")\""
}

balanced() { # balanced NAME
	for what in syscalls switches births deaths; do
		is "$1: the books of $what balance" "$(metric "$WORK/$1.prom" ktally_self_accounting_difference "what=\"$what\"")" 0
	done
}

run_in short short 10000
between "10,000 processes of 1 ms: all starts counted" \
	"$(metric "$WORK/short.prom" ktally_container_process_starts_total "$LABELS")" 10000 10001
is "and all ends" "$(metric "$WORK/short.prom" ktally_container_process_exits_total "$LABELS")" 10001
kernel=$(cgroup_cpu "$CGROUP")
between "their CPU time is the cgroup's own within 0.1 % and a tick" \
	"$(metric "$WORK/short.prom" ktally_container_cpu_seconds_total "$LABELS")" \
	"$(awk -v k="$kernel" 'BEGIN { print k * 0.999 - 0.010 }')" "$(awk -v k="$kernel" 'BEGIN { print k * 1.001 + 0.010 }')"
note "kernel $kernel s, ktally $(metric "$WORK/short.prom" ktally_container_cpu_seconds_total "$LABELS") s"
is "user and system time add up to it" \
	"$(awk -v u="$(metric "$WORK/short.prom" ktally_container_cpu_user_seconds_total "$LABELS")" \
		-v s="$(metric "$WORK/short.prom" ktally_container_cpu_system_seconds_total "$LABELS")" 'BEGIN { printf "%.6f", u + s }')" \
	"$(awk -v c="$(metric "$WORK/short.prom" ktally_container_cpu_seconds_total "$LABELS")" 'BEGIN { printf "%.6f", c }')"
balanced short

run_in threads threads 20000
is "20,000 threads: one process ended" "$(metric "$WORK/threads.prom" ktally_container_process_exits_total "$LABELS")" 1
is "none is left" "$(metric "$WORK/threads.prom" ktally_container_threads "$LABELS")" 0
balanced threads

run_in storm storm 10
processes=$(value_of processes <"$WORK/report")
note "storm: $(tr '\n' ' ' <"$WORK/report")"
is "a storm of $processes processes: all ends counted" \
	"$(metric "$WORK/storm.prom" ktally_container_process_exits_total "$LABELS")" $((processes + 1))
is "nothing left alive" "$(metric "$WORK/storm.prom" ktally_container_processes "$LABELS")" 0
balanced storm
is "no thread was without a slot" "$(metric "$WORK/storm.prom" ktally_self_unattributed_total 'what="births"')" 0
done_testing

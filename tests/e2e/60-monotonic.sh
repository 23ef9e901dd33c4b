#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# time-limit: 240
# Counters only grow: over thousands of scrapes during a storm, across the death of processes, the folding of programs, and with a
# record table of 64 slots that is always full. What has no slot is counted for the node and said so.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"

# storm_under NAME ARGUMENT...: a daemon with those options, a storm, and 1,500 scrapes checked one against the next
storm_under() {
	local name=$1
	shift
	daemon_start "$@"
	cgroup_make "$name"
	background cgroup_run "$CGROUP" "$WORKLOAD" storm 25
	ok "$name: no counter of 1,500 scrapes ever falls" python3 "$ROOT/tests/e2e/monotonic.py" "$URL/metrics" 1500
	sed 's/^/# /' "$WORK/output"
	wait "$BACKGROUND_PID"
	settle
	scrape "$WORK/$name.prom"
	for what in syscalls switches births deaths; do
		is "$name: the books of $what balance" "$(metric "$WORK/$name.prom" ktally_self_accounting_difference "what=\"$what\"")" 0
	done
}

storm_under plain
is "plain: all ends are counted" \
	"$(metric "$WORK/plain.prom" ktally_container_process_exits_total "container=\"$(basename "$CGROUP")\"")" \
	"$(($(value_of processes <"$WORK/background.$BACKGROUND_PID") + 1))"
daemon_stop

storm_under folded --limits.programs-per-container=2
between "folded: programs past the limit share a row" \
	"$(metric "$WORK/folded.prom" ktally_self_series_folded_total 'table="programs"')" 1 1e12
for family in ktally_%s_syscalls_total ktally_%s_cpu_seconds_total ktally_%s_process_exits_total; do
	# shellcheck disable=SC2059  # the family is the format
	is "folded: the programs' $family add up to the container's" \
		"$(metric "$WORK/folded.prom" "$(printf "$family" program)" "container=\"$(basename "$CGROUP")\"")" \
		"$(metric "$WORK/folded.prom" "$(printf "$family" container)" "container=\"$(basename "$CGROUP")\"")"
done
daemon_stop

storm_under full --bpf.slots=64
between "full: threads without a slot are told" "$(metric "$WORK/full.prom" ktally_self_unattributed_total 'what="births"')" 1 1e12
between "full: their calls too" "$(metric "$WORK/full.prom" ktally_self_unattributed_total 'what="syscalls"')" 1 1e12
between "full: the node has all ends, with or without a slot" \
	"$(metric "$WORK/full.prom" ktally_node_process_exits_total)" \
	"$(($(value_of processes <"$WORK/background.$BACKGROUND_PID") + 1))" 1e12
daemon_stop
done_testing

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Without BPF: switched off, or without privilege. The daemon serves what cgroup files and procfs give and says what is off.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

without_bpf() { # without_bpf NAME: after daemon_start
	scrape "$WORK/$1.prom"
	is "$1: one row says that BPF is off" "$(metric "$WORK/$1.prom" ktally_self_probe_up 'probe="bpf"')" 0
	between "$1: CPU time of the node" "$(metric "$WORK/$1.prom" ktally_node_cpu_seconds_total)" 0 1e9
	between "$1: memory of the node" "$(metric "$WORK/$1.prom" ktally_node_memory_usage_bytes)" 1000000 1e15
	between "$1: processes of the node" "$(metric "$WORK/$1.prom" ktally_node_processes)" 1 100000
	is "$1: no system calls are made up" "$(grep -c '^ktally_program_' "$WORK/$1.prom")" 0
}

if [ "$(id -u)" = 0 ]; then
	cgroup_make quiet
	background cgroup_run "$CGROUP" "$WORKLOAD" spin-forever
	daemon_start --no-bpf.enabled --interval.files=1s
	sleep 3.3
	without_bpf off
	is "off: the reason is told" \
		"$(metric "$WORK/off.prom" ktally_self_probe_up 'probe="bpf",reason="switched off by --no-bpf.enabled"')" 0
	between "off: a container's CPU time comes from its files" \
		"$(metric "$WORK/off.prom" ktally_container_cpu_seconds_total "container=\"$(basename "$CGROUP")\"")" 0.5 30
	between "off: and its processes" \
		"$(metric "$WORK/off.prom" ktally_container_processes "container=\"$(basename "$CGROUP")\"")" 1 2
	cgroup_remove "$CGROUP"
	daemon_stop
	is "off: SIGTERM ends it with 0" $? 0

	cp "$KTALLY" "$WORK/ktally" && chmod 755 "$WORK" "$WORK/ktally"
	KTALLY="setpriv --reuid 65534 --regid 65534 --clear-groups $WORK/ktally"
	printf '#!/bin/sh\nexec %s "$@"\n' "$KTALLY" >"$WORK/unprivileged" && chmod 755 "$WORK/unprivileged"
	KTALLY=$WORK/unprivileged
fi
daemon_start
sleep 1
without_bpf unprivileged
ok "unprivileged: the log says what root would give" grep -q "BPF is off" "$WORK/daemon.log"
daemon_stop
is "unprivileged: SIGTERM ends it with 0" $? 0
done_testing

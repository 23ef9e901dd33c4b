#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# time-limit: 120
# What the profiles light and full give beside the default one.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"

daemon_start --profile light
cgroup_make light
cgroup_run "$CGROUP" "$WORKLOAD" short 997 >"$WORK/report"
labels="container=\"$(basename "$CGROUP")\""
# deaths are told when the kernel's RCU frees the tasks, which takes a while on a busy machine
all_ended() {
	scrape "$WORK/light.prom" && [ "$(metric "$WORK/light.prom" ktally_container_process_exits_total "$labels")" = 998 ]
}
eventually 20 all_ended
is "light: 997 processes of 1 ms and their parent ended" \
	"$(metric "$WORK/light.prom" ktally_container_process_exits_total "$labels")" 998
kernel=$(cgroup_cpu "$CGROUP")
between "light: their CPU time is the cgroup's own within 0.1 % and a tick" \
	"$(metric "$WORK/light.prom" ktally_container_cpu_seconds_total "$labels")" \
	"$(awk -v k="$kernel" 'BEGIN { print k * 0.999 - 0.010 }')" "$(awk -v k="$kernel" 'BEGIN { print k * 1.001 + 0.010 }')"
is "light: no system calls are shown, rather than none" "$(metric "$WORK/light.prom" ktally_container_syscalls_total "$labels")" absent
is "light: the two hot hooks are not there" \
	"$(grep -c -E '^ktally_self_probe_up.probe="(sched_switch|sys_exit)' "$WORK/light.prom")" 0
is "light: the books of births balance" "$(metric "$WORK/light.prom" ktally_self_accounting_difference 'what="births"')" 0
is "light: the books of deaths balance" "$(metric "$WORK/light.prom" ktally_self_accounting_difference 'what="deaths"')" 0
daemon_stop

daemon_start --profile full
cgroup_make full
cgroup_run "$CGROUP" "$WORKLOAD" calls 40009 getppid >/dev/null
cgroup_run "$CGROUP" "$WORKLOAD" sleep 199 3 >"$WORK/report"
settle
scrape "$WORK/full.prom"
labels="container=\"$(basename "$CGROUP")\""
between "full: counts stay exact" \
	"$(metric "$WORK/full.prom" ktally_container_syscalls_total "$labels,class=\"process\"")" 40009 40049
# one in 8 is timed and counts as 8: 40,009 calls are 40,009 within 5 standard deviations of 8 * sqrt(40,009 / 8)
between "full: the latency histogram has as many, sampled" \
	"$(metric "$WORK/full.prom" ktally_container_syscall_latency_seconds_count "$labels,class=\"process\"")" 37180 42880
between "full: and calls of getppid are short" \
	"$(metric "$WORK/full.prom" ktally_container_syscall_latency_seconds_bucket "$labels,class=\"process\",le=\"1.52587890625e-05\"")" 36000 42880
between "full: 199 sleeps of 3 ms are between 2 and 8 ms" \
	"$(awk -v a="$(metric "$WORK/full.prom" ktally_container_syscall_latency_seconds_bucket "$labels,class=\"time\",le=\"0.0078125\"")" \
		-v b="$(metric "$WORK/full.prom" ktally_container_syscall_latency_seconds_bucket "$labels,class=\"time\",le=\"0.001953125\"")" \
		'BEGIN { print a - b }')" 40 420
daemon_stop
done_testing

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# time-limit: 240
# /metrics/cadvisor: the kernel's own totals of real containers with limits, compared with their cgroup files; the labels; containers
# that end; the format.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"

# folder_of CONTROLLER: its hierarchy, v1 or v2
folder_of() {
	awk -v controller=",$1," '$3 == "cgroup" && ("," $4 ",") ~ controller { v1 = $2 } $3 == "cgroup2" && !v2 { v2 = $2 }
		END { print v1 ? v1 : v2 }' /proc/mounts
}

# file_of CONTROLLER V2-NAME V1-NAME: of the container `limited`
file_of() {
	local folder path
	folder=$(folder_of "$1")
	path=$folder$(container_cgroup limited)
	[ -e "$folder/cgroup.controllers" ] && echo "$path/$2" || echo "$path/$3"
}

LABELS="id=\"/ktally-e2e-$$-limited\",container=\"\",image=\"\",name=\"\",namespace=\"\",pod=\"\""
shown() { # shown FAMILY [LABELS]
	scrape "$WORK/now.prom" /metrics/cadvisor && metric "$WORK/now.prom" "$1" "$LABELS${2:+,$2}"
}

# same SENTENCE FAMILY LABELS COMMAND...: what is shown becomes what the command prints, at the latest when the file's turn comes
is_same() {
	local family=$1 labels=$2
	shift 2
	GOT=$(shown "$family" "$labels") EXPECTED=$("$@" 2>/dev/null)
	[ -n "$EXPECTED" ] && [ "$GOT" = "$EXPECTED" ]
}
same() {
	local sentence=$1
	shift
	eventually 15 is_same "$@"
	is "$sentence" "$GOT" "$EXPECTED"
}
number() { cat "$(file_of "$@")"; }
key() { awk -v key="$1" '$1 == key { print $2 }' "$(file_of "${@:2}")"; }
stat_key() { # stat_key V2-KEY V1-KEY
	awk -v v2="$1" -v v1="$2" '{ value[$1] = $2 } END { print v1 in value ? value[v1] : value[v2] }' \
		"$(file_of memory memory.stat memory.stat)"
}
seconds() { awk -v value="$1" -v unit="$2" 'BEGIN { printf "%.15g\n", value / unit }'; }
cpu_seconds() {
	local file
	file=$(file_of cpuacct cpu.stat cpuacct.usage)
	case $file in
	*/cpu.stat) seconds "$(awk '$1 == "usage_usec" { print $2 }' "$file")" 1000000 ;;
	*) seconds "$(cat "$file")" 1000000000 ;;
	esac
}
throttled_seconds() {
	awk '$1 == "throttled_usec" { printf "%.15g\n", $2 / 1e6 } $1 == "throttled_time" { printf "%.15g\n", $2 / 1e9 }' \
		"$(file_of cpu cpu.stat cpu.stat)"
}

container_make limited
jq '.linux.resources += {memory: {limit: 67108864}, cpu: {quota: 20000, period: 100000, shares: 512}, pids: {limit: 77}}' \
	"$WORK/bundle.limited/config.json" >"$WORK/config" && mv "$WORK/config" "$WORK/bundle.limited/config.json"
container_start limited
daemon_start
container_exec limited spin 300 >/dev/null
container_exec limited faults 5003 >/dev/null
container_exec limited faults 30000 >/dev/null 2>&1 # more than the limit: killed

same "CPU time is that of the cgroup, also from before ktally" container_cpu_usage_seconds_total 'cpu="total"' cpu_seconds
same "periods of the CPU limit" container_cpu_cfs_periods_total "" key nr_periods cpu cpu.stat cpu.stat
same "periods that were throttled" container_cpu_cfs_throttled_periods_total "" key nr_throttled cpu cpu.stat cpu.stat
same "time that was throttled" container_cpu_cfs_throttled_seconds_total "" throttled_seconds
same "memory in use" container_memory_usage_bytes "" number memory memory.current memory.usage_in_bytes
same "anonymous memory" container_memory_rss "" stat_key anon total_rss
same "page cache" container_memory_cache "" stat_key file total_cache
same "the most memory there was" container_memory_max_usage_bytes "" number memory memory.peak memory.max_usage_in_bytes
same "page faults" container_memory_failures_total 'failure_type="pgfault",scope="hierarchy"' stat_key pgfault total_pgfault
same "the process that was killed for its memory" container_oom_events_total "" \
	key oom_kill memory memory.events memory.oom_control
is "is one" "$(shown container_oom_events_total)" 1
same "tasks" container_threads "" number pids pids.current pids.current
is "the quota" "$(shown container_spec_cpu_quota)" 20000
is "the period" "$(shown container_spec_cpu_period)" 100000
is "the memory limit" "$(shown container_spec_memory_limit_bytes)" 67108864
is "the task limit" "$(shown container_threads_max)" 77
is "one process" "$(shown container_processes)" 1
between "the start is the container's" "$(shown container_start_time_seconds)" \
	"$(($(date +%s) - 120))" "$(date +%s)"
between "run time by BPF is at least that of the work since ktally began" \
	"$(shown container_cpu_schedstat_run_seconds_total)" 0.3 10

is "there is one row of the machine" "$(grep -c '^container_last_seen{.*,id="/",' "$WORK/now.prom")" 1
between "its CPU time is more than the container's" \
	"$(metric "$WORK/now.prom" container_cpu_usage_seconds_total 'id="/"')" "$(shown container_cpu_usage_seconds_total)" 1e12
is "its memory limit is all memory" "$(metric "$WORK/now.prom" container_spec_memory_limit_bytes 'id="/"')" \
	"$(awk '$1 == "MemTotal:" { printf "%.15g\n", $2 * 1024 }' /proc/meminfo)"
is "no sample has a time" "$(grep -v '^#' "$WORK/now.prom" | grep -vcE '^[a-z_]+(\{.*\})? [0-9.]+$')" 0
is "labels are the kubelet's six" "$(sed -n 's/^container_last_seen{\(.*\)}.*/\1/p' "$WORK/now.prom" |
	sed 's/"\([^"\\]\|\\.\)*"//g' | sort -u)" "container=,id=,image=,name=,namespace=,pod="
is "the format is text 0.0.4, whatever is asked for but protobuf" "$(curl -s -o /dev/null -w '%{content_type}' \
	-H 'Accept: application/openmetrics-text' "$URL/metrics/cadvisor")" "text/plain; version=0.0.4; charset=utf-8"

container_stop limited
gone() { [ "$(shown container_last_seen)" = absent ]; }
ok "a container that ended is gone at once" eventually 2 gone
scrape "$WORK/metrics.prom"
is "and still on /metrics" "$(metric "$WORK/metrics.prom" ktally_container_info "container=\"ktally-e2e-$$-limited\"")" 1

# Without BPF, and with the cgroups around it.
daemon_stop
remove_around() { find /sys/fs/cgroup -depth -type d -path "*/ktally-e2e-$$-around.slice*" -exec rmdir {} +; }
cleanup_push remove_around
container_make again "/ktally-e2e-$$-around.slice/again"
container_start again
daemon_start --no-bpf.enabled --cadvisor.parents
LABELS="id=\"/ktally-e2e-$$-around.slice/again\""
same "without BPF: one process" container_processes "" echo 1
is "and no numbers of the scheduler" "$(shown container_cpu_schedstat_run_seconds_total)" absent
LABELS="id=\"/ktally-e2e-$$-around.slice\""
between "the cgroup around it was seen now" "$(shown container_last_seen)" "$(($(date +%s) - 5))" "$(date +%s)"

done_testing

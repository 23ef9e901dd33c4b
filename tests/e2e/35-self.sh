#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What ktally says about itself: every row of the catalogue is there and sound, and every family that is served is in the catalogue.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"

daemon_start
settle
scrape "$WORK/first.prom"
scrape "$WORK/self.prom"
"$KTALLY" metrics >"$WORK/catalogue"

while read -r family; do
	case $family in
	ktally_self_series_left_out) continue ;; # only where something is: below
	ktally_self_source_refused_total | ktally_self_source_failures_total) # only of runtimes
		grep -q '^ktally_self_source_up{source="\(cri\|docker\|podman\)' "$WORK/self.prom" || continue ;;
	esac
	ok "$family is served" grep -q -E "^$family(\{| )" "$WORK/self.prom"
done < <(grep -o '^ktally_self_[a-z_]*' "$WORK/catalogue")
while read -r family; do
	case $family in process_* | ktally_build_info | ktally_container_info) continue ;; esac
	grep -q "^$family " "$WORK/catalogue" || { ok "$family is in the catalogue" false; continue; }
done < <(sed -n 's/^# TYPE \([^ ]*\) .*/\1/p' "$WORK/self.prom")

for map in records groups; do
	between "the entries of $map are within their capacity" \
		"$(metric "$WORK/self.prom" ktally_self_map_entries "map=\"$map\"")" 1 \
		"$(metric "$WORK/self.prom" ktally_self_map_capacity "map=\"$map\"")"
done
between "kernel memory holds the records at least" "$(metric "$WORK/self.prom" ktally_self_kernel_memory_bytes)" 7000000 100000000
for source in cgroupfs procfs; do
	is "$source answers" "$(metric "$WORK/self.prom" ktally_self_source_up "source=\"$source\"")" 1
done
is "nothing dropped" "$(metric "$WORK/self.prom" ktally_self_events_dropped_total)" 0
is "no CPU time unattributed" "$(metric "$WORK/self.prom" ktally_self_unattributed_cpu_seconds_total)" 0
is "the first scrape was the first" "$(metric "$WORK/first.prom" ktally_self_scrapes_total)" 1
is "and knows no rendering before it" "$(metric "$WORK/first.prom" ktally_self_scrape_duration_seconds)" 0
is "what was mended is told by kind" "$(sed -n 's/^ktally_self_repairs_total{what="\(.*\)"}.*/\1/p' "$WORK/first.prom" | sort | paste -sd ' ')" "orphaned_record stale_slot"
between "the daemon's own CPU time" "$(metric "$WORK/self.prom" process_cpu_seconds_total)" 0.001 10
between "its memory" "$(metric "$WORK/self.prom" process_resident_memory_bytes)" 1000000 64000000

# a limit of the kernel's own: memory.limit_in_bytes (v1) or memory.max (v2)
limit_file=$(for folder in $(awk '$3 == "cgroup" && ("," $4 ",") ~ /,memory,/ { print $2 }' /proc/mounts) $(cgroup_root); do
	[ -d "$folder" ] && echo "$folder"
done | head -n 1)
cgroup_make limited
mkdir -p "$limit_file/$(basename "$CGROUP")" && cleanup_push cgroup_remove "$limit_file/$(basename "$CGROUP")"
for name in memory.limit_in_bytes memory.max; do
	[ -e "$limit_file/$(basename "$CGROUP")/$name" ] && echo 67108864 >"$limit_file/$(basename "$CGROUP")/$name"
done
background cgroup_run "$CGROUP" "$WORKLOAD" sleep 1 20000
has_limit() {
	scrape "$WORK/limit.prom"
	[ "$(metric "$WORK/limit.prom" ktally_container_memory_limit_bytes "container=\"$(basename "$CGROUP")\"")" = 67108864 ]
}
ok "a memory limit is shown" eventually 15 has_limit
scrape "$WORK/now.prom"
# but for what comes and goes with programs, connections and disks: the estimate sees a moment, the daemon more of them
steady() { grep -vE '_program_|_tcp_|_disk_|^ktally_self|_by_(name|errno)'; }
series=$(grep -v '^#' "$WORK/now.prom" | steady | wc -l)
between "ktally metrics --estimate says how many series there are" \
	"$("$KTALLY" metrics --estimate 2>"$WORK/output" | awk 'NF == 2 { print $2, $1 }' | steady | awk '{ n += $2 } END { print n }')" \
	$((series * 8 / 10)) $((series * 12 / 10))
ok "the node, the rest and the busiest have a history" [ "$(metric "$WORK/now.prom" ktally_self_history_places)" -ge 3 ]
daemon_stop

# a limit on all series; what is excluded can change while running
printf 'metrics:\n  exclude: ["ktally_program_*"]\n  drop_label: ["*:class"]\n' >"$WORK/config.yaml"
daemon_start --config "$WORK/config.yaml" --limits.series=1000 --metrics.created --history.memory=0
settle
scrape "$WORK/limited.prom"
is "without memory for it nothing has a history" "$(metric "$WORK/limited.prom" ktally_self_history_places) $(metric "$WORK/limited.prom" ktally_self_history_bytes)" "0 0"
between "no more series of containers than the limit" "$(grep '^ktally_container_' "$WORK/limited.prom" | grep -c -v '^ktally_container_info')" 10 1000
is "families excluded are not there" "$(grep -c '^ktally_program_' "$WORK/limited.prom")" 0
is "system calls are summed over their classes" "$(grep -c '^ktally_container_syscalls_total{.*class=' "$WORK/limited.prom")" 0
for i in $(seq 90); do cgroup_make "many$i"; background cgroup_run "$CGROUP" "$WORKLOAD" sleep 1 20000; done
folded() { metric "$1" ktally_self_series_folded_total 'table="containers"'; }
are_folded() {
	scrape "$WORK/limited.prom"
	[ "$(folded "$WORK/limited.prom")" -ge 80 ] &&
		[ "$(metric "$WORK/limited.prom" ktally_container_processes 'container="other"')" -ge 80 ]
}
ok "containers past the limit are one, and that is told" eventually 20 are_folded
between "so that the series stay within the limit" "$(grep -c '^ktally_container_' "$WORK/limited.prom")" 100 1000
is "no family is left out" "$(grep -c '^ktally_self_series_left_out' "$WORK/limited.prom")" 0
is "and the sums are whole" "$(grep '^ktally_container_syscalls_total{' "$WORK/limited.prom" | awk '{ sum += $2 } END { printf "%.0f", sum }')" \
	"$(metric "$WORK/limited.prom" ktally_node_syscalls_total)"
ok "the node is still whole" grep -q '^ktally_node_syscalls_total ' "$WORK/limited.prom"
curl -fsS --max-time 10 -H 'Accept: application/openmetrics-text' -o "$WORK/created.om" "$URL/metrics"
ok "since when counters count is in OpenMetrics when asked for" grep -q '^ktally_node_syscalls_created [0-9]*\.[0-9]*$' "$WORK/created.om"
ok "and the whole is valid by the letter" python3 "$ROOT/tests/conformance/exposition.py" openmetrics "$WORK/created.om"
printf 'metrics:\n  exclude: ["ktally_container_*", process_max_fds]\n' >"$WORK/config.yaml"
kill -HUP "$DAEMON_PID"
is_reloaded() { scrape "$WORK/reloaded.prom" && grep -q '^ktally_program_' "$WORK/reloaded.prom"; }
ok "families that are excluded no more come back at SIGHUP" eventually 5 is_reloaded
is "and others go" "$(grep -c -E '^(ktally_container_|process_max_fds)' "$WORK/reloaded.prom")" 0
printf 'metrics:\n  drop_label: ["*:program"]\n' >"$WORK/config.yaml"
kill -HUP "$DAEMON_PID"
ok "a label that is no family's own is refused" eventually 5 grep -q "cannot reload.*'\*:program' names no family" "$WORK/daemon.log"
daemon_stop
done_testing

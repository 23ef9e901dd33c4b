#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# time-limit: 200
# Every layout of tests/fixtures/cgroup_paths.txt as a real cgroup with a process in it: named as the fixture says, and its calls
# counted. Runs on the host and in the guests, so on cgroup v1, v2 and hybrid.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"
root=$(cgroup_root)
top=$WORK/top
calls=101

# make_path PATH: the folders of a cgroup path; those that are new are removed at the end.
make_path() {
	local part at=
	local -a parts
	IFS=/ read -ra parts <<<"${1#/}"
	for part in "${parts[@]}"; do
		at+=/$part
		[ -d "$root$at" ] && continue
		mkdir "$root$at" || return 1
		cleanup_push cgroup_remove "$root$at"
	done
}

# Lines that can be made: a leading slash, nothing empty, no dots, not the root.
grep -E '^/[^ ]' "$ROOT/tests/fixtures/cgroup_paths.txt" | grep -v -E '^[^|]*(//|/\.\.|\(deleted\))' >"$top" # columns by " | "

daemon_start
lines=0
declare -A expected runtime_of
while IFS= read -r line; do
	path=${line%% | *}
	rest=${line#* | }
	runtime=${rest%% | *}
	rest=${rest#* | }
	name=${rest%% | *}
	make_path "$path" || continue
	cgroup_run_path() { sh -c 'echo $$ >"$0/cgroup.procs" || exit 1; exec "$@"' "$@"; }
	cgroup_run_path "$root$path" "$WORKLOAD" calls $calls getppid >/dev/null || continue
	lines=$((lines + 1))
	expected[$name]=$((${expected[$name]-0} + 1))
	runtime_of[$name]+=" $runtime"
done <"$top"
is "every layout of the fixture could be made" "$lines" "$(wc -l <"$top")"
settle
scrape "$WORK/layouts.prom"

wrong=0 unnamed=0
for name in "${!expected[@]}"; do
	count=$((expected[$name] * calls)) # and at most 30 more per process, for its start and end
	got=$(metric "$WORK/layouts.prom" ktally_program_syscalls_total \
		"container=\"${name//\\/\\\\}\",program=\"workload\",class=\"process\"")
	if [ "$got" = absent ] || [ "$got" -lt "$count" ] || [ "$got" -gt $((count + 30 * expected[$name])) ]; then
		note "$name: $got calls, expected $count of ${expected[$name]} processes"
		wrong=$((wrong + 1))
	fi
	for runtime in ${runtime_of[$name]}; do
		grep -F "container=\"${name//\\/\\\\}\"" "$WORK/layouts.prom" | grep -q -F "runtime=\"$runtime\"" && continue
		note "$name: no info row says runtime $runtime"
		unnamed=$((unnamed + 1))
	done
done
between "they come to as many containers as names" "${#expected[@]}" 40 "$lines"
is "each container has the calls of its processes" "$wrong" 0
is "each has an info row with its runtime" "$unnamed" 0
between "layouts that are not known are counted as such" \
	"$(metric "$WORK/layouts.prom" ktally_self_cgroups 'kind="unknown"')" 5 100
between "and containers as containers" "$(metric "$WORK/layouts.prom" ktally_self_cgroups 'kind="container"')" 40 400

# Notices that find no room in the buffer: all cgroups are met by a walk then.
kill -STOP "$DAEMON_PID"
many=2003
storm=/ktally-e2e-$$-storm/$(printf '%0240d' 1) # a notice holds its path: long ones fill the buffer
make_path "$storm"
for ((i = 0; i < many; i++)); do echo "$root$storm/docker-$(printf '%064x' $i).scope"; done >"$WORK/storm"
xargs mkdir <"$WORK/storm"
remove_storm() { xargs rmdir <"$WORK/storm"; }
cleanup_push remove_storm
kill -CONT "$DAEMON_PID"
all_met() { scrape "$WORK/storm.prom" && [ "$(metric "$WORK/storm.prom" ktally_self_cgroups 'kind="container"')" -ge "$many" ]; }
between "more cgroups at once than the buffer has room for: notices are lost and counted" \
	"$(scrape "$WORK/lost.prom"; metric "$WORK/lost.prom" ktally_self_events_dropped_total 'type="cgroup_mkdir"')" 1 $many
ok "and all of them are known soon after" eventually 10 all_met
kill -STOP "$DAEMON_PID"
remove_storm
kill -CONT "$DAEMON_PID"
none_left() { scrape "$WORK/storm.prom" && [ "$(metric "$WORK/storm.prom" ktally_self_cgroups 'kind="container"')" -lt 400 ]; }
ok "also when they go" eventually 10 none_left

# Whoever may make cgroups inside a container makes many: they are the container, and leave nothing behind.
make_path "/docker/$(printf '%064x' 7)"
nested=$root/docker/$(printf '%064x' 7)
for ((i = 0; i < many; i++)); do echo "$nested/n$i"; done >"$WORK/nested"
settle
scrape "$WORK/before.prom"
for _ in 1 2 3; do xargs mkdir <"$WORK/nested" && xargs rmdir <"$WORK/nested"; done
settle
scrape "$WORK/nested.prom"
is "6,009 cgroups made and removed inside a container are no containers" \
	"$(metric "$WORK/nested.prom" ktally_self_cgroups 'kind="container"')" "$(metric "$WORK/before.prom" ktally_self_cgroups 'kind="container"')"
is "and one info row" "$(grep -c "^ktally_container_info.*id=\"$(printf '%064x' 7)\"" "$WORK/nested.prom")" 1
daemon_stop
done_testing

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# time-limit: 300
# A container that makes more cgroups than the kernel has groups, at once and then more: another that begins later still has its own,
# and what the first had to do without is counted.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"
root=$(cgroup_root)
greedy=$root/ktally-e2e-$$/docker-$(printf 'a%.0s' {1..64}).scope
quiet=$root/ktally-e2e-$$/docker-$(printf 'b%.0s' {1..64}).scope
remove_all() {
	if [ ${#sleepers[@]} -gt 0 ]; then
		kill -9 "${sleepers[@]}"
		wait "${sleepers[@]}" 2>/dev/null
	fi
	sleepers=()
	find "$root/ktally-e2e-$$" -depth -type d -exec rmdir {} +
}
sleepers=()
cleanup_push remove_all
mkdir -p "$greedy" "$quiet"

# fill FOLDER NAME COUNT: so many cgroups in it, each with a process that sleeps
fill() {
	local i
	for ((i = 0; i < $3; i++)); do mkdir "$1/$2$i"; done
	for ((i = 0; i < $3; i++)); do
		sh -c "echo \$\$ >$1/$2$i/cgroup.procs; exec sleep 600" &
		sleepers+=($!)
	done
	eventually 60 is_full "$1" "$2" "$3"
	settle
}
# shellcheck disable=SC2317  # by `eventually`, as the others below
is_full() { [ "$(cat "$1/$2"*/cgroup.procs | wc -l)" = "$3" ]; }
groups() { scrape "$WORK/groups.prom" && metric "$WORK/groups.prom" ktally_self_map_entries 'map="groups"'; }
folded() { scrape "$WORK/groups.prom" && metric "$WORK/groups.prom" ktally_self_series_folded_total 'table="groups"'; }
# shellcheck disable=SC2317
has_groups() { [ "$(groups)" = "$1" ]; }
# shellcheck disable=SC2317
has_folded() { [ "$(folded)" -ge "$1" ]; }

# As many as are there need some; a quarter is a container's share, and a quarter is kept back, of which a quarter is dealt out at a
# time: no fewer than the quiet one makes at once.
used=$(find "$root" -name cgroup.procs -exec sh -c 'for at; do read -r _ <"$at" && echo; done' sh {} + 2>/dev/null | wc -l)
[ "$used" -le 100 ] || skip_all "$used cgroups have processes: it would take four times as many"
share=$((53 + used))
daemon_start --bpf.max-cgroups=$((4 * share))
settle
settle
before=$(groups)
[ "$before" != absent ] || skip_all "needs BPF"
fill "$greedy" n $((4 * share))
settle
burst=$(groups)
between "a burst has at most what the kernel had been given" "$burst" "$share" $((3 * share - 1))
told=$(folded)
fill "$greedy" m 23
ok "then each is told that it has none" eventually 60 has_folded $((told + 23))
is "and has none" "$(groups)" "$burst"
fill "$quiet" n 13
ok "another has as many as it makes cgroups" eventually 60 has_groups $((burst + 13))
note "groups: $(groups), refused: $(folded)"

# gone is gone: groups are free again, and who has less than its share gets them
remove_all
mkdir -p "$greedy"
ok "groups of cgroups that are gone are free again" eventually 100 has_groups "$before"
told=$(folded)
fill "$greedy" n 11
ok "as many as it makes, again" eventually 60 has_groups $((before + 11))
is "and none is refused" "$(folded)" "$told"
daemon_stop
is "SIGTERM ends it with 0" $? 0
done_testing

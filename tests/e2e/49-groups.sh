#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# time-limit: 120
# A container that makes more cgroups than the kernel's table has groups, all between two readings and then more: another that begins
# later still has its own, and what the first had to do without is counted.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"
root=$(cgroup_root)
greedy=$root/ktally-e2e-$$/docker-$(printf '%064x' 7).scope
quiet=$root/ktally-e2e-$$/docker-$(printf '%064x' 11).scope
remove_all() {
	find "$root/ktally-e2e-$$" -name cgroup.procs -exec cat {} + 2>/dev/null | xargs -r kill -9 2>/dev/null
	for _ in 1 2 3 4 5; do find "$root/ktally-e2e-$$" -depth -type d -exec rmdir {} + 2>/dev/null && return; sleep 0.2; done
}
cleanup_push remove_all
mkdir -p "$greedy" "$quiet"

# fill FOLDER NAME COUNT: so many cgroups in it, each with a process that sleeps
fill() {
	local i
	for ((i = 0; i < $3; i++)); do mkdir "$1/$2$i"; done
	for ((i = 0; i < $3; i++)); do sh -c "echo \$\$ >$1/$2$i/cgroup.procs; exec sleep 300" & done
}
groups() { scrape "$WORK/groups.prom" && metric "$WORK/groups.prom" ktally_self_map_entries 'map="groups"'; }
folded() { metric "$WORK/groups.prom" ktally_self_series_folded_total 'table="groups"'; }

# As many as are there need some; a quarter is a container's share, and a quarter is kept back.
used=$(find "$root" -name cgroup.procs -exec sh -c 'for at; do read -r _ <"$at" && echo; done' sh {} + 2>/dev/null | wc -l)
[ "$used" -le 100 ] || skip_all "$used cgroups have processes: it would take four times as many"
share=$((17 + used))
daemon_start --bpf.max-cgroups=$((4 * share))
settle
settle
before=$(groups)
[ "$before" != absent ] || skip_all "needs BPF"
fill "$greedy" n $((4 * share))
settle
settle
burst=$(groups)
is "a burst has what the kernel had been given, and no more" "$burst" $((3 * share - 1))
is "none was refused for having its share" "$(folded)" 0
fill "$greedy" m 23
settle
settle
is "then it has no more" "$(groups)" "$burst"
between "which is counted" "$(folded)" 23 100
fill "$quiet" n 13
settle
settle
is "and another has as many as it makes cgroups" "$(groups)" $((burst + 13))

# gone is gone: groups are free again, and who has less than its share gets them
remove_all
mkdir -p "$greedy"
is_free() { [ "$(groups)" -le "$before" ]; }
ok "groups of cgroups that are gone are free again" eventually 30 is_free
before=$(groups) told=$(folded)
fill "$greedy" n 11
settle
settle
is "as many as it makes, again" "$(groups)" $((before + 11))
is "and none is refused" "$(folded)" "$told"
daemon_stop
is "SIGTERM ends it with 0" $? 0
done_testing

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# time-limit: 180
# Resident memory of programs is what procfs says of their processes, page by page, and goes with them.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"

# resident PID: bytes of its memory, as ps shows it.
resident() { awk '{ printf "%.15g\n", $2 * 4096 }' "/proc/$1/statm"; }

counted() { # counted FAMILY LABELS
	scrape "$WORK/now.prom" && metric "$WORK/now.prom" "ktally_$1_memory_resident_bytes" "$2"
}
reaches() { [ "$(counted "$1" "$2")" = "$3" ]; } # reaches FAMILY LABELS BYTES

# start COMMAND...: in the cgroup; sets PID, once it is that command. `background` knows the shell around it.
start() {
	background cgroup_run "$CGROUP" "$@"
	eventually 10 started "$(basename "$1")"
}
started() {
	PID=$(pgrep -P "$BACKGROUND_PID" -x "$1")
}

for profile in light default; do
	daemon_start --profile "$profile"
	cgroup_make "$profile-a"
	one="container=\"$(basename "$CGROUP")\""
	start "$WORKLOAD" hold 10007 600
	first=$PID first_log=$WORK/background.$BACKGROUND_PID
	start "$WORKLOAD" hold 503 600
	second=$PID
	start sleep 600
	third=$PID
	cgroup_make "$profile-b"
	other="container=\"$(basename "$CGROUP")\""
	start "$WORKLOAD" hold 2003 600
	fourth=$PID
	eventually 10 grep -q pages "$WORK/background.$BACKGROUND_PID"
	eventually 10 grep -q pages "$first_log"

	# all of the machine's processes are read in 10 s, or 4 ms for each where they are many
	limit=$((15 + $(find /proc -maxdepth 1 -name '[0-9]*' | wc -l) / 200))
	eventually "$limit" reaches container "$other" "$(resident "$fourth")"
	eventually "$limit" reaches container "$one" $(($(resident "$first") + $(resident "$second") + $(resident "$third")))
	is "$profile: two processes of a program have what procfs says of both" \
		"$(counted program "$one,program=\"workload\"")" $(($(resident "$first") + $(resident "$second")))
	is "$profile: another program of the container has its own" "$(counted program "$one,program=\"sleep\"")" "$(resident "$third")"
	is "$profile: the container has the sum" "$(counted container "$one")" \
		$(($(resident "$first") + $(resident "$second") + $(resident "$third")))
	is "$profile: another container has its own" "$(counted container "$other")" "$(resident "$fourth")"
	between "$profile: 2,003 pages are in it" "$(counted container "$other")" $((2003 * 4096)) $(((2003 + 500) * 4096))

	kill "$first"
	eventually 10 reaches program "$one,program=\"workload\"" "$(resident "$second")"
	is "$profile: what has ended has nothing any more" "$(counted program "$one,program=\"workload\"")" "$(resident "$second")"
	is "$profile: the iterator is there" "$(metric "$WORK/now.prom" ktally_self_probe_up 'probe="resident",reason=""')" 1
	daemon_stop
done

daemon_start --no-bpf.enabled
scrape "$WORK/now.prom"
is "without BPF nobody's is shown, rather than 0" "$(metric "$WORK/now.prom" ktally_program_memory_resident_bytes)" absent
daemon_stop
done_testing

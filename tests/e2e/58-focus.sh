#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# time-limit: 300
# Exercises: who asks for the system calls of one container gets them exactly, by name and by error, with latencies, beside a storm
# in others; nothing is attached before and after, and nothing is lost elsewhere.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"

# Cgroups as Docker makes them: the container is named by the first 12 digits, so two ids that begin alike are two instances of one.
docker_dir=$(cgroup_root)/docker
[ -d "$docker_dir" ] || { mkdir "$docker_dir" && cleanup_push rmdir "$docker_dir"; }
short_id() { printf '%06x%06x' "$(($$ % 16777216))" "$1"; }
make_instance() { # make_instance NUMBER LETTER: sets CGROUP
	CGROUP=$docker_dir/$(short_id "$1")$(printf '%052d' 0 | tr 0 "$2")
	mkdir "$CGROUP" && cleanup_push cgroup_remove "$CGROUP"
}
in_cgroup() { # in_cgroup FOLDER ARGUMENT...
	local folder=$1
	shift
	sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$folder" "$WORKLOAD" "$@"
}

ask() { curl -fsS --max-time 5 "$URL/api/v1/syscalls?namespace=&pod=&container=$(short_id "$1")" 2>>"$WORK/curl.log"; }
is_state() { ask "$1" | jq -e --arg state "$2" '.focus == $state' >/dev/null; }
links() { grep -l '^link_type' "/proc/$DAEMON_PID/fdinfo/"* 2>/dev/null | wc -l; }
has_links() { [ "$(links)" = "$1" ]; }
calls_of() { jq --arg name "$2" '[.items[] | select(.syscall == $name) | .calls] | add // 0' "$1"; }
errors_of() { jq --arg name "$2" '[.errors[] | select(.errno == $name) | .errors] | add // 0' "$1"; }
quantile_of() { jq --arg name "$2" '.items[] | select(.syscall == $name) | '".$3" "$1"; }

# read_focus FILE: what is counted now. Numbers are brought at each tick.
read_focus() { settle && ask 1 >"$1"; }
# grown FUNCTION NAME N: by how much more it grew in part N than in part 1, where the same program did nothing
grown() { echo "$(($("$1" "$WORK/$3" "$2") - $("$1" "$WORK/$(($3 - 1))" "$2") - $("$1" "$WORK/1" "$2") + $("$1" "$WORK/0" "$2")))"; }

daemon_start
make_instance 1 a; first=$CGROUP
make_instance 2 b; second=$CGROUP
for number in 3 4 5; do make_instance "$number" c; done
for _ in 1 2; do background "$WORKLOAD" storm 600; done
# Threads are met, so that containers are known.
in_cgroup "$first" calls 1 getppid >/dev/null
in_cgroup "$second" calls 0 getppid >/dev/null
for number in 3 4 5; do in_cgroup "$docker_dir/$(short_id "$number")$(printf '%052d' 0 | tr 0 c)" calls 1 getppid >/dev/null; done
settle
scrape "$WORK/before.prom"
attached=$(links)

# Elsewhere somebody counts on while hooks come, and again while they go.
elsewhere() {
	background sh -c "echo \$\$ >'$second/cgroup.procs' && exec '$WORKLOAD' calls 7000003 getppid"
	others+=("$BACKGROUND_PID")
}
others=()
elsewhere
ok "the API answers for a container that there is" ask 1
ok "and refuses one that there is not" bash -c "[ \"\$(curl -s -o /dev/null -w '%{http_code}' '$URL/api/v1/syscalls?container=nobody')\" = 404 ]"
ok "it is on soon after the first question" eventually 5 is_state 1 on
ok "two hooks more are attached" has_links "$((attached + 2))"

read_focus "$WORK/0"
in_cgroup "$first" calls 0 getppid >/dev/null; read_focus "$WORK/1"
in_cgroup "$first" calls 10007 getppid >/dev/null; read_focus "$WORK/2"
is "10,007 calls of getppid are 10,007" "$(grown calls_of getppid 2)" 10007
is "and none of getpid" "$(grown calls_of getpid 2)" 0
in_cgroup "$first" errors 1009 EBADF >/dev/null; read_focus "$WORK/3"
is "1,009 failed calls of close are 1,009 of close" "$(grown calls_of close 3)" 1009
is "and 1,009 of EBADF" "$(grown errors_of EBADF 3)" 1009
is "and none of ENOENT" "$(grown errors_of ENOENT 3)" 0
in_cgroup "$first" errors 499 ENOENT >/dev/null; read_focus "$WORK/4"
is "499 files that are not there are 499 of ENOENT" "$(grown errors_of ENOENT 4)" 499
in_cgroup "$first" forks 101 >/dev/null; read_focus "$WORK/5"
is "101 children end by 101 calls of exit_group" "$(grown calls_of exit_group 5)" 101

in_cgroup "$first" sleep 11 600 >/dev/null; read_focus "$WORK/6"
is "11 sleeps are 11 calls" "$(grown calls_of clock_nanosleep 6)" 11
# Latencies are known by buckets, 0.5 to 0.707 to 1; a busy machine wakes late.
between "half of the sleeps of 0.6 s last less than these seconds" "$(quantile_of "$WORK/6" clock_nanosleep p50_seconds)" 0.5 1
between "getppid lasts less than 20 us" "$(quantile_of "$WORK/6" getppid p50_seconds)" 0 0.00002

# A cgroup below, which the daemon cannot know yet when its first calls come.
mkdir "$first/below" && cleanup_push cgroup_remove "$first/below"
in_cgroup "$first" move "$first/below" 997 >/dev/null; read_focus "$WORK/7"
is "calls in a cgroup below that was just made count too" "$(grown calls_of getppid 7)" 1994

# An instance that begins while the container is looked at.
make_instance 1 d
sleep 0.5 # two turns of the daemon, which hears of it in one
in_cgroup "$CGROUP" calls 5003 getppid >/dev/null; read_focus "$WORK/8"
is "so does a new instance of the container" "$(grown calls_of getppid 8)" 5003

for number in 2 3 4; do ask "$number" >/dev/null; done
is "a fifth container finds all places taken" "$(ask 5 | jq -r .focus)" busy
scrape "$WORK/busy.prom"
elsewhere
is "four places are in use" "$(metric "$WORK/busy.prom" ktally_self_map_entries 'map="focuses"')" 4

ok "ten seconds after the last question nothing is attached any more" eventually 20 has_links "$attached"
scrape "$WORK/off.prom"
is "and no place is in use" "$(metric "$WORK/off.prom" ktally_self_map_entries 'map="focuses"')" 0
for _ in 1 2; do # on and off again under load
	eventually 5 is_state 3 on
	eventually 20 has_links "$attached"
done
ok "it can be on again, from zero" eventually 5 is_state 1 on
is "where nothing is left of before" "$(ask 1 | jq '[.items[].calls] | add // 0')" 0

wait "${others[@]}"
settle
scrape "$WORK/after.prom"
# What a run does besides is what the run of 0 calls did.
process_calls="container=\"$(short_id 2)\",program=\"workload\",class=\"process\""
is "2 times 7,000,003 calls elsewhere were all counted meanwhile" \
	"$(delta "$WORK/before.prom" "$WORK/after.prom" ktally_program_syscalls_total "$process_calls")" \
	"$((2 * (7000003 + $(metric "$WORK/before.prom" ktally_program_syscalls_total "$process_calls"))))"
is "and the books agree" "$(metric "$WORK/after.prom" ktally_self_accounting_difference)" 0

# In light there is no other hook of system calls, in full there are two.
for profile in light full; do
	daemon_stop
	daemon_start --profile "$profile"
	in_cgroup "$first" calls 1 getppid >/dev/null
	settle
	ok "profile $profile: it is on" eventually 5 is_state 1 on
	read_focus "$WORK/0"
	in_cgroup "$first" calls 0 getppid >/dev/null; read_focus "$WORK/1"
	in_cgroup "$first" calls 4001 getppid >/dev/null; read_focus "$WORK/2"
	is "profile $profile: 4,001 calls are 4,001" "$(grown calls_of getppid 2)" 4001
done
done_testing

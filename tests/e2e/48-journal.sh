#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# time-limit: 180
# Exercises: the journal says of a container that it began, what failed in it, which limits it hit, and that it ended; rates and
# history of the API agree with what was done.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"
command -v runc >/dev/null || skip_all "needs runc"

id=$(printf '%016x' $$)$(printf '%048d' 7)
name=${id:0:12}
limit=$((16 << 20))
container_make one "/ktally-e2e-$$/docker-$id.scope"
remove_folder() { find /sys/fs/cgroup -depth -type d -path "*/ktally-e2e-$$" -exec rmdir {} +; }
cleanup_push remove_folder
jq --argjson limit $limit '.linux.resources.memory = { limit: $limit } | .linux.resources.pids = { limit: 17 } |
	.linux.resources.cpu = { quota: 20000, period: 100000 }' "$WORK/bundle.one/config.json" >"$WORK/config" &&
	mv "$WORK/config" "$WORK/bundle.one/config.json"

# events TYPE: what the journal has of the type and of our container, one JSON object a line.
events() {
	curl -fsS "$URL/api/v1/events?after=0&limit=1000" |
		jq -c --arg type "$1" --arg name "$name" '.items[] | select(.type == $type and .container == $name)'
}
has_event() { # has_event TYPE [JQ CONDITION]
	[ -n "$(events "$1" | jq -c "select(${2:-true})")" ]
}
count() { events "$1" | wc -l; }

daemon_start --interval.files 1s
is "the first entry is the daemon's start" \
	"$(curl -fsS "$URL/api/v1/events?after=0" | jq -r '.items[0] | "\(.sequence) \(.type) \(.text)"')" "1 daemon start"
ok "a container with limits is started" container_start one
ok "its start is told" eventually 10 has_event container_start

container_exec one exits 5 3 2 >/dev/null
ok "what failed is told" eventually 5 has_event process_exit '.detail.signal == 15'
is "three exits by code, none of those with 0" "$(events process_exit | jq -s -c 'map(select(.detail.exit_code == 3 and .program == "workload")) | length')" 3
is "and two by signal" "$(events process_exit | jq -s -c 'map(.detail.signal) | map(select(. > 0)) | sort')" "[9,15]"
before=$(count process_exit)
container_exec one exits 0 53 0 >/dev/null
ok "many at once are counted in one entry" eventually 5 has_event process_exits
told=$(($(count process_exit) - before))
is "and no exit is in none" "$((told + $(events process_exits | jq -s 'map(.detail.count) | add')))" 53
# the five before may be of the same second, and the 53 of up to three
between "at most 20 a second stand alone" "$told" 15 60

container_exec one spin 700 >/dev/null
ok "throttling is told" eventually 10 has_event throttled '.detail.begins == 1 and .detail.throttled_ratio > 0'
container_exec one processes 40 1 >/dev/null 2>&1
ok "the limit of tasks is told" eventually 10 has_event limit '.text == "processes" and .detail.limit == 17 and .detail.count > 0'
container_exec one faults 16384 >/dev/null 2>&1
is "the OOM killer ends who wants too much" $? 137
ok "it is told with the limit" eventually 5 has_event oom_kill ".program == \"workload\" and .detail.memory_limit_bytes == $limit and .pid > 0"
ok "so is its end by the signal" eventually 5 has_event process_exit '.detail.signal == 9'
ok "and that the limit was hit" eventually 10 has_event limit ".text == \"memory\" and .detail.limit == $limit"

# who does something has a place in the history within 10 s
container_exec one calls 100003 getppid >/dev/null
ok "the history of the container is there" eventually 25 curl -fsS -o "$WORK/history" "$URL/api/v1/history?level=container&namespace=&pod=&container=$name&series=syscalls_per_second&step=1&points=60"
# at each tick: its length, the rate and the point of the second it ended in, and all that was counted so far
path="/api/v1/containers?container=$name&detail=1&fields=syscalls_per_second&history=syscalls_per_second&history_step=1&history_points=1"
background curl -sSN -G --max-time 90 --data-urlencode "path=$path" "$URL/api/v1/stream"
stream=$BACKGROUND_PID
ticks() {
	sed -n 's/^data: \({.*}\)$/\1/p' "$WORK/background.$stream" | jq -c '.interval_seconds as $length | .items[0] |
		{ length: $length, count: (.syscalls_per_second * $length | round), point: .history.syscalls_per_second[0],
		  total: ([.metrics.ktally_container_syscalls_total[].value] | add) }'
}
is_quiet() { ticks | tail -n 1 | jq -e --argjson least "$1" '.count == 0 and .total >= $least' >/dev/null; }
ok "its calls come to rest" eventually 20 is_quiet 100003
before=$(ticks | tail -n 1 | jq .total)
container_exec one calls 1000003 getppid >/dev/null
ok "a million more are counted" eventually 20 is_quiet $((before + 1000003))
kill_now "$stream"
ticks | jq -s . >"$WORK/ticks"
is "no tick was missed" "$(sed -n 's/^id: //p' "$WORK/background.$stream" | jq -s '.[-1] - .[0] + 1 == length')" true
is "rates times the lengths of their ticks are what was counted" \
	"$(jq --argjson before "$before" 'map(select(.total > $before).count) | add' "$WORK/ticks")" "$(jq --argjson before "$before" '.[-1].total - $before' "$WORK/ticks")"
# two ticks may end in one second on a busy machine: the point is then that of both
is "so is each point of the history" "$(jq -c '. as $t | [range(1; length) | . as $i | ($t[$i].point // 0) as $point | select(
	($point * $t[$i].length | round) != $t[$i].count and
	($point * ($t[$i].length + $t[$i - 1].length) | round) != $t[$i].count + $t[$i - 1].count) | $t[$i]]' "$WORK/ticks")" '[]'

ok "the container is stopped" container_stop one
ok "its end is told" eventually 10 has_event container_end
is "once each" "$(count container_start) $(count container_end)" "1 1"
is "numbers go up by one" "$(curl -fsS "$URL/api/v1/events?after=0&limit=1000" | jq '[.items[].sequence] as $all | $all == [range(1; ($all | length) + 1)]')" true
daemon_stop
is "SIGTERM ends it with 0" $? 0
done_testing

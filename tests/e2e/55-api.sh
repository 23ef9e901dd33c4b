#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# time-limit: 300
# The API under /api/v1/ against its description (docs/api/openapi.yaml): each endpoint, good and bad parameters, pages, order,
# filters, exact numbers, hostile names, streams.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"
python3 -c 'import jsonschema, yaml' 2>/dev/null || skip_all "needs python3-jsonschema and python3-yaml"

api() { python3 "$ROOT/tests/e2e/api.py" "$1" "$URL" "$DAEMON_PID" "${@:2}"; }
cgroup_name() { basename "$(container_cgroup "$1")"; }

daemon_start
container_make one && container_start one
container_make busy && container_start busy spin-forever
# Programs that live on, so that lists have several of the same rate.
cgroup_make quiet && quiet=$(basename "$CGROUP") && background cgroup_run "$CGROUP" "$WORKLOAD" processes 31 600
hostile=$'ho"st\\ile<b>\xff\xc3\xa9\x01\x7f'
cgroup_make "$hostile" && background cgroup_run "$CGROUP" "$WORKLOAD" sleep 1 600000
# of_busy FIELD: of the container with the busy loop
of_busy() { curl -fs "$URL/api/v1/containers?container=$(cgroup_name busy)" | jq ".items[0].$1"; }
has_settled() { [ "$(of_busy processes)" = 1 ]; }
ok "containers are known by the next ticks" eventually 20 has_settled
sleep 2.2 # two whole ticks: the last one has rates of nothing but what runs

ok "the description has the endpoints, parameters and fields that the daemon has" api check_index
ok "each answer is as the description says" api check_schema
ok "lists are sorted by each field in both directions, what is not known last" api check_sort
ok "pages of one tick have each item once, in order" api check_pages "$quiet"
ok "filters let through what they name" api check_filter
ok "what is wrong is refused with a text that names it" api check_refusals
ok "methods, types, compression and caches are as they should be" api check_http
ok "a stream sends each answer at each tick" api check_stream
ok "a name that tries to be something else is text" \
	api check_name 'ho"st' "ktally-e2e-$$-"$'ho"st\\ile<b>\xef\xbf\xbd\xc3\xa9\x01\x7f'

# It has a core for itself only on a machine that does nothing else: what it used in between, by its cgroup, is the measure.
cgroup_of_busy=$(cgroup_root)$(container_cgroup busy)
[ -z "$(cgroup_accounts)" ] || cgroup_of_busy=$(cgroup_accounts)$(container_cgroup busy)
sum=0 rounds=5 before=$(cgroup_cpu "$cgroup_of_busy") begin=$EPOCHREALTIME
for ((i = 0; i < rounds; i++)); do
	sleep 1
	sum=$(awk -v a="$sum" -v b="$(of_busy cpu_cores)" 'BEGIN { print a + b }')
done
used=$(awk -v a="$before" -v b="$(cgroup_cpu "$cgroup_of_busy")" -v s="$begin" -v e="$EPOCHREALTIME" 'BEGIN { print (b - a) / (e - s) }')
between "a busy loop has the cores that its cgroup used (mean of 5 ticks of about that time)" \
	"$(awk -v a="$sum" -v n="$rounds" 'BEGIN { print a / n }')" \
	"$(awk -v u="$used" 'BEGIN { print u * 0.75 }')" "$(awk -v u="$used" 'BEGIN { print u * 1.25 }')"

total() { api print_total "$(cgroup_name one)" "$1"; }
container_exec one calls 0 getppid >/dev/null
settle
settle
none=$(total ktally_program_syscalls_total)
container_exec one calls 0 getppid >/dev/null
settle
settle
again=$(total ktally_program_syscalls_total)
container_exec one calls 10007 getppid >/dev/null
settle
settle
some=$(total ktally_program_syscalls_total)
is "10,007 system calls more are 10,007 in the program's details" "$((some - again - (again - none)))" 10007

status_of() { curl -sN -o /dev/null -w '%{http_code}' --max-time 2 "$@"; }

ends() {
	curl -sN --max-time 20 "$URL/api/v1/stream?path=/api/v1/node" >"$WORK/stream" &
	local client=$! begin
	eventually 10 grep -q '^event: node' "$WORK/stream" || return 1
	begin=$EPOCHREALTIME
	daemon_stop || return 1
	wait "$client"
	awk -v b="$begin" -v e="$EPOCHREALTIME" 'BEGIN { exit !(e - b < 2) }'
}
ok "SIGTERM ends streams within 2 s" ends

touch "$WORK/web.yml"
daemon_start --web.config.file="$WORK/web.yml" --web.max-streams=1
printf 'basic_auth_users: {alice: %s}\n' "$(password_hash secret)" >"$WORK/web.yml"
for path in containers node self 'stream?path=/api/v1/node' ''; do
	is "where users are asked for, nobody else has /api/v1/$path" "$(status_of "$URL/api/v1/$path")" 401
	is "and they have" "$(status_of -u alice:secret "$URL/api/v1/$path")" 200
done
is "who has none is told so as the API says what is wrong" "$(curl -s "$URL/api/v1/node")" '{"error":"Unauthorized"}'
has_no_stream() { curl -s -u alice:secret "$URL/metrics" | grep -qx 'ktally_self_http_streams 0'; }
ok "a client that has gone is found" eventually 10 has_no_stream
background curl -sN -u alice:secret --max-time 60 "$URL/api/v1/stream?path=/api/v1/node"
ok "a stream with its user has events" eventually 10 grep -q '^data: {' "$WORK/background.$BACKGROUND_PID"
is "a stream more than web.max-streams is refused" "$(status_of -u alice:secret "$URL/api/v1/stream?path=/api/v1/node")" 503
is "and counted" "$(curl -s -u alice:secret "$URL/metrics" | grep '^ktally_self_http_refused_total{reason="streams"}')" \
	'ktally_self_http_refused_total{reason="streams"} 1'
is "other answers are not" "$(status_of -u alice:secret "$URL/api/v1/node")" 200
daemon_stop
done_testing

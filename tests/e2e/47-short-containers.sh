#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# time-limit: 240
# Containers so short that no reading of a list could see them: 503 by runc that live 50 ms each, four at a time, beside a storm.
# Every one is named, its calls, its end and its CPU time are counted, and all are gone from the exposition after their grace time.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"
count=503
sleeps=5

echo 'containers: { grace_time: 1h }' >"$WORK/ktally.yaml"
daemon_start --config "$WORK/ktally.yaml"
container_make short
container_args short sleep $sleeps 10
background "$WORKLOAD" storm 200
storm=$BACKGROUND_PID

# one_container NUMBER: ids as Docker makes them, in the cgroups that Docker makes.
cat >"$WORK/one" <<'E2'
#!/usr/bin/env bash
set -e
id=$(printf '%08x' "$2")$(printf '%056d' 0)
bundle=$1/one.$2
mkdir "$bundle"
sed "s|\"cgroupsPath\": *\"[^\"]*\"|\"cgroupsPath\": \"/ktally-e2e-docker/docker-$id.scope\"|; s|\"path\": *\"rootfs\"|\"path\": \"$1/bundle.short/rootfs\"|" \
	"$1/bundle.short/config.json" >"$bundle/config.json"
runc --root "$1/runc" run --bundle "$bundle" "short-$2" </dev/null >"$bundle/output" 2>&1 || { cat "$bundle/output" >&2; exit 1; }
E2
chmod +x "$WORK/one"
remove_all() {
	local id
	for id in $(runc_own list -q); do runc_own delete --force "$id"; done
	find /sys/fs/cgroup -depth -type d -path '*/ktally-e2e-docker*' -exec rmdir {} +
}
cleanup_push remove_all

began=$(date +%s%N)
ok "503 containers of 50 ms each ran" sh -c "seq 1 $count | xargs -P 4 -n 1 $WORK/one $WORK"
note "they took $((($(date +%s%N) - began) / 1000000)) ms"
kill_now "$storm"
settle
scrape "$WORK/short.prom"

# of_each FAMILY LABEL...: how many of the containers have a sample of the family with these labels, and the sums of its values.
of_each() {
	grep "^$1{" "$WORK/short.prom" | grep -E 'container="[0-9a-f]{8}0000"' | grep -F "$2" |
		awk '{ n++; sum += $NF; if ($NF == 0) zero++ } END { print n - zero, sum + 0 }'
}
is "each has an info row with its id and runtime" \
	"$(grep -c -E '^ktally_container_info\{.*id="[0-9a-f]{8}0{56}".*runtime="docker"' "$WORK/short.prom")" $count
is "each has exactly its sleeps as system calls of time" \
	"$(of_each ktally_program_syscalls_total 'program="workload",class="time"')" "$count $((count * sleeps))"
is "each has one end of its program, with success" \
	"$(of_each ktally_program_process_exits_total 'program="workload",status="success"')" "$count $count"
is "each has waited in its sleeps" "$(of_each ktally_program_wait_seconds_total 'program="workload",reason="sleep"' | cut -d ' ' -f 1)" $count
between "50 ms each, and not much more" \
	"$(of_each ktally_program_wait_seconds_total 'program="workload",reason="sleep"' | cut -d ' ' -f 2)" \
	"$(awk -v n=$count 'BEGIN { print n * 0.050 }')" "$(awk -v n=$count 'BEGIN { print n * 0.060 }')"
is "each has CPU time" "$(of_each ktally_program_cpu_seconds_total 'program="workload"' | cut -d ' ' -f 1)" $count
is "none lives" "$(of_each ktally_container_processes '')" "0 0"
for what in syscalls switches births deaths; do
	is "the books of $what balance" "$(metric "$WORK/short.prom" ktally_self_accounting_difference "what=\"$what\"")" 0
done
echo 'containers: { grace_time: 1s }' >"$WORK/ktally.yaml"
kill -HUP "$DAEMON_PID"
all_evicted() {
	scrape "$WORK/evicted.prom" && [ "$(metric "$WORK/evicted.prom" ktally_self_evicted_total 'table="containers"')" -ge "$count" ]
}
ok "past their grace time all are gone, and counted as such" eventually 20 all_evicted
is "with their info rows" "$(grep -c -E 'id="[0-9a-f]{8}0{56}"' "$WORK/evicted.prom")" 0
daemon_stop
done_testing

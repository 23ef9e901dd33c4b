#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A real Prometheus scrapes the daemon: in text form and with native histograms, without a warning; rates and quantiles of known
# work come out right. PROMETHEUS is the server, default Debian's; `make check-prometheus` takes a newer one.
# time-limit: 180
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"
PROMETHEUS=${PROMETHEUS:-prometheus}
command -v "$PROMETHEUS" >/dev/null || skip_all "no prometheus"
major=$("$PROMETHEUS" --version 2>&1 | sed -n 's/^prometheus, version \([0-9]*\).*/\1/p')

# prometheus_start NAME [native]: sets PROM, its address.
prometheus_start() {
	local name=$1 port flags=() drop=(-e /scrape_native_histograms/d)
	port=$(free_port)
	PROM=http://127.0.0.1:$port
	mkdir -p "$WORK/$name"
	if [ "${2-}" = native ]; then
		if [ "${major:-3}" -ge 3 ]; then drop=(); else flags+=(--enable-feature=native-histograms); fi
	fi
	# the settings we recommend, at another pace and another place
	sed -E -e "s/^( *scrape_interval:).*/\1 1s/" -e "s/127.0.0.1:10077/${URL#http://}/" "${drop[@]}" \
		"$ROOT/deploy/prometheus.yml" >"$WORK/$name/prometheus.yml"
	background "$PROMETHEUS" --config.file="$WORK/$name/prometheus.yml" --storage.tsdb.path="$WORK/$name/data" \
		--web.listen-address="127.0.0.1:$port" "${flags[@]}"
	PROM_LOG=$WORK/background.$BACKGROUND_PID
	eventually 30 curl -fsS -o /dev/null --max-time 2 "$PROM/-/ready" 2>/dev/null
}

# query EXPRESSION: the value, if it is one; "none" without.
query() {
	curl -fsS --max-time 10 -G "$PROM/api/v1/query" --data-urlencode "query=$1" |
		jq -r '.data.result | if length == 1 then .[0].value[1] elif length == 0 then "none" else "\(length) results" end'
}
is_up() { [ "$(query 'up{job="ktally"}')" = 1 ]; }
target() { curl -fsS --max-time 10 "$PROM/api/v1/targets" | jq -r ".data.activeTargets[0].$1"; }
# Warnings and errors about what was scraped; none is right.
complaints() {
	grep -q 'Server is ready' "$PROM_LOG" || echo "no log"
	grep -E 'level=(warn|error|WARN|ERROR)' "$PROM_LOG" | grep -v -i -E 'retention|GOMAXPROCS|GOMEMLIMIT|memory limit'
}

DAEMON_START_LIMIT=60 daemon_start --profile full
cgroup_make known
name=$(basename "$CGROUP")
background cgroup_run "$CGROUP" "$WORKLOAD" sleep 1 600000
for mode in classic native; do
	prometheus_start "$mode" "$mode"
	ok "$mode: the target is up" eventually 20 is_up
	sleep 3
	cgroup_run "$CGROUP" "$WORKLOAD" calls 300007 getppid >/dev/null
	cgroup_run "$CGROUP" "$WORKLOAD" sleep 400 5 >/dev/null
	sleep 4
	scrape "$WORK/$mode.prom"
	is "$mode: Prometheus has the same count of system calls" \
		"$(query "sum(ktally_container_syscalls_total{container=\"$name\"})")" \
		"$(metric "$WORK/$mode.prom" ktally_container_syscalls_total "container=\"$name\"")"
	is "$mode: and the same CPU time" "$(query "ktally_container_cpu_seconds_total{container=\"$name\"}")" \
		"$(metric "$WORK/$mode.prom" ktally_container_cpu_seconds_total "container=\"$name\"")"
	between "$mode: 300007 calls by rate()" \
		"$(query "20 * sum(rate(ktally_container_syscalls_total{container=\"$name\",class=\"process\"}[20s]))")" 200000 600000
	is "$mode: identity by a join with the info family" \
		"$(query "count(ktally_container_cpu_seconds_total{container=\"$name\"} * on (namespace, pod, container) group_left (runtime) ktally_container_info{runtime=\"cgroup\"})")" 1
	if [ "$mode" = classic ]; then
		between "classic: half of the sleeps of 5 ms end within the bucket of 7.8 ms" \
			"$(query "histogram_quantile(0.5, sum by (le) (ktally_container_syscall_latency_seconds_bucket{container=\"$name\",class=\"time\"}))")" 0.0039 0.0079
		is "classic: 28 buckets and +Inf" \
			"$(query "count(ktally_container_syscall_latency_seconds_bucket{container=\"$name\",class=\"time\"})")" 29
	else
		between "native: half of the sleeps of 5 ms end within the bucket from 4.6 to 5.5 ms" \
			"$(query "histogram_quantile(0.5, sum(ktally_container_syscall_latency_seconds{container=\"$name\",class=\"time\"}))")" 0.0046 0.0056
		between "native: the mean of what was sampled" \
			"$(query "histogram_sum(ktally_container_syscall_latency_seconds{container=\"$name\",class=\"time\"}) / histogram_count(ktally_container_syscall_latency_seconds{container=\"$name\",class=\"time\"})")" 0.005 0.0058
		is "native: its count is that of the text format" \
			"$(query "histogram_count(ktally_container_syscall_latency_seconds{container=\"$name\",class=\"time\"})")" \
			"$(metric "$WORK/$mode.prom" ktally_container_syscall_latency_seconds_count "container=\"$name\",class=\"time\"")"
		is "native: no classic buckets beside them" "$(query "count(ktally_container_syscall_latency_seconds_bucket)")" none
		between "native: all waits for a CPU up to 32 us are in the zero bucket, and no quantile is longer" \
			"$(query "histogram_quantile(0.01, ktally_node_cpu_runqueue_latency_seconds)")" 0 0.0000306
	fi
	is "$mode: the last scrape had no error" "$(target lastError)" ""
	is "$mode: the log has no complaint" "$(complaints)" ""
	kill_now "$BACKGROUND_PID"
done

# the same daemon by the letter
check_format() { # check_format READER ACCEPT CONTENT-TYPE
	curl -fsS --max-time 10 -D "$WORK/headers" -H "Accept: $2" -o "$WORK/live.$1" "$URL/metrics"
	is "$1: the content type is exact" "$(sed -n 's/^[Cc]ontent-[Tt]ype: \(.*\)\r$/\1/p' "$WORK/headers")" "$3"
	ok "$1: a live scrape is valid by the letter" python3 "$ROOT/tests/conformance/exposition.py" "$1" "$WORK/live.$1"
}
check_format text text/plain "text/plain; version=0.0.4; charset=utf-8"
check_format openmetrics "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.4" "application/openmetrics-text; version=1.0.0; charset=utf-8"
check_format protobuf "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,*/*;q=0.1" \
	"application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
if command -v promtool >/dev/null; then
	is "promtool has nothing to say of a live scrape" "$(promtool check metrics <"$WORK/live.text" 2>&1)" ""
else
	skip "promtool has nothing to say of a live scrape" "no promtool"
fi
daemon_stop
done_testing

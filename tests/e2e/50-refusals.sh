#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# time-limit: 240
# What is refused, and how: bad settings are one line and status 1; bad clients cost only themselves.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

# refused SENTENCE EXPECTED-PATTERN ARGUMENT...: status 1, one line on stderr, nothing on stdout
refused() {
	local sentence=$1 pattern=$2
	shift 2
	timeout 10 "$KTALLY" run "$@" >"$WORK/out" 2>"$WORK/err"
	is "$sentence: status 1" $? 1
	is "$sentence: one line, nothing else" "$(wc -l <"$WORK/err") $(wc -c <"$WORK/out")" "1 0"
	ok "$sentence: it says what and where" grep -q -E "$pattern" "$WORK/err"
}

printf 'web:\n  lissen_address: ["127.0.0.1:1"]\n' >"$WORK/unknown.yaml"
refused "an unknown key" "unknown.yaml:2: .*web.lissen_address.*web.listen_address" --config "$WORK/unknown.yaml"
printf 'web:\n  max_connections: many\n' >"$WORK/type.yaml"
refused "a wrong type" "type.yaml:2: .*web.max_connections" --config "$WORK/type.yaml"
printf 'web: [\n' >"$WORK/syntax.yaml"
refused "broken YAML" "syntax.yaml:[12]: " --config "$WORK/syntax.yaml"
refused "a file that is not there" "cannot read '$WORK/none.yaml': No such file" --config "$WORK/none.yaml"
refused "a directory" "cannot read '$WORK': Is a directory" --config "$WORK"
refused "an unknown flag" "unknown .*--web.listen-adress" --web.listen-adress=127.0.0.1:1
refused "an address without a port" "web.listen-address" --listen 127.0.0.1
refused "a profile that is none" "profile" --profile fast
KTALLY_LOG_LEVEL=loud refused "a bad environment variable" "KTALLY_LOG_LEVEL" --listen 127.0.0.1:0

"$KTALLY" nonsense >"$WORK/out" 2>"$WORK/err"
is "an unknown command: status 1" $? 1
ok "run --help prints all options" grep -q -e '--web.listen-address' <("$KTALLY" run --help)
ok "metrics prints the catalogue" grep -q ktally_container_cpu_seconds_total <("$KTALLY" metrics)

[ "$(id -u)" = 0 ] || { note "not root: the rest runs without BPF"; }
daemon_start --web.timeout=2s
ok "clients of every bad kind cost only themselves" python3 "$ROOT/tests/e2e/bad_clients.py" "${URL#http://}"
ok "and it still serves" scrape "$WORK/after.prom"
is "404 for what is not there" "$(curl -s -o /dev/null -w '%{http_code}' "$URL/nowhere")" 404
is "405 for what is not asked so" "$(curl -s -o /dev/null -w '%{http_code}' -X POST "$URL/metrics")" 405
is "HEAD has no body" "$(curl -s -I "$URL/metrics" -o "$WORK/head" -w '%{size_download}')" 0
daemon_stop
is "SIGTERM ends it with 0" $? 0
done_testing

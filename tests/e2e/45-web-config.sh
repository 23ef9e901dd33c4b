#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# time-limit: 240
# TLS, client certificates, users and headers by the web-config file, as curl meets them; changes of its files without a
# restart; a file that became wrong lets nobody in; a flood of wrong passwords delays no tick.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/web_certificates.sh
. "$ROOT/tests/e2e/web_certificates.sh"

cd "$WORK" || exit 1
certificates_make >certificates.log 2>&1 || { sed 's/^/# /' certificates.log; skip_all "openssl cannot make the certificates"; }

# code CURL-ARGUMENT...: the status, 000 when there was no answer
code() { curl -s -o "$WORK/body" -D "$WORK/headers" -w '%{http_code}' --max-time 10 "$@" 2>>"$WORK/curl.log" || true; }
lines() { grep -c -E -- "$2" "$1"; }
# shellcheck disable=SC2317  # by `eventually`
log_has() { grep -q -E -- "$1" "$WORK/daemon.log"; }
refused() { # refused SENTENCE PATTERN: what web.yml says ends the start with one line
	timeout 10 "$KTALLY" run --listen 127.0.0.1:0 --web.config.file "$WORK/web.yml" >"$WORK/out" 2>"$WORK/err"
	is "$1: status 1" $? 1
	ok "$1: the last line says what and where" grep -q -E -- "$2" <(tail -n 1 "$WORK/err")
}

# ---- what is wrong is refused before anything is served ----

printf 'basic_auth_users:\n  alice: hunter2\n' >web.yml
refused "a password that is no hash" "web.yml:2: 'basic_auth_users': a password is not a bcrypt hash"
ok "and it is not repeated" sh -c "! grep -q hunter2 err"
printf 'tls_server_config:\n  cert_file: server.pem\n' >web.yml
refused "a certificate without a key" "web.yml:1: tls_server_config has neither 'key_file' nor 'key'"
printf 'tls_server_config:\n  cert_file: server.pem\n  key_file: client.key\n' >web.yml
refused "a key of another certificate" "cannot use certificate '$WORK/server.pem' with key '$WORK/client.key'"
printf 'tls_server_config:\n  cert_file: none.pem\n  key_file: server.key\n' >web.yml
refused "a certificate that is not there" "cannot read '$WORK/none.pem': No such file"
printf 'tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n  client_ca_file: ca.pem
  client_auth_type: VerifyClientCertIfGiven\n  client_allowed_sans: [scraper.example]\n' >web.yml
refused "allowed names for whoever shows a certificate" "web.yml:1: 'client_allowed_sans' without a 'client_auth_type' that requires"
printf 'tls_server_confg:\n' >web.yml
refused "an unknown key" "web.yml:1: unknown key 'tls_server_confg'"

# ---- users ----

printf 'basic_auth_users:\n  alice: %s\nhttp_server_config:\n  headers:\n    X-Frame-Options: deny\n' "$(password_hash secret 10)" >web.yml
export CURL_HOME=$WORK
printf 'user = alice:secret\n' >.curlrc
daemon_start --no-bpf.enabled --web.config.file web.yml
for path in / /metrics /healthz /readyz /nowhere; do
	is "$path without a name" "$(CURL_HOME=/ code "$URL$path")" 401
done
ok "it asks for one" grep -q -i '^WWW-Authenticate: Basic' headers
is "with the right password" "$(code "$URL/metrics")" 200
ok "the header of the file is there" grep -q '^X-Frame-Options: deny' headers
is "with a wrong password" "$(code -u alice:Secret "$URL/metrics")" 401
is "with an unknown name" "$(code -u bob:secret "$URL/metrics")" 401
is "with an empty password" "$(code -u alice: "$URL/metrics")" 401
is "with a Bearer token" "$(CURL_HOME=/ code -H 'Authorization: Bearer secret' "$URL/metrics")" 401
is "with no base64" "$(CURL_HOME=/ code -H 'Authorization: Basic !!!' "$URL/metrics")" 401

slow() { curl -s -o /dev/null -w '%{time_total}' -u "$1" "$URL/healthz"; }
between "an unknown name takes as long as a known one (ratio)" \
	"$(for i in 1 2 3 4 5; do slow bob:"$i"; echo -n ' '; slow alice:"$i"; echo; done | awk '{ a += $1; b += $2 } END { print a / b }')" 0.7 1.4
between "a password that was right is remembered (s)" "$(slow alice:secret)" 0 0.02

# A flood from 127.0.0.1 and 127.0.0.2; a scraper that is known goes on, and no tick is late.
late() { scrape late.prom && metric late.prom ktally_self_late_ticks_total 'cause="self"'; }
before=$(late)
for client in $(seq 20); do
	background timeout 6 sh -c "while :; do curl -s -o /dev/null --interface 127.0.0.$((client % 2 + 1)) -u alice:wrong$client '$URL/metrics'; done"
done
good=0
for turn in $(seq 10); do
	[ "$(code "$URL/metrics")" = 200 ] && good=$((good + 1))
	sleep 0.4
done
is "during a flood of wrong passwords all scrapes with the right one are answered" "$good" 10
sleep 2.5
is "and no tick was more than 20 ms late by what ktally did" "$(($(late) - before))" 0
note "longest delay of a tick: $(metric late.prom ktally_self_tick_delay_seconds 'cause="self"') s, and for want of a CPU $(metric late.prom ktally_self_tick_delay_seconds 'cause="cpu"') s"
between "what could not be compared was refused and counted" "$(metric late.prom ktally_self_http_refused_total 'reason="passwords"')" 1 1000000
between "wrong passwords were counted" "$(metric late.prom ktally_self_http_refused_total 'reason="user"')" 20 1000000

# ---- changes without a restart ----

curl -sN --max-time 60 "$URL/api/v1/stream?path=/api/v1/node" >stream &
stream=$!
ok "a stream begins" eventually 10 grep -q '^event: node' stream
printf 'basic_auth_users:\n  carol: %s\n' "$(password_hash other 4)" >web.yml
wait "$stream"
is "it is cut off when its user is taken away" $? 18
is "a user that was taken away" "$(code "$URL/metrics")" 401
is "a user that is new" "$(code -u carol:other "$URL/metrics")" 200
is "the header is gone" "$(lines headers '^X-Frame-Options')" 0
printf 'basic_auth_users:\n  carol: %s\nwrong: 1\n' "$(password_hash other 4)" >web.yml
for turn in 1 2 3; do
	is "a wrong file lets nobody in" "$(code -u carol:other "$URL/metrics")" 500
done
ok "the log says why" eventually 5 log_has "level=error.*web.yml:3: unknown key 'wrong'; nobody is let in"
is "once" "$(lines daemon.log "unknown key 'wrong'")" 1
rm web.yml
is "no file lets nobody in" "$(code -u carol:other "$URL/metrics")" 500
printf 'tls_server_config: {cert_file: server.pem, key_file: server.key}\n' >web.yml
is "TLS cannot be turned on" "$(code -u carol:other "$URL/metrics")" 500
printf 'basic_auth_users:\n  carol: %s\n' "$(password_hash other 4)" >web.yml
is "a good file lets in again" "$(code -u carol:other "$URL/metrics")" 200
ok "the log says so" eventually 5 log_has "level=info.*in force as they are now"
daemon_stop
is "it ends with 0" $? 0
ok "no password or hash is in the log" sh -c "! grep -q -E 'secret|wrong[0-9]|[$]2b[$]' daemon.log"

# ---- TLS ----

tls='cert_file: server.pem, key_file: server.key'
printf 'tls_server_config: {%s}\n' "$tls" >web.yml
printf 'cacert = %s/ca.pem\n' "$WORK" >.curlrc
cp server.pem first.pem
DAEMON_SCHEME=https
daemon_start --no-bpf.enabled --web.config.file web.yml
is "HTTPS" "$(code "$URL/metrics")" 200
is "with another authority" "$(CURL_HOME=/ code --cacert other_ca.pem "$URL/metrics")" 000
is "plain HTTP" "$(code "http://${URL#https://}/metrics")" 000
is "TLS 1.1" "$(code --tls-max 1.1 "$URL/metrics")" 000
is "TLS 1.2" "$(code --tls-max 1.2 "$URL/metrics")" 200
is "TLS 1.3" "$(code --tlsv1.3 "$URL/metrics")" 200
is "HTTP/2 is not offered" "$(curl -s -o /dev/null -w '%{http_version}' --http2 "$URL/metrics")" 1.1
is "1.2 without forward secrecy" "$(code --tls-max 1.2 --ciphers AES128-GCM-SHA256 "$URL/metrics")" 000

serial() { openssl s_client -connect "${URL#https://}" </dev/null 2>/dev/null | openssl x509 -noout -serial; }
is "the certificate is the file's" "$(serial)" "$(openssl x509 -in server.pem -noout -serial)"
cp server2.pem server.pem
is "a certificate without its key: no handshake" "$(code "$URL/metrics")" 000
cp server2.key server.key
is "both: the next connection has the new one" "$(serial)" "$(openssl x509 -in server2.pem -noout -serial)"

printf 'tls_server_config: {%s, min_version: TLS13}\n' "$tls" >web.yml
is "min_version TLS13: 1.2" "$(code --tls-max 1.2 "$URL/metrics")" 000
is "min_version TLS13: 1.3" "$(code "$URL/metrics")" 200
printf 'tls_server_config: {%s, max_version: TLS12, cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]}\n' "$tls" >web.yml
is "max_version TLS12: 1.3" "$(code --tlsv1.3 "$URL/metrics")" 000
is "a suite that is listed" "$(code --tls-max 1.2 --ciphers ECDHE-ECDSA-AES256-GCM-SHA384 "$URL/metrics")" 200
is "a suite that is not" "$(code --tls-max 1.2 --ciphers ECDHE-ECDSA-AES128-GCM-SHA256 "$URL/metrics")" 000
# chosen CLIENT-ARGUMENT...: the cipher suite that is agreed on
chosen() { openssl s_client -connect "${URL#https://}" "$@" </dev/null 2>/dev/null | sed -n 's/^New, .*Cipher is //p'; }
both=TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
client_order=(-tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384)
printf 'tls_server_config: {%s, cipher_suites: [%s]}\n' "$tls" "$both" >web.yml
is "of two suites the first of the list" "$(chosen "${client_order[@]}")" ECDHE-ECDSA-AES256-GCM-SHA384
printf 'tls_server_config: {%s, cipher_suites: [%s], prefer_server_cipher_suites: false}\n' "$tls" "$both" >web.yml
is "of two suites the client's first" "$(chosen "${client_order[@]}")" ECDHE-ECDSA-AES128-GCM-SHA256
is "TLS 1.0 where it is not allowed" "$(chosen -tls1 -cipher ALL:@SECLEVEL=0)" "(NONE)"
printf 'tls_server_config: {%s, min_version: TLS10}\n' "$tls" >web.yml
is "TLS 1.0 where it is" "$(chosen -tls1 -cipher ALL:@SECLEVEL=0)" ECDHE-ECDSA-AES128-SHA
# A session of TLS 1.2 that asks to begin anew: the connection ends, within a second and not by the client's limit.
renegotiate() { { sleep 0.5; echo R; sleep 5; } | timeout 4 openssl s_client -connect "${URL#https://}" -tls1_2 2>&1; }
printf 'tls_server_config: {%s}\n' "$tls" >web.yml
is "renegotiation ends the connection" "$(renegotiate | sed -n '/^RENEGOTIATING/,$p' | tr '\n' ' ')" "RENEGOTIATING closed "
printf 'tls_server_config: {%s, curve_preferences: [CurveP384]}\n' "$tls" >web.yml
is "a curve that is listed" "$(code --curves secp384r1 "$URL/metrics")" 200
is "a curve that is not" "$(code --curves X25519 "$URL/metrics")" 000

# answers CLIENT...: the status for each, '' for one without a certificate
answers() {
	local client
	for client; do
		if [ -z "$client" ]; then code "$URL/metrics"; else code --cert "$client.pem" --key "$client.key" "$URL/metrics"; fi
		echo -n ' '
	done
}
kinds=('' client stranger expired foreign serverish)
with_auth() { printf 'tls_server_config: {%s, client_ca_file: ca.pem, client_auth_type: %s%s}\n' "$tls" "$1" "${2-}" >web.yml; }
with_auth RequestClientCert
is "RequestClientCert: anybody" "$(answers "${kinds[@]}")" "200 200 200 200 200 200 "
with_auth RequireAnyClientCert
is "RequireAnyClientCert: whoever has one" "$(answers "${kinds[@]}")" "000 200 200 200 200 200 "
with_auth VerifyClientCertIfGiven
is "VerifyClientCertIfGiven: none, or a good one" "$(answers "${kinds[@]}")" "200 200 200 000 000 000 "
with_auth RequireAndVerifyClientCert
is "RequireAndVerifyClientCert: good ones" "$(answers "${kinds[@]}")" "000 200 200 000 000 000 "
with_auth RequireAndVerifyClientCert ", client_allowed_sans: [nobody, scraper.example]"
is "client_allowed_sans: a name" "$(answers "${kinds[@]}")" "000 200 000 000 000 000 "
with_auth RequireAndVerifyClientCert ", client_allowed_sans: [192.0.2.7]"
is "client_allowed_sans: an address" "$(answers client stranger)" "200 000 "
with_auth RequireAndVerifyClientCert
sed -i "1a basic_auth_users: {alice: $(password_hash secret 4)}" web.yml
is "certificate and no password" "$(answers client)" "401 "
is "certificate and password" "$(code --cert client.pem --key client.key -u alice:secret "$URL/metrics")" 200
is "password and no certificate" "$(code -u alice:secret "$URL/metrics")" 000
echo nonsense >ca.pem.new && cp ca.pem ca.pem.good && mv ca.pem.new ca.pem
is "authorities that are none: nobody" "$(code --cacert ca.pem.good --cert client.pem --key client.key -u alice:secret "$URL/metrics")" 000
mv ca.pem.good ca.pem
is "mended" "$(code --cert client.pem --key client.key -u alice:secret "$URL/metrics")" 200

with_auth NoClientCert
printf 'tls_server_config: {%s}\nrate_limit: {interval: 1h, burst: 2}\n' "$tls" >web.yml
is "rate_limit: a burst, then 429" "$(answers '' '' '' '')" "200 200 429 429 "
printf 'tls_server_config: {%s}\n' "$tls" >web.yml

# Handshakes that are begun and never ended, and one byte a second.
python3 - "${URL#https://}" <<'PYTHON' &
import socket, sys, time
host, port = sys.argv[1].split(":")
begun = [socket.create_connection((host, int(port))) for _ in range(100)]
for second in range(8):
    for connection in begun:
        try:
            connection.send(b"\x16"[:1] if second == 0 else b"\x03")
        except OSError:
            pass
    time.sleep(1)
PYTHON
BACKGROUND_PID=$!
cleanup_push kill_now "$BACKGROUND_PID"
sleep 1
is "beside 100 handshakes of a byte a second" "$(code "$URL/metrics")" 200
kill_now "$BACKGROUND_PID"

with_auth RequireAndVerifyClientCert
daemon_stop
is "it ends with 0 here too" $? 0
ok "nothing of a key is in the log" sh -c "! grep -q -E 'PRIVATE|BEGIN' daemon.log"

# ---- who may reach it ----

CURL_HOME=/
: >daemon.log
open_warning() { grep -c "whoever reaches this machine" daemon.log; }
port=$(free_port)
for address in 127.0.0.1 '[::1]' 0.0.0.0; do
	for file in /dev/null users.yml; do
		printf 'basic_auth_users: {alice: %s}\n' "$(password_hash secret 4)" >users.yml
		: >daemon.log
		timeout -s TERM 2 "$KTALLY" run --no-bpf.enabled --listen "$address:$port" --web.config.file "$file" >daemon.log 2>&1
		wanted=0
		[ "$address$file" != 0.0.0.0/dev/null ] || wanted=1
		is "warning on $address with $(basename "$file")" "$(open_warning)" "$wanted"
	done
done
done_testing

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Exercises: `ktally top` and `ktally record` at a daemon with TLS and a user: whom they believe, what they show of themselves, and one
# line that says what is missing.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/web_certificates.sh
. "$ROOT/tests/e2e/web_certificates.sh"

cd "$WORK" || exit 1
certificates_make >certificates.log 2>&1 || { sed 's/^/# /' certificates.log; skip_all "openssl cannot make the certificates"; }
printf 'tls_server_config: {cert_file: server.pem, key_file: server.key}\nbasic_auth_users: {alice: %s}\n' "$(password_hash s3cret)" >web.yml
printf 'cacert = %s/ca.pem\nuser = "alice:s3cret"\n' "$WORK" >.curlrc
echo s3cret >password
echo gu3ss >wrong
echo "no certificate" >none.pem
other_name=https://127.0.0.2:$(free_port) # the certificate is for 127.0.0.1 and localhost
export CURL_HOME=$WORK # for daemon_start; the commands under test read no .curlrc
DAEMON_SCHEME=https
daemon_start --no-bpf.enabled --web.config.file web.yml --web.listen-address "${other_name#https://}"
PORT=${URL##*:}
alice=(--user alice --password-file password)
believed=(--ca-file ca.pem "${alice[@]}")

# ask COMMAND URL OPTION...: what it says in out and err; its status
ask() {
	local command=$1
	shift
	rm -f recording
	case $command in
	top) "$KTALLY" top --json --view node --interval 100ms --connect "$@" >out 2>err ;;
	record) "$KTALLY" record recording --interval 100ms --duration 3s --connect "$@" >out 2>err ;;
	esac
}
# node_of COMMAND: the host that the answer to the last `ask` is about
node_of() {
	case $1 in
	top) cat out ;;
	record) "$KTALLY" top --replay recording --json --view node ;;
	esac | jq -r '.items[] | select(.name == "hostname").shown'
}
# answers SENTENCE URL OPTION...: both commands are answered
answers() {
	local sentence=$1 command
	shift
	for command in top record; do
		ask "$command" "$@"
		is "$command, $sentence: answered" "$? $(node_of "$command") $(cat err)" "0 $(hostname) "
	done
}
# refuses SENTENCE LINE URL OPTION...: both end with 1 and a line that begins so, and leave no file
refuses() {
	local sentence=$1 line=$2 command
	shift 2
	for command in top record; do
		ask "$command" "$@"
		is "$command, $sentence: ends with 1" $? 1
		is "and one line" "$(wc -l <err) $(cut -c1-$((${#line} + ${#command} + 9)) err)" "1 ktally $command: $line"
		ok "and nothing else" test ! -s out -a ! -e recording
		ok "which does not tell the password" bash -c '! grep -q -e s3cret -e gu3ss err'
	done
}

answers "authorities, user and password" "$URL" "${believed[@]}"
answers "the certificate's other name" "https://localhost:$PORT" "${believed[@]}"
answers "any certificate" "$URL" --insecure "${alice[@]}"
answers "any certificate, another name" "$other_name" --insecure "${alice[@]}"

not_believed="its certificate is not believed (--ca-file names authorities): "
refuses "the machine's own authorities" "$URL: $not_believed" "$URL" "${alice[@]}"
refuses "other authorities" "$URL: $not_believed" "$URL" --ca-file other_ca.pem "${alice[@]}"
refuses "a file without authorities" "$URL: $not_believed" "$URL" --ca-file none.pem "${alice[@]}"
refuses "a name that the certificate has not" "$other_name: $not_believed" "$other_name" "${believed[@]}"
refuses "no file of authorities" "cannot read certificates 'gone.pem': No such file or directory" "$URL" --ca-file gone.pem "${alice[@]}"
refuses "plain HTTP" "http://127.0.0.1:$PORT: the connection was closed before the answer was whole" "http://127.0.0.1:$PORT" "${alice[@]}"

refuses "no user" "$URL: asks for a user and a password (--user, --password-file)" "$URL" --ca-file ca.pem
refuses "a wrong password" "$URL: user or password is wrong" "$URL" --ca-file ca.pem --user alice --password-file wrong
refuses "a wrong user" "$URL: user or password is wrong" "$URL" --ca-file ca.pem --user bob --password-file password
refuses "a user without a password" "$URL: user or password is wrong" "$URL" --ca-file ca.pem --user alice
refuses "no file of passwords" "cannot read password file 'gone': No such file or directory" "$URL" --ca-file ca.pem --user alice --password-file gone
refuses "a password in the address" "no user or password in the address: there are --user and --password-file" \
	"https://alice:s3cret@127.0.0.1:$PORT" --ca-file ca.pem

# Authorities first, then the password: who is not believed hears nothing of it.
listener=$(free_port)
mkfifo input && exec 9<>input # it would end with its input
openssl s_server -accept "127.0.0.1:$listener" -cert server.pem -key server.key -quiet >heard 2>heard.err <&9 &
cleanup_push kill_now $!
eventually 10 bash -c "exec 3<>/dev/tcp/127.0.0.1/$listener" 2>/dev/null
refuses "an impostor" "https://127.0.0.1:$listener: $not_believed" "https://127.0.0.1:$listener" --ca-file other_ca.pem "${alice[@]}"
is "an impostor hears nothing" "$(wc -c <heard)" 0
timeout 5 "$KTALLY" top --once --connect "https://127.0.0.1:$listener" --insecure "${alice[@]}" >/dev/null 2>&1 # it never answers
is "who believes anybody tells it" "$(grep -c '^Authorization: Basic ' heard)" 1
daemon_stop
is "SIGTERM ends the daemon with 0" $? 0
done_testing

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Exercises: the page in a browser, on the daemon itself, with real work behind it: a hog at its limit, one that is killed
# for memory over and over, one that writes to disk, redis where it is unpacked; and a daemon that is gone and comes back.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"

for needed in "$ROOT/build/web/node_modules/playwright-core/package.json" "$(command -v node)" "${CHROMIUM:-/usr/bin/chromium}"; do
	[ -e "$needed" ] || skip_all "no browser: tools/deps web"
done
[ -x "$(command -v busybox)" ] || skip_all "no busybox"

# The folder of the containers' cgroups, in each hierarchy; gone after them.
cleanup_push sh -c "rmdir /sys/fs/cgroup/ktally-e2e-$$ /sys/fs/cgroup/*/ktally-e2e-$$"

# busybox_make NAME JQ SCRIPT: a container that runs a shell script of busybox, with limits by a jq program.
busybox_make() {
	local bundle=$WORK/bundle.$1 applet
	container_make "$1" "/ktally-e2e-$$/$1" || return 1
	cp "$(command -v busybox)" "$bundle/rootfs/bin/busybox"
	for applet in sh sleep dd gzip tail cat seq wc grep; do ln -sf busybox "$bundle/rootfs/bin/$applet"; done
	jq --arg script "$3" '.process.args = ["/bin/sh", "-c", $script] | '"$2" "$bundle/config.json" >"$bundle/config.new" &&
		mv "$bundle/config.new" "$bundle/config.json" &&
		runc_own run --detach --bundle "$bundle" "$(container_id "$1")" </dev/null >"$bundle/output" 2>&1
}

# shellcheck disable=SC2016  # the container's shell expands it
hog='i=0; while [ $i -lt 3 ]; do (while :; do :; done) & i=$((i + 1)); done; wait'
eater='while :; do tail /dev/zero; sleep 1; done'
writer='while :; do dd if=/dev/zero of=/tmp/file bs=64k count=200 conv=fsync; sleep 0.2; done'
# So low that it is reached on a machine that has other work too.
ok "a hog with a limit of a twentieth of a core" busybox_make hog '.linux.resources.cpu = {quota: 5000, period: 100000}' "$hog"
ok "one that eats more memory than it may" busybox_make eater '.linux.resources.memory = {limit: 33554432, swap: 33554432}' "$eater"
ok "one that writes to disk" busybox_make writer . "$writer"
ok "one of pipes" busybox_make pipes . 'while :; do dd if=/dev/zero bs=4k count=500 | gzip | wc -c; sleep 0.3; done'
if command -v redis-server >/dev/null && command -v redis-benchmark >/dev/null; then
	cgroup_make redis
	port=$(free_port)
	background cgroup_run "$CGROUP" redis-server --port "$port" --save '' --bind 127.0.0.1
	cgroup_make redis-client
	background cgroup_run "$CGROUP" redis-benchmark -p "$port" -c 10 -l -q
fi
daemon_start --web.listen-address="127.0.0.1:$(free_port)"
note "daemon at $URL"

# The driver asks for what a browser cannot do by a line; its other lines are checks.
coproc DRIVER { URL=$URL node "$(dirname "$0")/daemon.mjs" 2>"$WORK/driver.log"; }
driver=$DRIVER_PID
exec {from}<&"${DRIVER[0]}" {to}>&"${DRIVER[1]}"
cleanup_push kill_now "$driver"
address=${URL#http://}
while IFS= read -r -t 120 -u "$from" line; do
	case $line in
	"ok - "*) report_check 0 "${line#ok - }" ;;
	"not ok - "*) report_check 1 "${line#not ok - }" ;;
	"#"*) echo "$line" ;;
	stop) daemon_stop; echo stopped >&"$to" ;;
	start)
		"$KTALLY" run --web.listen-address="$address" >>"$WORK/daemon.log" 2>&1 </dev/null &
		DAEMON_PID=$!
		cleanup_push kill_now "$DAEMON_PID"
		echo started >&"$to"
		;;
	end) break ;;
	esac
done
is "the driver came to its end" "${line:-nothing}" end
[ "${line:-}" = end ] || sed 's/^/# /' "$WORK/driver.log"
done_testing

# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# End-to-end tests: checks that print TAP, clean-up that runs whatever happens, containers by runc alone, the daemon.
# A test script sources this file first and calls `done_testing` last; tests/README.md has an example.
#
# From the environment: KTALLY and WORKLOAD, the two binaries (default: those under build/); DAEMON_SCHEME, https for TLS.
# Set here: ROOT (the tree), WORK (a folder that is removed at the end), URL and DAEMON_PID (daemon_start), CGROUP
# (cgroup_make). Functions that register clean-up must not be called in a subshell or a pipe.
set -u
export LC_ALL=C
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
KTALLY=${KTALLY:-$ROOT/build/ktally}
WORKLOAD=${WORKLOAD:-$ROOT/build/workload}

# ---- checks ----

tests=0 failures=0 finished=0

report_check() { # report_check 0|1 SENTENCE
	tests=$((tests + 1))
	if [ "$1" = 0 ]; then
		echo "ok $tests - $2"
	else
		failures=$((failures + 1))
		echo "not ok $tests - $2"
	fi
}

note() { printf '%s\n' "$*" | sed 's/^/# /'; }

# ok SENTENCE COMMAND...: passes when the command ends with 0; what it printed is shown otherwise.
ok() {
	local sentence=$1
	shift
	if "$@" >"$WORK/output" 2>&1; then
		report_check 0 "$sentence"
	else
		report_check 1 "$sentence"
		note "failed: $*"
		sed 's/^/#   /' "$WORK/output"
	fi
}

# is SENTENCE GOT EXPECTED: equal as text.
is() {
	if [ "$2" = "$3" ]; then
		report_check 0 "$1"
	else
		report_check 1 "$1"
		note "got '$2', expected '$3'"
	fi
}

# between SENTENCE GOT LOW HIGH: a number, bounds included. Text, and nothing, are not between anything.
between() {
	if awk -v got="$2" -v low="$3" -v high="$4" \
		'BEGIN { exit !(got ~ /^[-+]?[0-9.]+([eE][-+]?[0-9]+)?$/ && got + 0 >= low + 0 && got + 0 <= high + 0) }'; then
		report_check 0 "$1"
	else
		report_check 1 "$1"
		note "got '$2', expected $3 to $4"
	fi
}

# skip SENTENCE REASON: one check; skip_all REASON: the whole script, before its first check.
skip() {
	tests=$((tests + 1))
	echo "ok $tests - $1 # SKIP $2"
}
skip_all() {
	echo "1..0 # SKIP $1"
	finished=1
	exit 0
}

# eventually SECONDS COMMAND...: repeats the command until it succeeds, at most so long.
eventually() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.2
	done
}

done_testing() {
	echo "1..$tests"
	finished=1
	exit $((failures > 0))
}

# ---- clean-up: a stack of commands, run from the last to the first ----

cleanups=()

# cleanup_push COMMAND...
cleanup_push() { cleanups+=("$(printf '%q ' "$@")"); }

cleanup_run() {
	local status=$? i
	trap '' INT TERM HUP
	trap - EXIT
	if [ "$finished" = 0 ]; then
		echo "Bail out! the script ended before done_testing (status $status)"
		failures=$((failures + 1))
	fi
	if [ "$failures" -gt 0 ] && [ -s "$WORK/daemon.log" ]; then
		note "log of the daemon:"
		sed 's/^/#   /' "$WORK/daemon.log"
	fi
	for ((i = ${#cleanups[@]} - 1; i >= 0; i--)); do
		eval "${cleanups[i]}" >/dev/null 2>&1
	done
	exit $((failures > 0))
}
trap cleanup_run EXIT
trap 'exit 130' INT TERM HUP

WORK=$(mktemp -d "${TMPDIR:-/tmp}/ktally-e2e.XXXXXX") || exit 1
cleanup_push rm -rf --one-file-system "$WORK"

# kill_now PID: ends one process of ours and waits for it, at most 5 s before SIGKILL.
kill_now() {
	local turn
	kill -TERM "$1" 2>/dev/null || return 0
	for ((turn = 0; turn < 50; turn++)); do
		kill -0 "$1" 2>/dev/null || break
		# A child of this shell stays as a zombie until it is waited for.
		[[ $(cat "/proc/$1/stat" 2>/dev/null) != *') Z '* ]] || break
		sleep 0.1
	done
	kill -KILL "$1" 2>/dev/null
	wait "$1" 2>/dev/null
}

# background COMMAND...: starts it, with its output in $WORK/background.PID, and sets BACKGROUND_PID.
background() {
	local log
	exec {log}>"$WORK/background" # opened here: the child may be later than the mv
	"$@" >&"$log" 2>&1 </dev/null &
	BACKGROUND_PID=$!
	exec {log}>&-
	mv "$WORK/background" "$WORK/background.$BACKGROUND_PID" 2>/dev/null
	cleanup_push kill_now "$BACKGROUND_PID"
}

# mount_dir TYPE SOURCE FOLDER [OPTIONS]
mount_dir() {
	mkdir -p "$3" && mount -t "$1" ${4:+-o "$4"} "$2" "$3" && cleanup_push umount -l "$3"
}

# ---- cgroups ----

# The hierarchy that decides whose a thread is: v1 `cpu` where it is mounted, else v2.
cgroup_root() {
	awk '$3 == "cgroup" && ("," $4 ",") ~ /,cpu,/ { v1 = $2 } $3 == "cgroup2" && !v2 { v2 = $2 }
	     END { print v1 ? v1 : v2 }' /proc/mounts
}

# Where CPU time is counted, when that is another v1 hierarchy than `cpu`.
cgroup_accounts() {
	awk '$3 == "cgroup" && ("," $4 ",") ~ /,cpuacct,/ && ("," $4 ",") !~ /,cpu,/ { print $2; exit }' /proc/mounts
}

# cgroup_make NAME: an empty cgroup of our own, in both; sets CGROUP to its folder in the first.
cgroup_make() {
	local accounts
	accounts=$(cgroup_accounts)
	CGROUP=$(cgroup_root)/ktally-e2e-$$-$1
	mkdir "$CGROUP" || return 1
	cleanup_push cgroup_remove "$CGROUP"
	[ -z "$accounts" ] || { mkdir "$accounts/$(basename "$CGROUP")" && cleanup_push cgroup_remove "$accounts/$(basename "$CGROUP")"; }
}

# cgroup_cpu FOLDER: its CPU time as the kernel has it, in seconds.
cgroup_cpu() {
	local usage
	for usage in "$(cgroup_accounts)/$(basename "$1")/cpuacct.usage" "$1/cpuacct.usage"; do
		[ -r "$usage" ] || continue
		awk '{ printf "%.9f\n", $1 / 1e9 }' "$usage"
		return
	done
	awk '$1 == "usage_usec" { printf "%.6f\n", $2 / 1e6 }' "$1/cpu.stat"
}

cgroup_remove() {
	local pid turn
	for ((turn = 0; turn < 50; turn++)); do
		rmdir "$1" 2>/dev/null && return 0
		[ -d "$1" ] || return 0
		while IFS= read -r pid; do kill -KILL "$pid" 2>/dev/null; done <"$1/cgroup.procs"
		sleep 0.1
	done
	return 1
}

# cgroup_run FOLDER COMMAND...: the command inside the cgroup.
cgroup_run() {
	local folder=$1 accounts
	shift
	accounts=$(cgroup_accounts)
	# shellcheck disable=SC2016  # the inner shell expands these
	sh -c 'for folder in $0; do echo $$ >"$folder/cgroup.procs" || exit 1; done; exec "$@"' \
		"$folder ${accounts:+$accounts/$(basename "$folder")}" "$@"
}

# ---- containers: runc alone, no image, no network set-up ----

runc_own() { runc --root "$WORK/runc" "$@"; }

# container_make NAME [CGROUPS_PATH]: a bundle whose root holds the static workload binary as /bin/workload.
container_make() {
	local bundle=$WORK/bundle.$1 name=$1
	local cgroups_path=${2:-/ktally-e2e-$$-$1}
	mkdir -p "$bundle/rootfs"/{bin,tmp,proc,sys,dev} || return 1
	cp "$WORKLOAD" "$bundle/rootfs/bin/workload" || return 1
	(cd "$bundle" && runc spec) || return 1
	# No rlimits: setting them needs CAP_SYS_RESOURCE, which a nested root may lack.
	jq --arg cgroups_path "$cgroups_path" --arg name "$name" '
		.process.terminal = false | del(.process.rlimits) | .process.cwd = "/" | .root.readonly = false |
		.process.env = ["PATH=/bin"] | .hostname = $name | .linux.cgroupsPath = $cgroups_path' \
		"$bundle/config.json" >"$bundle/config.new" && mv "$bundle/config.new" "$bundle/config.json" || return 1
	echo "$cgroups_path" >"$bundle/cgroups_path"
	cleanup_push runc_own delete --force "$(container_id "$name")"
}

# Id and cgroup path of a container made here.
container_id() { echo "e2e-$$-$1"; }
container_cgroup() { cat "$WORK/bundle.$1/cgroups_path"; }

container_args() { # container_args NAME ARGUMENT...
	local config=$WORK/bundle.$1/config.json
	shift
	jq '.process.args = ["/bin/workload"] + $ARGS.positional' "$config" --args -- "$@" >"$config.new" && mv "$config.new" "$config"
}

# container_run NAME ARGUMENT...: runs the workload to its end; its output and its status.
container_run() {
	local name=$1
	container_args "$@" && runc_own run --bundle "$WORK/bundle.$name" "$(container_id "$name")" </dev/null
}

# container_start NAME [ARGUMENT...]: leaves the workload running (an hour of sleep when no argument says otherwise).
container_start() {
	local name=$1
	shift
	[ $# -gt 0 ] || set -- sleep 1 3600000
	container_args "$name" "$@" &&
		runc_own run --detach --bundle "$WORK/bundle.$name" "$(container_id "$name")" </dev/null >"$WORK/bundle.$name/output" 2>&1
}

# container_exec NAME ARGUMENT...: the workload once more, inside a started container.
container_exec() {
	local id
	id=$(container_id "$1")
	shift
	runc_own exec "$id" /bin/workload "$@" </dev/null
}

container_stop() { runc_own delete --force "$(container_id "$1")"; }

# ---- the daemon ----

free_port() {
	local port
	while :; do
		port=$((20000 + RANDOM % 12000))
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
	done
	echo "$port"
}

daemon_ready() { # 2 when it is gone
	kill -0 "$DAEMON_PID" 2>/dev/null || return 2
	curl -fsS -o /dev/null --max-time 2 "$URL/readyz" 2>/dev/null
}

# daemon_start [ARGUMENT...]: starts `ktally run` on a free port and waits until it is ready.
# shellcheck disable=SC2120  # arguments are optional
daemon_start() {
	local port end=$((SECONDS + ${DAEMON_START_LIMIT:-60}))
	port=$(free_port)
	URL=${DAEMON_SCHEME:-http}://127.0.0.1:$port
	"$KTALLY" run --web.listen-address="127.0.0.1:$port" "$@" >>"$WORK/daemon.log" 2>&1 </dev/null &
	DAEMON_PID=$!
	cleanup_push kill_now "$DAEMON_PID"
	until daemon_ready; do
		if [ "$SECONDS" -ge "$end" ] || ! kill -0 "$DAEMON_PID" 2>/dev/null; then
			note "the daemon did not become ready"
			failures=$((failures + 1))
			return 1
		fi
		sleep 0.1
	done
}

# daemon_stop: SIGTERM; the exit status is the daemon's. Not in a subshell.
daemon_stop() {
	kill -TERM "$DAEMON_PID" 2>/dev/null
	wait "$DAEMON_PID"
}

# password_hash PASSWORD [COST]: as the web-config file has it (bcrypt); the least cost when none is told.
password_hash() { perl -e 'print crypt($ARGV[0], sprintf(q($2b$%02d$abcdefghijklmnopqrstuu), $ARGV[1]))' "$1" "${2:-4}"; }

# Just over one tick: after it the next scrape holds all that happened before.
settle() { sleep 1.2; }

# scrape FILE [PATH]
scrape() { curl -fsS --max-time 10 -o "$1" "$URL${2:-/metrics}"; }

# metric FILE NAME ['label="value",...']: the sum of the samples that have all these labels; `absent` without any.
# Values are written as they stand in the exposition, escapes included.
metric() {
	NAME=$2 WANTED=${3-} awk '
	# Label pairs of text from its position `at` into set[]; returns the position of the closing brace or the end.
	function labels(text, at, set,    key, value, c) {
		delete set
		while (match(substr(text, at), /^[ ,]*[a-zA-Z_][a-zA-Z0-9_]*="/)) {
			key = substr(text, at, RLENGTH - 2); sub(/^[ ,]*/, "", key)
			at += RLENGTH; value = ""
			while ((c = substr(text, at, 1)) != "\"" && c != "") {
				if (c == "\\") { at++; c = c substr(text, at, 1) }
				value = value c; at++
			}
			set[key] = value; at++
		}
		return at
	}
	BEGIN { name = ENVIRON["NAME"]; labels(ENVIRON["WANTED"], 1, want) } # -v would undo the escapes
	index($0, name) == 1 && substr($0, length(name) + 1, 1) ~ /[{ ]/ {
		at = length(name) + 1
		delete have
		if (substr($0, at, 1) == "{") at = labels($0, at + 1, have) + 1
		for (key in want) if (!(key in have) || have[key] != want[key]) next
		split(substr($0, at), rest, " ")
		sum += rest[1]; samples++
	}
	END { if (samples) printf "%.15g\n", sum; else print "absent" }' "$1"
}

# unattributed FILE: how much no thread or container was given, but for disks: what the machine itself writes is nobody's by nature, and
# of its completions some are not shown when the machine is very busy (24-disks.sh looks at them).
unattributed() { grep '^ktally_self_unattributed_total{' "$1" | grep -v 'what="disk_' | awk '{ sum += $NF } END { print sum + 0 }'; }

# delta BEFORE AFTER NAME [LABELS]: how much the sum grew; a sample that is new counts from 0, `absent` when still none.
delta() {
	local before after
	before=$(metric "$1" "$3" "${4-}") after=$(metric "$2" "$3" "${4-}")
	[ "$after" != absent ] || { echo absent; return; }
	[ "$before" != absent ] || before=0
	awk -v a="$before" -v b="$after" 'BEGIN { printf "%.15g\n", b - a }'
}

# value_of KEY: the number in the workload's report on stdin.
value_of() { sed -n "s/^$1=//p"; }

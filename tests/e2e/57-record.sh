#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# time-limit: 200
# Exercises: `ktally record` writes what a daemon tells, ends cleanly in each way, and leaves a file that can be browsed when it is
# killed, when the disk is full and when the daemon goes.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

record() { "$KTALLY" record "$@" >"$WORK/out" 2>"$WORK/err"; }
snapshots() { sed -n 's/^.*: \([0-9]*\) snapshots, .*/\1/p' "$WORK/out"; }
# replay FILE [VIEW]: one picture of it as JSON, and what is said about it
has_replay() { "$KTALLY" top --help 2>/dev/null | grep -q -- --replay; }
replay() { "$KTALLY" top --replay "$1" --json --view "${2:-containers}" >"$WORK/top" 2>"$WORK/err"; }

ok "without a daemon there is no recording" bash -c "! '$KTALLY' record '$WORK/none' --connect 127.0.0.1:1 2>'$WORK/err'"
is "and a line says why" "$(cat "$WORK/err")" \
	"ktally record: http://127.0.0.1:1: nobody listens there: is \`ktally run\` running?"
ok "and no file is left" test ! -e "$WORK/none"

daemon_start
cgroup_make recorded
background cgroup_run "$CGROUP" "$WORKLOAD" sleep 1 600000
background "$WORKLOAD" storm 600
settle

ok "a recording ends at its duration" record "$WORK/a" --connect "$URL" --interval 200ms --duration 2100ms
between "with a snapshot each 200 ms" "$(snapshots)" 5 11
is "its size is told" "$(sed -n 's/^.* snapshots, \([0-9]*\) bytes.*/\1/p' "$WORK/out")" "$(stat -c %s "$WORK/a")"
note "bytes of a snapshot here: $(($(stat -c %s "$WORK/a") / $(snapshots)))"
is "only its owner may read it" "$(stat -c %a "$WORK/a")" 600
before=$(md5sum <"$WORK/a")
ok "a file that is there is not overwritten" bash -c "! '$KTALLY' record '$WORK/a' --connect '$URL' --duration 1s 2>'$WORK/err'"
is "and is as it was" "$(md5sum <"$WORK/a")" "$before"
ok "unless that is asked for" record "$WORK/a" --connect "$URL" --interval 200ms --duration 1100ms --force

for signal in INT TERM; do
	background "$KTALLY" record "$WORK/$signal" --connect "$URL" --interval 100ms
	pid=$BACKGROUND_PID
	eventually 20 test -s "$WORK/$signal"
	sleep 0.5 # some snapshots
	kill -"$signal" "$pid"
	wait "$pid"
	is "SIG$signal ends it with 0" $? 0
	ok "and it says how many snapshots there are" grep -q ' snapshots, ' "$WORK/background.$pid"
done

background "$KTALLY" record "$WORK/killed" --connect "$URL" --interval 100ms
pid=$BACKGROUND_PID
eventually 20 test -s "$WORK/killed"
sleep 1 # some snapshots
kill -KILL "$pid"
wait "$pid" 2>/dev/null

ok "a size is an end too" record "$WORK/sized" --connect "$URL" --interval 100ms --max-size 256K --duration 60s
between "which the file does not pass" "$(stat -c %s "$WORK/sized")" 10000 262144

if [ "$(id -u)" = 0 ]; then
	mount_dir tmpfs none "$WORK/small" size=256k
	background "$KTALLY" record "$WORK/small/full" --connect "$URL" --interval 100ms --duration 60s
	pid=$BACKGROUND_PID
	wait "$pid"
	is "a full disk is a failure" $? 1
	ok "that is told" grep -q 'No space left on device' "$WORK/background.$pid"
fi

background "$KTALLY" record "$WORK/alone" --connect "$URL" --interval 100ms
pid=$BACKGROUND_PID
eventually 20 test -s "$WORK/alone"
daemon_stop
eventually 20 grep -q 'nobody listens there' "$WORK/background.$pid"
kill -TERM "$pid"
wait "$pid"
is "when the daemon goes, what was recorded stays" $? 0

if has_replay; then
	for file in a INT TERM sized alone; do
		ok "the file '$file' can be browsed" replay "$WORK/$file"
		is "and is whole" "$(cat "$WORK/err")" ""
	done
	ok "the names are in it" bash -c "'$KTALLY' top --replay '$WORK/a' --json --view containers | grep -q '$(basename "$CGROUP")'"
	ok "what was killed in the middle can be browsed" replay "$WORK/killed"
	"$KTALLY" top --replay "$WORK/killed" --once >"$WORK/top" 2>&1
	ok "and says that it has no end" grep -q "has no end\|in the middle of a snapshot" "$WORK/top"
	[ "$(id -u)" != 0 ] || ok "so can what filled the disk" replay "$WORK/small/full"
	head -c 1000 "$WORK/a" >"$WORK/cut"
	ok "a file that was cut too early is refused" bash -c "! '$KTALLY' top --replay '$WORK/cut' --once >/dev/null 2>'$WORK/err'"
	ok "with the reason" grep -q "has no whole snapshot" "$WORK/err"
	ok "and so is a foreign one" bash -c "! '$KTALLY' top --replay '$KTALLY' --once >/dev/null 2>'$WORK/err'"
	ok "with another" grep -q "is not a recording of ktally" "$WORK/err"
else
	skip "recordings can be browsed" "this build has no ktally top"
fi
done_testing

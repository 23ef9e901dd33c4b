#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# time-limit: 240
# Life of the daemon: a start among 5,000 processes, SIGTERM, SIGKILL and a new start, two at once, hostile names, a busy loop read
# in mid-flight, reload.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"
command -v bpftool >/dev/null || PATH=$PATH:/usr/sbin

in_kernel() { bpftool prog show 2>/dev/null | grep -c -E ' name (sched_switch|sys_exit|survey|poke|cgroup_mkdir) '; }
was=$(in_kernel)
test_gone() { [ "$(in_kernel)" = "$was" ]; }

background "$WORKLOAD" processes 5000 120
eventually 30 grep -q started= "$WORK/background.$BACKGROUND_PID"
crowd=$BACKGROUND_PID

began=$(date +%s%N)
daemon_start
took=$((($(date +%s%N) - began) / 1000000))
between "among 5,000 processes it is ready within 3 s (ms)" "$took" 0 3000
settle
scrape "$WORK/crowd.prom"
between "and shows them" "$(metric "$WORK/crowd.prom" ktally_node_processes)" 5000 5500
is "every thread has a record" "$(metric "$WORK/crowd.prom" ktally_self_unattributed_total 'what="births"')" 0

began=$(date +%s%N)
daemon_stop
is "SIGTERM ends it with 0" $? 0
between "within 2 s (ms)" $((($(date +%s%N) - began) / 1000000)) 0 2000
is "nothing is left in the kernel" "$(eventually 10 test_gone; in_kernel)" "$was"
kill_now "$crowd"

# Processes that begin, move and become another program while ktally starts, and sleep from then on: no switch tells of them later.
cgroup_make meanwhile
# shellcheck disable=SC2016  # the inner shell expands these
background sh -c 'i=0; while [ $i -lt 1499 ]; do sh -c "echo \$\$ >$0/cgroup.procs; exec sleep 600" & i=$((i + 1)); done; wait' "$CGROUP"
eventually 10 grep -q . "$CGROUP/cgroup.procs"
daemon_start
all_there() { [ "$(wc -l <"$CGROUP/cgroup.procs")" = 1499 ]; }
ok "1,499 processes begin meanwhile" eventually 60 all_there
settle
scrape "$WORK/meanwhile.prom"
is "all of them are there, by their names" "$(metric "$WORK/meanwhile.prom" ktally_program_processes \
	"container=\"$(basename "$CGROUP")\",program=\"sleep\"")" 1499
is "and no others" "$(metric "$WORK/meanwhile.prom" ktally_container_processes "container=\"$(basename "$CGROUP")\"")" 1499
daemon_stop
cgroup_remove "$CGROUP"

daemon_start
kill -KILL "$DAEMON_PID"
wait "$DAEMON_PID" 2>/dev/null
is "after SIGKILL nothing is left in the kernel either" "$(eventually 10 test_gone; in_kernel)" "$was"
daemon_start
first_pid=$DAEMON_PID first_url=$URL
settle
ok "it starts again" scrape "$WORK/again.prom"

"$KTALLY" run --listen "${first_url#http://}" >"$WORK/second" 2>&1
is "a second one on the same port ends with 1" $? 1
is "and says why in one line" "$(grep -v level=info "$WORK/second")" \
	"ktally: cannot listen on '${first_url#http://}': Address already in use"

daemon_start
settle
cgroup_make both
cgroup_run "$CGROUP" "$WORKLOAD" calls 1009 getppid >/dev/null
settle
for url in "$first_url" "$URL"; do
	URL=$url scrape "$WORK/both.prom"
	between "two at once count the same work each" \
		"$(metric "$WORK/both.prom" ktally_container_syscalls_total "container=\"$(basename "$CGROUP")\",class=\"process\"")" 1009 1039
done
daemon_stop
DAEMON_PID=$first_pid URL=$first_url

cgroup_make names
hostile=$'a"b\\c\nd\xff{}'
cgroup_run "$CGROUP" "$WORKLOAD" rename "$hostile" -- calls 101 getppid >/dev/null 2>&1
settle
scrape "$WORK/names.prom"
is "a hostile name is escaped, nothing of it lost" \
	"$(grep -c -F 'program="a\"b\\c\nd'$'\xef\xbf\xbd''{}"' <(grep '^ktally_program_cpu_seconds_total' "$WORK/names.prom"))" 1
for odd in $'x\xff' $'x\xfe'; do
	cgroup_run "$CGROUP" "$WORKLOAD" rename "$odd" -- calls 101 getppid >/dev/null 2>&1
done
settle
scrape "$WORK/names.prom"
is "two names that look alike once they are UTF-8 are one series" \
	"$(grep '^ktally_program_cpu_seconds_total' "$WORK/names.prom" | grep -c -F 'program="x'$'\xef\xbf\xbd''"')" 1
ok "and the exposition is still one" python3 - "$WORK/names.prom" <<'PY'
import re, sys
line = re.compile(rb'^[a-z_:][a-zA-Z0-9_:]*(\{([a-z_]+="([^"\\\n]|\\[\\"n])*",?)*\})? [0-9.e+-]+$')
for number, text in enumerate(open(sys.argv[1], "rb").read().split(b"\n")[:-1], 1):
    assert text.startswith(b"# ") or line.match(text), (number, text)
    text.decode("utf-8")
series = [text.rpartition(b" ")[0] for text in open(sys.argv[1], "rb") if text[:1] != b"#"]
assert len(series) == len(set(series)), "a series stands twice"
PY

cgroup_make spin
background cgroup_run "$CGROUP" taskset -c 1 "$WORKLOAD" spin-forever
sleep 2
spinner=$(head -n 1 "$CGROUP/cgroup.procs")
tick=$((1000 / 100))
for _ in 1 2 3; do
	sleep 0.7
	before=$(awk '{ print $1 }' "/proc/$spinner/schedstat")
	scrape "$WORK/spin.prom"
	after=$(awk '{ print $1 }' "/proc/$spinner/schedstat")
	between "a busy loop read in mid-flight is right within a tick, as of a reading at most 100 ms old" \
		"$(metric "$WORK/spin.prom" ktally_container_cpu_seconds_total "container=\"$(basename "$CGROUP")\"")" \
		"$(awk -v b="$before" -v t=$tick 'BEGIN { printf "%.6f", b / 1e9 - t / 1e3 - 0.1 }')" \
		"$(awk -v a="$after" -v t=$tick 'BEGIN { printf "%.6f", a / 1e9 + t / 1e3 }')"
done
kill "$spinner"

kill -HUP "$DAEMON_PID"
ok "SIGHUP reloads the settings" eventually 5 grep -q "settings reloaded" "$WORK/daemon.log"
ok "and it goes on serving" scrape "$WORK/hup.prom"
daemon_stop
done_testing

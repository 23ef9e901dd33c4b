#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# time-limit: 120
# Datagrams that sockets in the host's network had no room for count for the cgroups of the sockets, as many as the sockets say.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"

# drops FILE CGROUP: of both causes
drops() { metric "$1" ktally_container_udp_receive_drops_total "container=\"$(basename "$2")\""; }
full() { metric "$1" ktally_container_udp_receive_drops_total "container=\"$(basename "$2")\",cause=\"receive_buffer\""; }
# socket_drops PORT: what the socket bound to it says itself
# shellcheck disable=SC2016  # awk, not shell
socket_drops() {
	awk -v port=":$(printf '%04X' "$1")$" '$2 ~ port { print $NF }' /proc/net/udp /proc/net/udp6
}
is_bound() { [ -n "$(socket_drops "$1")" ]; }
# ignore CGROUP ADDRESS PORT: a socket with the least room, which nobody reads
ignore() {
	background cgroup_run "$1" "$WORKLOAD" udp-ignore "$2" "$3"
	eventually 10 is_bound "$3"
}
# drop ADDRESS PORT N: exactly so many, of datagrams sent one by one from here once the socket is full
drop() {
	while [ "$(socket_drops "$2")" = 0 ]; do "$WORKLOAD" udp-send "$1" "$2" 1 >/dev/null; done
	"$WORKLOAD" udp-send "$1" "$2" $(($3 - $(socket_drops "$2"))) >/dev/null
}
port=$((33000 + $$ % 20000))
cgroup_make before
before=$CGROUP
cgroup_make four
four=$CGROUP
cgroup_make six
six=$CGROUP
cgroup_make idle
idle=$CGROUP

# A socket that was there before ktally, with drops of before.
ignore "$before" 127.0.0.1 $port
drop 127.0.0.1 $port 11
daemon_start
cgroup_run "$idle" "$WORKLOAD" calls 1 getppid >/dev/null
ignore "$four" 127.0.0.1 $((port + 1))
ignore "$six" ::1 $((port + 2))
settle
scrape "$WORK/begin.prom"
is "the program is up" "$(metric "$WORK/begin.prom" ktally_self_probe_up 'probe="udp_fail_queue_rcv_skb",reason=""')" 1
is "what was dropped before ktally is not told" "$(drops "$WORK/begin.prom" "$before")" 0

drop 127.0.0.1 $port 30
drop 127.0.0.1 $((port + 1)) 103
drop ::1 $((port + 2)) 107
settle
scrape "$WORK/first.prom"
is "of the old socket, 19 of 30 were dropped since" "$(socket_drops $port)" 30
is "its socket dropped 103 by IPv4" "$(socket_drops $((port + 1)))" 103
is "its socket dropped 107 by IPv6" "$(socket_drops $((port + 2)))" 107
six_told=1
[ "$(delta "$WORK/begin.prom" "$WORK/first.prom" ktally_node_udp_receive_drops_total)" -ge 229 ] || six_told=0
# Before 5.11 a socket of v1 has no owner that could be found.
if [ "$(metric "$WORK/first.prom" ktally_self_probe_up 'probe="survey_drops"')" = absent ] &&
	[ "$(cgroup_root)" != "$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)" ]; then
	skip "the counters of the containers say the same" "before 5.11 the v1 cgroup of a socket is not known"
	owners=0
else
	owners=1
	# what only a survey of all open files can tell comes with the next that is due
	told() { scrape "$WORK/first.prom" && [ "$(drops "$WORK/first.prom" "$four")" = 103 ]; }
	eventually 20 told
	is "the counter of the old socket's container says 19" "$(full "$WORK/first.prom" "$before")" 19
	is "that of the one with IPv4 says 103" "$(full "$WORK/first.prom" "$four")" "$(socket_drops $((port + 1)))"
	is "they had no room in their sockets, memory there was" "$(drops "$WORK/first.prom" "$four")" 103
	is "a container that drops nothing has none" "$(drops "$WORK/first.prom" "$idle")" 0
fi
# The tracepoint is called for IPv6 since commit 8139dccd464a: 6.5, and stable updates of others.
if [ $six_told = 0 ] && [ "$(printf '%s\n' 6.5 "$(uname -r)" | sort -V | head -1)" != 6.5 ]; then
	skip "that of the one with IPv6 says 107" "this kernel tells nothing of IPv6"
	six_drops=0
else
	six_drops=107
	[ $owners = 0 ] || is "that of the one with IPv6 says 107" "$(full "$WORK/first.prom" "$six")" "$(socket_drops $((port + 2)))"
fi
# Others on this machine may drop some too.
between "the node has those of all" "$(delta "$WORK/begin.prom" "$WORK/first.prom" ktally_node_udp_receive_drops_total)" \
	$((19 + 103 + six_drops)) 1e12

# Sockets that are known; who sends, and so has the softirq, does not matter.
cgroup_run "$idle" "$WORKLOAD" udp-send 127.0.0.1 $((port + 1)) 1009 >/dev/null &
sender=$!
cgroup_run "$before" "$WORKLOAD" udp-send ::1 $((port + 2)) 1013 >/dev/null
wait $sender
again() { scrape "$WORK/second.prom" && [ "$(drops "$WORK/second.prom" "$four")" = 1112 ]; }
settle
eventually 5 again
is "its socket dropped 1,009 more" "$(socket_drops $((port + 1)))" 1112
if [ $owners = 1 ]; then
	is "and so says the counter" "$(full "$WORK/second.prom" "$four")" 1112
	[ $six_drops = 0 ] || is "and by IPv6 1,013 more" "$(full "$WORK/second.prom" "$six")" "$(socket_drops $((port + 2)))"
	is "who sent them has none" "$(drops "$WORK/second.prom" "$idle")" 0
	is "or only its own" "$(drops "$WORK/second.prom" "$before")" 19
	is "no histograms of TCP came with them" "$(metric "$WORK/second.prom" ktally_container_tcp_connection_sent_bytes_count \
		"container=\"$(basename "$four")\"")" absent
fi
between "the node has those of all again" "$(delta "$WORK/first.prom" "$WORK/second.prom" ktally_node_udp_receive_drops_total)" \
	$((1009 + (six_drops ? 1013 : 0))) 1e12
note "the program was skipped $(metric "$WORK/second.prom" ktally_self_probe_misses_total 'probe="udp_fail_queue_rcv_skb"') times"
daemon_stop
is "SIGTERM ends it with 0" $? 0
done_testing

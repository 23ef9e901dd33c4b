#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# time-limit: 240
# TCP connections by the other end, with known numbers of them and of bytes, also through a proxy; and what a full accept queue and
# a receiver that does not read cost, beside the kernel's own counters.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"
# shellcheck source=tests/e2e/wire.sh
. "$(dirname "$0")/wire.sh"

# row FILE CGROUP FAMILY DIRECTION PEER PORT
row() { metric "$1" "ktally_container_connection_$3" "container=\"$(basename "${folder[$2]}")\",direction=\"$4\",peer=\"$5\",port=\"$6\""; }
# pod FILE FAMILY [LABELS]: of the namespace that the server is in
pod() { metric "$1" "ktally_pod_$2" "container=\"$(basename "${folder[server]}")\"${3:+,$3}"; }
look() { # look FILE: all that happened before
	settle
	scrape "$WORK/$1"
}

daemon_start --metrics.connections --interval.files=1s
storage=1
scrape "$WORK/begin.prom"
[ "$(metric "$WORK/begin.prom" ktally_self_probe_up 'probe="survey_connections"')" != absent ] || storage=0
arrivals=1
# Before 5.11 a child only knows the v2 cgroup of who made its listener.
[ $storage = 1 ] || [ "$(cgroup_root)" = "$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)" ] || arrivals=0

serve server 10.77.0.2 1001
serve server fd77::2 1002
serve proxy 10.77.0.2 1003 10.77.0.2 1001
client 10.77.0.2 1001 101
client fd77::2 1002 53
client 10.77.0.2 1003 29
client 10.77.0.2 9 11
client fd77::2 9 5
client 10.77.0.9 9 1
client 10.77.0.9 9 3 abandon
look ended.prom
ended=$WORK/ended.prom
is "101 connections by IPv4 went to one port" "$(row "$ended" client opened_total out 10.77.0.2 1001)" 101
is "53 by IPv6 to another" "$(row "$ended" client opened_total out fd77::2 1002)" 53
is "100 bytes in each" "$(row "$ended" client sent_bytes_total out 10.77.0.2 1001)" 10100
is "also by IPv6" "$(row "$ended" client sent_bytes_total out fd77::2 1002)" 5300
is "and nothing came back" "$(row "$ended" client received_bytes_total out 10.77.0.2 1001)" 0
is "11 were refused there" "$(row "$ended" client failed_total out 10.77.0.2 9)" 11
is "5 by IPv6" "$(row "$ended" client failed_total out fd77::2 9)" 5
is "1 timed out and 3 were given up elsewhere" "$(row "$ended" client failed_total out 10.77.0.9 9)" 4
is "none of them was opened" "$(row "$ended" client opened_total out 10.77.0.9 9)" 0
between "what timed out was sent again" "$(row "$ended" client retransmits_total out 10.77.0.9 9)" 1 10
is "all rows were sent again what TCP says" "$(metric "$ended" ktally_container_connection_retransmits_total \
	"container=\"$(basename "${folder[client]}")\"")" "$(snmp "$near" RetransSegs)"
is "nothing is open" "$(row "$ended" client open out 10.77.0.2 1001)" 0
between "a round trip takes some time" "$(row "$ended" client round_trip_seconds out 10.77.0.2 1001)" 0.000001 1
if [ $arrivals = 1 ]; then
	is "the server has them by the client's address and its own port" "$(row "$ended" server opened_total in 10.77.0.1 1001)" 101
	is "with all bytes" "$(row "$ended" server received_bytes_total in 10.77.0.1 1001)" 10100
	is "and by IPv6" "$(row "$ended" server received_bytes_total in fd77::1 1002)" 5300
	is "29 came to the proxy" "$(row "$ended" proxy opened_total in 10.77.0.1 1003)" 29
	is "it received what was sent" "$(row "$ended" proxy received_bytes_total in 10.77.0.1 1003)" 2900
	is "29 came from it to the server" "$(row "$ended" server opened_total in 10.77.0.2 1001)" 29
	is "with the same bytes, once" "$(row "$ended" server received_bytes_total in 10.77.0.2 1001)" 2900
fi
is "29 went out from the proxy" "$(row "$ended" proxy opened_total out 10.77.0.2 1001)" 29
is "it sent what it had received" "$(row "$ended" proxy sent_bytes_total out 10.77.0.2 1001)" 2900
is "the client sent it to the proxy alone" "$(row "$ended" client sent_bytes_total out 10.77.0.2 1003)" 2900

background run client "$near" tcp-connect 10.77.0.2 1001 7 hold
is_held() { scrape "$WORK/held.prom" && [ "$(row "$WORK/held.prom" client open out 10.77.0.2 1001)" = 7 ]; }
eventually 10 is_held
is "7 are open" "$(row "$WORK/held.prom" client open out 10.77.0.2 1001)" 7
if [ $storage = 1 ]; then
	is_told() { scrape "$WORK/told.prom" && [ "$(row "$WORK/told.prom" client sent_bytes_total out 10.77.0.2 1001)" = 10800 ]; }
	eventually 20 is_told
	is "what open ones have sent is told within 10 s" "$(row "$WORK/told.prom" client sent_bytes_total out 10.77.0.2 1001)" 10800
	is "and received" "$(row "$WORK/told.prom" server received_bytes_total in 10.77.0.1 1001)" 10800
fi

# Who the peers are. The host and a third namespace are joined by wires too; what is in a lone one nobody reaches.
hostile=$'ho"st\\ile<b>\xff\xc3\xa9\x01\x7f'
third=ktally-e2e-$$-third lone=ktally-e2e-$$-lone
for namespace in "$third" "$lone"; do
	ip netns add "$namespace" && cleanup_push ip netns delete "$namespace"
	ip -n "$namespace" link set lo up
done
hang() { # hang DEVICE NAMESPACE NUMBER: a wire from the host, 10.NUMBER.0.1, to 10.NUMBER.0.2
	ip link add "$1" type veth peer name v netns "$2" && cleanup_push ip link delete "$1"
	ip address add "10.$3.0.1/24" dev "$1" && ip link set "$1" up
	ip -n "$2" address add "10.$3.0.2/24" dev v && ip -n "$2" link set v up
	ip -n "$2" route add default via "10.$3.0.1"
}
hang "kt$$a" "$near" 78
hang "kt$$b" "$third" 79
ip -n "$lone" address add 10.80.0.2/32 dev lo
ip -n "$third" address add 10.81.0.2/32 dev lo
ip address add 10.81.0.2/32 dev "kt$$b"
for name in unit outside alone "$hostile"; do
	cgroup_make "$name"
	folder[$name]=$CGROUP
done
background cgroup_run "${folder[unit]}" "$WORKLOAD" tcp-serve 10.78.0.1 1009
background run outside "$third" sleep 1 600000
background run alone "$lone" sleep 1 600000
serve "$hostile" 10.77.0.2 1008
eventually 10 sh -c "ss -Htln 'sport = :1009' | grep -q ."
client 10.77.0.2 1008 3
client 10.78.0.1 1009 5
client 10.78.0.1 9 1
client 10.77.0.2 1003 1
client 10.79.0.2 9 1 abandon
client 10.80.0.2 9 1 abandon
client 10.81.0.2 9 1
# peer CGROUP DIRECTION ADDRESS PORT: kind, namespace, pod and container as the API has them
peer() {
	curl -fsS -G "$URL/api/v1/connections" --data-urlencode "container=$(basename "${folder[$1]}")" -d "direction=$2" -d "peer_address=$3" \
		-d "port=$4" | jq -r '.items | if length == 1 then .[0] | [.peer_kind, .peer_namespace, .peer_pod, .peer_container] | tojson else "\(length) rows" end'
}
named() { printf '["container","","","ktally-e2e-%s-%s"]' "$$" "$1"; } # named NAME
nobody='[null,null,null,null]' the_host='["host",null,null,null]'
are_known() {
	[ "$(peer client out 10.77.0.2 1001)" = "$(named server)" ] && [ "$(peer client out 10.78.0.1 1009)" = "$(named unit)" ] &&
		[ "$(peer client out 10.79.0.2 9)" = "$(named outside)" ]
}
if [ $arrivals = 1 ]; then
	eventually 20 are_known
	is "the client knows the server by name" "$(peer client out 10.77.0.2 1001)" "$(named server)"
	is "also by IPv6" "$(peer client out fd77::2 1002)" "$(named server)"
	is "and the server the client" "$(peer server in 10.77.0.1 1001)" "$(named client)"
	is "also by IPv6, too" "$(peer server in fd77::1 1002)" "$(named client)"
	is "the proxy, which shares the server's address, is known by its port" "$(peer client out 10.77.0.2 1003)" "$(named proxy)"
	is "it knows the server, in its own namespace" "$(peer proxy out 10.77.0.2 1001)" "$(named server)"
	is "where nobody listens either may be meant: no name" "$(peer client out 10.77.0.2 9)" "$nobody"
	is "nor has an address that nobody has" "$(peer client out 10.77.0.9 9)" "$nobody"
	is "a name that tries to be something else is text" "$(peer client out 10.77.0.2 1008)" \
		"$(jq -nc --arg name "ktally-e2e-$$-"$'ho"st\\ile<b>\xef\xbf\xbd\xc3\xa9\x01\x7f' '["container", "", "", $name]')"
	is "what listens on the host has its name" "$(peer client out 10.78.0.1 1009)" "$(named unit)"
	is "and knows the client" "$(peer unit in 10.78.0.2 1009)" "$(named client)"
	is "a port of the host where nobody listens is the host's" "$(peer client out 10.78.0.1 9)" "$the_host"
	is "a namespace that wires join by way of the host has its name" "$(peer client out 10.79.0.2 9)" "$(named outside)"
	is "one that no wire leads to has none" "$(peer client out 10.80.0.2 9)" "$nobody"
	is "nor has an address that two have" "$(peer client out 10.81.0.2 9)" "$nobody"
	# seen FILE: what the terminal has for that peer
	seen() {
		jq -r --arg container "$(basename "${folder[client]}")" \
			'.items[] | select(.container == $container and .direction == "out" and .peer_address == "10.77.0.2" and .port == 1001) | .peer' "$1"
	}
	"$KTALLY" top --json --view connections --connect "$URL" >"$WORK/top.json"
	is "the terminal has the name" "$(seen "$WORK/top.json")" "$(basename "${folder[server]}")"
	"$KTALLY" record "$WORK/recording" --connect "$URL" --duration 1500ms >"$WORK/out" 2>&1
	"$KTALLY" top --json --view connections --replay "$WORK/recording" >"$WORK/replayed.json"
	is "and so has a recording" "$(seen "$WORK/replayed.json")" "$(basename "${folder[server]}")"
else
	skip "names of both ends" "this kernel does not tell here who accepts"
fi
end_client
look killed.prom
is "it is not told twice when they end" "$(row "$WORK/killed.prom" client sent_bytes_total out 10.77.0.2 1001)" 10800
is "and none is open then" "$(row "$WORK/killed.prom" client open out 10.77.0.2 1001)" 0

# One connection fills the queue of a listener that never accepts. Each of the others sends one SYN.
background run server "$far" tcp-ignore 10.77.0.2 1004 0
eventually 10 is_listening 1004
background run client "$near" tcp-connect 10.77.0.2 1004 1 hold
queued() { in_net "$far" ss -Htln "sport = :1004" | awk '{ exit $2 != 1 }'; }
eventually 10 queued
client 10.77.0.2 1004 17 abandon
# A process of the namespace runs now and then, so that its files are read.
overflows() { run server "$far" calls 1 getppid >/dev/null; scrape "$WORK/overflow.prom"; [ "$(pod "$WORK/overflow.prom" tcp_accept_queue_overflows_total)" = 17 ]; }
eventually 20 overflows
is "17 tries met a full accept queue" "$(pod "$WORK/overflow.prom" tcp_accept_queue_overflows_total)" 17
is "as TCP says" "$(snmp "$far" ListenOverflows TcpExt netstat)" 17
is "and were dropped" "$(pod "$WORK/overflow.prom" tcp_listen_drops_total)" "$(snmp "$far" ListenDrops TcpExt netstat)"

background run server "$far" udp-ignore 10.77.0.2 1005
background run server "$far" udp-ignore fd77::2 1006
is_bound() { [ "$(in_net "$far" ss -Huln | grep -c ':100[56] ')" = 2 ]; }
eventually 10 is_bound
run client "$near" udp-send 10.77.0.2 1005 103 >/dev/null
run client "$near" udp-send fd77::2 1006 107 >/dev/null
run client "$near" udp-send 10.77.0.2 1007 13 >"$WORK/sent"
lost=$(snmp "$far" RcvbufErrors Udp) lost6=$(snmp6 "$far" Udp6RcvbufErrors)
between "most of 103 datagrams find no room" "$lost" 90 102
between "and of 107 by IPv6" "$lost6" 94 106
drops() { run server "$far" calls 1 getppid >/dev/null; scrape "$WORK/udp.prom"; [ "$(pod "$WORK/udp.prom" udp_drops_total)" = $((lost + lost6 + 13)) ]; }
eventually 20 drops
is "which is told of both" "$(pod "$WORK/udp.prom" udp_drops_total 'cause="receive_buffer"')" $((lost + lost6))
is "13 were for a port that nobody has" "$(pod "$WORK/udp.prom" udp_drops_total 'cause="no_port"')" 13
is "none was lost otherwise" "$(pod "$WORK/udp.prom" udp_drops_total 'cause="other"')" 0
between "the node has those of all namespaces" "$(metric "$WORK/udp.prom" ktally_node_udp_drops_total 'cause="receive_buffer"')" \
	$((lost + lost6)) 1e12
daemon_stop
is "SIGTERM ends it with 0" $? 0

# 16 rows are 2 for each cgroup, and one for all others. What was there before would have one.
end_client
daemon_start --metrics.connections --limits.connections=16
for port in 1001 1003; do client 10.77.0.2 $port 3; done
client fd77::2 1002 19
client 10.77.0.2 9 23
client 10.77.0.2 1001 5
look few.prom
is "the first keep their rows" "$(row "$WORK/few.prom" client opened_total out 10.77.0.2 1001)" 8
is "also the second" "$(row "$WORK/few.prom" client opened_total out 10.77.0.2 1003)" 3
is "what has none is in the row of others" "$(row "$WORK/few.prom" client opened_total out other "")" 19
is "with its bytes" "$(row "$WORK/few.prom" client sent_bytes_total out other "")" 1900
is "and what failed" "$(row "$WORK/few.prom" client failed_total out other "")" 23
is "all rows of the client are what it has opened" "$(metric "$WORK/few.prom" ktally_container_connection_opened_total \
	"container=\"$(basename "${folder[client]}")\"")" \
	"$(metric "$WORK/few.prom" ktally_container_tcp_connections_opened_total "container=\"$(basename "${folder[client]}")\"")"
between "how many were folded is told" "$(metric "$WORK/few.prom" ktally_self_series_folded_total 'table="connections"')" 42 1e6
daemon_stop
is "SIGTERM ends it with 0 again" $? 0
done_testing

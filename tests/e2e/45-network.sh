#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# time-limit: 180
# Devices of network namespaces: veth pairs between a namespace of ours and those of containers, known traffic, and every number
# beside the device's own. Containers that share a namespace, one without its own, one that is made again.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"
command -v runc >/dev/null || skip_all "needs runc"
peer=ktally-e2e-$$
ip netns add "$peer" 2>"$WORK/netns" || skip_all "no network namespace can be made: $(cat "$WORK/netns")"
cleanup_push ip netns delete "$peer"

peer_run() { nsenter --net="/run/netns/$peer" "$@"; }
pid_of() { runc_own state "$(container_id "$1")" | jq .pid; }
inside() { # inside NAME COMMAND...: in the container's network namespace
	local pid
	pid=$(pid_of "$1")
	shift
	nsenter --target "$pid" --net "$@"
}

# Neighbours are given and IPv6 is off, so that not a packet goes over the wires but ours.
quiet() { # quiet COMMAND...: which runs something in the namespace
	"$@" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6; echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6' 2>/dev/null
}
quiet peer_run

# wire NAME NUMBER: device eth0 in the container, 10.77.NUMBER.2, and device w<NUMBER> with address 10.77.NUMBER.1 in ours.
wire() {
	local name=$1 number=$2
	quiet inside "$name"
	ip -n "$peer" link add "w$number" address 02:00:00:00:01:00 type veth peer name eth0 address 02:00:00:00:02:00 netns "$(pid_of "$name")" &&
		peer_run sh -c "ip address add 10.77.$number.1/24 dev w$number && ip link set w$number up &&
			ip neighbour add 10.77.$number.2 lladdr 02:00:00:00:02:00 dev w$number nud permanent" &&
		inside "$name" sh -c "ip address add 10.77.$number.2/24 dev eth0 && ip link set eth0 up &&
			ip neighbour add 10.77.$number.1 lladdr 02:00:00:00:01:00 dev eth0 nud permanent"
}

# ADDRESS COUNT BYTES: so many UDP packets with so much payload to a port where nobody listens. The few answers that say so are counted
# by the device as by us.
send=(python3 -c 'import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(int(sys.argv[2])): s.sendto(bytes(int(sys.argv[3])), (sys.argv[1], 9))')

label() { echo "container=\"ktally-e2e-$$-$1\""; }
families='receive_bytes receive_packets receive_packets_dropped receive_errors
	transmit_bytes transmit_packets transmit_packets_dropped transmit_errors'

# device NAME [INTERFACE]: what the device itself has, in the order of the families
device() {
	inside "$1" cat /proc/net/dev | awk -v name="${2-eth0}:" '$1 == name { print $2, $3, $5, $4, $10, $11, $13, $12 }'
}
# shown NAME FILE [INTERFACE]: what ktally says of it
shown() {
	local family line=''
	for family in $families; do
		line+=" $(metric "$2" "ktally_pod_network_${family}_total" "$(label "$1"),interface=\"${3-eth0}\"")"
	done
	echo "${line# }"
}
# difference "A..." "B...": B - A, one by one
difference() { paste <(tr ' ' '\n' <<<"$1") <(tr ' ' '\n' <<<"$2") | awk '{ printf "%s%d", (NR > 1 ? " " : ""), $2 - $1 }'; }
series() { grep -c "^ktally_pod_network_receive_bytes_total{.*$(label "$1")" "$2"; }

# The wake-ups make a container one that ran, whose files are read in each interval of 1 s.
awake() { container_start "$1" sleep 36000 100; }
read_again() { sleep 2.6; }

container_make old
awake old
wire old 1
peer_run "${send[@]}" 10.77.1.2 211 503

daemon_start --interval.files=1s
read_again
scrape "$WORK/begin.prom"
is "a container that was there counts from now on" "$(shown old "$WORK/begin.prom")" "0 0 0 0 0 0 0 0"
before=$(device old)
peer_run "${send[@]}" 10.77.1.2 101 1009
read_again
scrape "$WORK/old.prom"
is "and then what its device counts" "$(shown old "$WORK/old.prom")" "$(difference "$before" "$(device old)")"
is "that is our packets" "$(metric "$WORK/old.prom" ktally_pod_network_receive_packets_total "$(label old)")" 101
is "with 42 bytes of headers each" "$(metric "$WORK/old.prom" ktally_pod_network_receive_bytes_total "$(label old)")" $((101 * (1009 + 42)))

container_make young
awake young
wire young 2
peer_run "${send[@]}" 10.77.2.2 307 701
inside young "${send[@]}" 10.77.2.1 53 401
# too long for the other end: dropped there when it comes, and here when it goes
inside young ip link set eth0 mtu 600
peer_run "${send[@]}" 10.77.2.2 7 1200
inside young ip link set eth0 mtu 1500
peer_run ip link set w2 mtu 600
inside young "${send[@]}" 10.77.2.1 11 1200
read_again
scrape "$WORK/young.prom"
own=$(device young)
is "a born container has all its device counts" "$(shown young "$WORK/young.prom")" "$own"
between "drops on receipt among them" "$(cut -d ' ' -f 3 <<<"$own")" 7 1000
between "drops on sending among them" "$(cut -d ' ' -f 7 <<<"$own")" 11 1000
is "lo is left out" "$(series young "$WORK/young.prom")" 1

# a second container in the namespace of the first
container_make guest
jq --arg path "/proc/$(pid_of young)/ns/net" '(.linux.namespaces[] | select(.type == "network")) += { path: $path }' \
	"$WORK/bundle.guest/config.json" >"$WORK/config" && mv "$WORK/config" "$WORK/bundle.guest/config.json"
awake guest
container_make hosted
jq '.linux.namespaces |= map(select(.type != "network"))' "$WORK/bundle.hosted/config.json" >"$WORK/config" &&
	mv "$WORK/config" "$WORK/bundle.hosted/config.json"
awake hosted
peer_run ip link set w2 mtu 1500
inside guest "${send[@]}" 10.77.2.1 17 307
read_again
scrape "$WORK/guest.prom"
is "two containers in one namespace: one set of rows" "$(series young "$WORK/guest.prom") $(series guest "$WORK/guest.prom")" "1 0"
is "that counts the traffic of both once" "$(shown young "$WORK/guest.prom")" "$(device young)"
is "a container in the host's namespace has no rows" "$(series hosted "$WORK/guest.prom")" 0
between "though it is known" "$(metric "$WORK/guest.prom" ktally_container_threads "$(label hosted)")" 1 1000
is "namespaces can be read" "$(metric "$WORK/guest.prom" ktally_self_source_up 'source="network_namespaces"')" 1

container_stop young
inside guest "${send[@]}" 10.77.2.1 19 311
read_again
scrape "$WORK/heir.prom"
is "when the first one ends its rows stand still" "$(shown young "$WORK/heir.prom")" "$(shown young "$WORK/guest.prom")"
is "and the other goes on from there under its own name" \
	"$(metric "$WORK/heir.prom" ktally_pod_network_transmit_packets_total "$(label guest)")" 19
container_stop guest
gone() { ! peer_run ip link show w2 >/dev/null 2>&1; }
ok "the namespace ends with its last process: ktally does not hold it" eventually 10 gone

# the same names again, in a namespace of its own
awake young
wire young 3
peer_run "${send[@]}" 10.77.3.2 23 313
read_again
scrape "$WORK/again.prom"
is "a container made again under the same names goes on" \
	"$(difference "$(shown young "$WORK/heir.prom")" "$(shown young "$WORK/again.prom")")" "$(device young)"

# shellcheck disable=SC1003  # a backslash at the end
inside young ip link add name 'q"\' type veth peer name p
for ((i = 0; i < 35; i++)); do inside young ip link add name "many$i" type veth peer name "more$i"; done
read_again
scrape "$WORK/names.prom"
is "a hostile name is escaped" "$(grep -c -F 'interface="q\"\\"} 0' "$WORK/names.prom")" 8
is "past 64 interfaces the rest is one row" "$(series young "$WORK/names.prom")" 65
is "called other" "$(metric "$WORK/names.prom" ktally_pod_network_receive_bytes_total "$(label young),interface=\"other\"")" 0
is "and what was folded is told" "$(metric "$WORK/names.prom" ktally_self_series_folded_total 'table="interfaces"')" 9
daemon_stop

container_make plain
daemon_start --interval.files=1s --no-bpf.enabled
sleep 1
awake plain
wire plain 4
peer_run "${send[@]}" 10.77.4.2 29 317
read_again
scrape "$WORK/plain.prom"
is "without BPF the rows are the same" "$(shown plain "$WORK/plain.prom")" "$(device plain)"
daemon_stop
done_testing

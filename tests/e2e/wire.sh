# shellcheck shell=bash disable=SC2154,SC2034,SC2153  # variables of lib.sh; those for the script
# SPDX-License-Identifier: Apache-2.0
# Two network namespaces joined by a wire, and cgroups that have connections over it; sourced after lib.sh, as root. In `near` are
# 10.77.0.1 and fd77::1, in `far` 10.77.0.2 and fd77::2; .9 and ::9 are addresses that nobody has.

near=ktally-e2e-$$-near far=ktally-e2e-$$-far
for namespace in "$near" "$far"; do
	ip netns add "$namespace" 2>"$WORK/netns" || skip_all "no network namespace can be made: $(cat "$WORK/netns")"
	cleanup_push ip netns delete "$namespace"
	ip -n "$namespace" link set lo up
done
in_net() { # in_net NAMESPACE COMMAND...
	local namespace=$1
	shift
	nsenter --net="/run/netns/$namespace" "$@"
}

# Two ends of a wire.
ip -n "$near" link add w address 02:00:00:00:01:00 type veth peer name w address 02:00:00:00:02:00 netns "$far"
for end in "$near 1 2" "$far 2 1"; do
	read -r namespace own other <<<"$end"
	ip -n "$namespace" address add "10.77.0.$own/24" dev w
	ip -n "$namespace" address add "fd77::$own/64" dev w nodad
	ip -n "$namespace" link set w up
	for address in "10.77.0.$other" "fd77::$other" 10.77.0.9 fd77::9; do
		ip -n "$namespace" neighbour add "$address" lladdr "02:00:00:00:0$other:00" dev w nud permanent
	done
done
in_net "$near" sysctl -q -w net.ipv4.tcp_syn_retries=1

declare -A folder
for name in client server proxy; do
	cgroup_make "$name"
	folder[$name]=$CGROUP
done
run() { # run CGROUP NAMESPACE WORKLOAD-ARGUMENT...
	local cgroup=$1 namespace=$2
	shift 2
	cgroup_run "${folder[$cgroup]}" nsenter --net="/run/netns/$namespace" "$WORKLOAD" "$@"
}
client() { run client "$near" tcp-connect "$@" >"$WORK/client"; }
end_client() { xargs -r kill -KILL <"${folder[client]}/cgroup.procs"; }
is_listening() { in_net "$far" ss -Htln "sport = :$1" | grep -q .; }
serve() { # serve CGROUP ADDRESS PORT [TO PORT]
	local cgroup=$1 mode=tcp-serve
	shift
	[ $# = 2 ] || mode=tcp-proxy
	background run "$cgroup" "$far" "$mode" "$@"
	eventually 10 is_listening "$2"
}

# snmp NAMESPACE NAME [GROUP [FILE]]: what TCP, or another protocol, counts there
# shellcheck disable=SC2016  # awk, not shell
snmp() {
	in_net "$1" awk -v name="$2" -v group="${3-Tcp}:" '$1 != group { next }
		!head { for (i = 2; i <= NF; i++) at[$i] = i; head = 1; next } { print $at[name] }' "/proc/net/${4-snmp}"
}
# snmp6 NAMESPACE NAME
# shellcheck disable=SC2016  # awk, not shell
snmp6() { in_net "$1" awk -v name="$2" '$1 == name { print $2 }' /proc/net/snmp6; }

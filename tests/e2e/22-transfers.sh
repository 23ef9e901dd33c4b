#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# time-limit: 300
# Known bytes through every call that moves them, on files, pipes and sockets of each protocol, in real runc containers: each of
# the families is exact, and nothing is counted twice when one container passes on what another sends to a third.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/transfers.sh
. "$(dirname "$0")/transfers.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"

background "$WORKLOAD" storm 600

# Profile full counts sockets by other hooks.
for profile in default full; do
daemon_start --profile "$profile"

while read -r call on count bytes; do
	name=$profile-$call-$on
	container_make "$name" && container_run "$name" transfer "$call" "$on" "$count" "$bytes" | cat >"$WORK/report.$name"
done < <(transfers_list)

# A socket that is closed by another thread before the call is over: only the kernel's own hooks know what it was.
name=$profile-closed
container_make "$name" && container_run "$name" transfer closed unix 11 1009 | cat >"$WORK/report.$name"

# Descriptors that are exchanged during the call count for what is there at its end, those that are closed for nobody.
if [ "$profile" = default ]; then
	settle
	scrape "$WORK/before.prom"
	container_make races && container_run races races 100003 | cat >"$WORK/report.races"
fi

# Three containers in the host's network: what the first sends passes through the second into the third.
for name in source proxy sink; do
	container_make "$profile-$name"
	config=$WORK/bundle.$profile-$name/config.json
	jq '.linux.namespaces |= map(select(.type != "network"))' "$config" >"$config.new" && mv "$config.new" "$config"
done
passed=10000019
for how in read splice; do
	in=$(free_port) out=$(free_port)
	container_run "$profile-sink" sink "$out" >"$WORK/sink.$how" &
	sink=$!
	container_run "$profile-proxy" proxy "$in" "$out" "$how" >"$WORK/proxy.$how" &
	proxy=$!
	container_run "$profile-source" source "$in" $passed >"$WORK/source.$how"
	wait "$proxy" "$sink"
	is "$passed bytes went from one container through a second ($how) to a third" \
		"$(value_of received <"$WORK/sink.$how")" $passed
done

settle
scrape "$WORK/after.prom"
while read -r call on count bytes; do
	name=$profile-$call-$on
	transfers_check "$profile: $call on $on" "$WORK/after.prom" \
		"container=\"$(basename "$(container_cgroup "$name")")\",program=\"workload\"" "$WORK/report.$name"
done < <(transfers_list)

received=$(metric "$WORK/after.prom" ktally_program_network_receive_bytes_total \
	"container=\"$(basename "$(container_cgroup "$profile-closed")")\",program=\"workload\",protocol=\"unix\"")
left=$(metric "$WORK/after.prom" ktally_self_unattributed_total 'what="bytes"')
if [ "$profile" = full ]; then
	is "full: what comes out of a socket that is closed meanwhile is received" "$received" 11099
else
	is "default: what comes out of a socket that is closed meanwhile is given to no protocol" "$received" 0
	between "and told as unclassified" "$left" 11099 1e12
fi

if [ "$profile" = default ]; then
	moved=$(value_of moved <"$WORK/report.races")
	counted=$(metric "$WORK/after.prom" ktally_program_file_read_bytes_total \
		"container=\"$(basename "$(container_cgroup races)")\",program=\"workload\"")
	for family in file_written network_receive network_transmit; do
		counted=$((counted + $(metric "$WORK/after.prom" "ktally_program_${family}_bytes_total" \
			"container=\"$(basename "$(container_cgroup races)")\",program=\"workload\"")))
	done
	between "bytes through descriptors that others close are counted once, or told as unclassified" $((moved - counted)) \
		0 "$(delta "$WORK/before.prom" "$WORK/after.prom" ktally_self_unattributed_total 'what="bytes"')"
	note "moved $moved, counted $counted, unclassified meanwhile $(delta "$WORK/before.prom" "$WORK/after.prom" ktally_self_unattributed_total 'what="bytes"')"
	between "most of them are counted" "$counted" $((moved / 2)) "$moved"
fi

tcp() { # tcp NAME FAMILY
	metric "$WORK/after.prom" "ktally_container_network_$2_bytes_total" \
		"container=\"$(basename "$(container_cgroup "$profile-$1")")\",protocol=\"tcp\""
}
is "the first sent them, each byte once" "$(tcp source transmit)/$(tcp source receive)" $((2 * passed))/0
is "the second received and sent them" "$(tcp proxy receive)/$(tcp proxy transmit)" $((2 * passed))/$((2 * passed))
is "the third received them" "$(tcp sink transmit)/$(tcp sink receive)" 0/$((2 * passed))

for what in bytes syscalls; do
	is "the sum of all records equals the independent total of $what" \
		"$(metric "$WORK/after.prom" ktally_self_accounting_difference "what=\"$what\"")" 0
done
# bytes may be left: another program of this machine may close a descriptor that it reads from
for what in io_uring messages; do
	is "no $what left unclassified" "$(metric "$WORK/after.prom" ktally_self_unattributed_total "what=\"$what\"")" 0
done
is "no program was skipped" "$(metric "$WORK/after.prom" ktally_self_probe_misses_total)" 0
daemon_stop
done
done_testing

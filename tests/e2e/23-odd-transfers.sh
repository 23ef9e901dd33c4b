#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# time-limit: 300
# Bytes in the ways that are easily counted twice or not at all, in real runc containers: AIO, datagrams longer than their buffer,
# calls that signals interrupt or a filter refuses, descriptors that are others in another thread, rings that are full.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/transfers.sh
. "$(dirname "$0")/transfers.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"

ways="aio datagrams signals kinds descriptors refused"
turns=13
for profile in default full; do
daemon_start --profile "$profile"
for way in $ways overflow; do
	name=$profile-$way
	container_make "$name" && container_run "$name" odd-transfer "$way" $turns | cat >"$WORK/report.$name"
done
settle
scrape "$WORK/after.prom"
of() { echo "container=\"$(basename "$(container_cgroup "$profile-$1")")\",program=\"workload\""; }
for way in $ways; do
	transfers_check "$profile: $way" "$WORK/after.prom" "$(of "$way")" "$WORK/report.$profile-$way"
done

# Some completions find the ring full: they are told as unclassified, the others are counted.
written=$(metric "$WORK/after.prom" ktally_program_file_writes_total "$(of overflow)")
unknown=$(metric "$WORK/after.prom" ktally_self_unattributed_total 'what="io_uring"')
is "$profile: each write of a ring that is full now and then is counted or told as unclassified" $((written + unknown)) $((32 * turns))
is "$profile: those that are counted have their bytes" \
	"$(metric "$WORK/after.prom" ktally_program_file_written_bytes_total "$(of overflow)")" $((139 * written))
between "$profile: not all of them find room" "$unknown" $turns $((31 * turns))
is "$profile: no length is unknown" "$(metric "$WORK/after.prom" ktally_self_unattributed_total 'what="messages"')" 0
for what in bytes syscalls; do
	is "$profile: the sum of all records equals the independent total of $what" \
		"$(metric "$WORK/after.prom" ktally_self_accounting_difference "what=\"$what\"")" 0
done
daemon_stop
done
done_testing

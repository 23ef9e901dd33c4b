#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Requests of a disk and victims of the OOM killer. A loop device on memory gets known requests from a cgroup; its operations and bytes are
# exact, on the disk and in the cgroup, and go on being shown when the cgroup is gone. Also run in guests: tests/kernels.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"
modprobe loop 2>/dev/null
loop=$(losetup -f 2>/dev/null) || skip_all "no loop device is to be had"
blkio=$(awk '$3 == "cgroup" && ("," $4 ",") ~ /,blkio,/ { print $2; exit }' /proc/mounts)
memory=$(awk '$3 == "cgroup" && ("," $4 ",") ~ /,memory,/ { print $2; exit }' /proc/mounts)

mount_dir tmpfs none "$WORK/memory"
truncate -s 64M "$WORK/memory/disk"
losetup "$loop" "$WORK/memory/disk" || skip_all "no loop device can be set up"
cleanup_push losetup -d "$loop"
device=$(basename "$loop")
daemon_start

# also_in ROOT: the cgroup in one more hierarchy of v1, if that is apart.
also_in() {
	[ -n "$1" ] && [ "$1" != "$(dirname "$CGROUP")" ] || return 0
	mkdir "$1/$(basename "$CGROUP")" && cleanup_push cgroup_remove "$1/$(basename "$CGROUP")"
}

# run_in COMMAND...: in the cgroup, in every hierarchy that has one of its name.
run_in() {
	local folders
	folders=$(find /sys/fs/cgroup -mindepth 1 -maxdepth 2 -type d -name "$(basename "$CGROUP")" -printf '%p ')
	# shellcheck disable=SC2016,SC2086  # the inner shell expands these; several folders
	sh -c 'for folder in $0; do echo $$ >"$folder/cgroup.procs" || exit 1; done; exec "$@"' "$folders" "$@"
}

# operations LEVEL OPERATION, bytes LEVEL OPERATION: since $WORK/before
operations() { delta "$WORK/before" "$WORK/after" "ktally_$1_disk_latency_seconds_count" "$2"; }
bytes() { delta "$WORK/before" "$WORK/after" "ktally_$1_disk_transferred_bytes_total" "$2"; }

cgroup_make direct
also_in "$blkio"
own="container=\"$(basename "$CGROUP")\""
# Again when a part of dd itself had to be read from its disk, which the kernel's account of the task tells.
for _ in 1 2 3 4 5; do
	settle
	scrape "$WORK/before"
	run_in dd bs=4096 count=1009 if=/dev/zero of="$loop" oflag=direct conv=notrunc status=none
	run_in dd bs=4096 count=503 if="$loop" of=/dev/null iflag=direct status=none
	dd bs=4096 count=211 if="$loop" of=/dev/null iflag=direct status=none
	settle
	scrape "$WORK/after"
	read_bytes=$(delta "$WORK/before" "$WORK/after" ktally_container_disk_read_bytes_total "$own")
	[ "$read_bytes" != $((503 * 4096)) ] || break
done
is "1,009 direct writes are as many operations of the cgroup" "$(operations container "$own,operation=\"write\"")" 1009
is "and their bytes" "$(bytes container "$own,operation=\"write\"")" $((1009 * 4096))
is "as the task's own account has them" "$(delta "$WORK/before" "$WORK/after" ktally_container_disk_written_bytes_total "$own")" $((1009 * 4096))
is "503 direct reads are as many operations" "$(operations container "$own,operation=\"read\"")" 503
is "and their bytes" "$(bytes container "$own,operation=\"read\"")" $((503 * 4096))
is "the disk has the same writes" "$(operations node "device=\"$device\",operation=\"write\"")" 1009
is "and the reads of others too" "$(operations node "device=\"$device\",operation=\"read\"")" $((503 + 211))
is "with all bytes" "$(bytes node "device=\"$device\"")" $(((1009 + 503 + 211) * 4096))
is "nothing is left in its queue" "$(metric "$WORK/after" ktally_node_disk_queue_depth "device=\"$device\"")" 0
is "no completion went unseen" "$(metric "$WORK/after" ktally_self_unattributed_total 'what="disk_completions"')" 0
between "a request takes some time, and not all of it" \
	"$(delta "$WORK/before" "$WORK/after" ktally_container_disk_latency_seconds_sum "$own")" 0.0001 60

# Writeback, by somebody else: charged to the cgroup that owns the pages on v2, to none on v1. Held open, for the last close writes too.
cgroup_make writeback
also_in "$blkio"
also_in "$memory"
own="container=\"$(basename "$CGROUP")\""
exec {held}<"$loop"
scrape "$WORK/before"
run_in dd bs=4096 count=257 if=/dev/zero of="$loop" conv=notrunc status=none
sync
settle
scrape "$WORK/after"
exec {held}<&-
is "257 pages written back are as many bytes of the disk" "$(bytes node "device=\"$device\",operation=\"write\"")" $((257 * 4096))
if [ -z "$blkio" ] && grep -qw memory /sys/fs/cgroup/cgroup.subtree_control && grep -qw io /sys/fs/cgroup/cgroup.subtree_control; then
	is "and of the cgroup that owns the pages" "$(bytes container "$own,operation=\"write\"")" $((257 * 4096))
else
	skip "and of the cgroup that owns the pages" "this kernel charges writeback to the root: memory and io are not both on v2"
fi

# starve COMMAND...: in the cgroup, which may have 16 MiB.
starve() {
	local limit
	for limit in "$memory/$(basename "$CGROUP")/memory.limit_in_bytes" "$CGROUP/memory.max"; do
		[ -e "$limit" ] || continue
		echo $((16 << 20)) >"$limit"
		[ ! -e "$(dirname "$limit")/memory.swap.max" ] || echo 0 >"$(dirname "$limit")/memory.swap.max"
	done
	run_in "$@"
}

# kills: what the kernel counted in the cgroup.
kills() {
	cat "$memory/$(basename "$CGROUP")/memory.oom_control" "$CGROUP/memory.events" 2>/dev/null | awk '$1 == "oom_kill" { print $2; exit }'
}

if [ -n "$memory" ] || [ -e "$CGROUP/memory.max" ]; then
	cgroup_make only
	also_in "$memory"
	starve "$WORKLOAD" faults 16384 >/dev/null 2>&1
	is "the only process of a cgroup dies for lack of memory" $? 137
	is "the kernel counts it once" "$(kills)" 1
	cgroup_remove "$CGROUP"
	[ -z "$memory" ] || cgroup_remove "$memory/$(basename "$CGROUP")"
	only="container=\"$(basename "$CGROUP")\""
	cgroup_make child
	also_in "$memory"
	# shellcheck disable=SC2016  # the inner shell expands these
	starve sh -c 'for turn in 1 2 3; do "$0" faults 16384; done; exit 7' "$WORKLOAD" >/dev/null 2>&1
	is "a parent lives on when three children die" $? 7
	is "the kernel counts three" "$(kills)" 3
	cgroup_remove "$CGROUP"
	[ -z "$memory" ] || cgroup_remove "$memory/$(basename "$CGROUP")"
	child="container=\"$(basename "$CGROUP")\""
	settle
	scrape "$WORK/kills"
	is "the victim counts for its container, which is gone" "$(metric "$WORK/kills" ktally_container_oom_kills_total "$only")" 1
	is "and its program" "$(metric "$WORK/kills" ktally_program_oom_kills_total "$only,program=\"workload\"")" 1
	is "the children too" "$(metric "$WORK/kills" ktally_container_oom_kills_total "$child")" 3
	is "as their own program" "$(metric "$WORK/kills" ktally_program_oom_kills_total "$child,program=\"workload\"")" 3
	is "and for the node" "$(metric "$WORK/kills" ktally_node_oom_kills_total)" 4
	is "no victim is nobody's" "$(metric "$WORK/kills" ktally_self_unattributed_total 'what="oom_kills"')" 0
else
	skip "victims of the OOM killer" "no memory controller here"
fi
daemon_stop
is "SIGTERM ends it with 0" $? 0
done_testing

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# time-limit: 300
# Known work in real runc containers, counted exactly while other processes keep the machine busy: system calls and errors by
# class, forks, execs, exits by status, threads, page faults.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"

daemon_start
for _ in 1 2; do background "$WORKLOAD" storm 600; done

# What the container runtime and the workload's own start do is in both runs: the difference of two runs of different size is
# the work alone. in_container NAME ARGUMENT...: deltas of one run as files before and after.
in_container() {
	container_make "$1" && container_run "$@" >"$WORK/report" || return 1
	settle
	scrape "$WORK/$1.prom"
}

# grown NAME_SMALL NAME_LARGE FAMILY [LABELS]
grown() {
	local small large
	small=$(metric "$WORK/$1.prom" "$3" "container=\"$(cgroup_name "$1")\"${4:+,$4}")
	large=$(metric "$WORK/$2.prom" "$3" "container=\"$(cgroup_name "$2")\"${4:+,$4}")
	[ "$small" != absent ] || small=0
	awk -v a="$small" -v b="$large" 'BEGIN { print b == "absent" ? b : b - a }'
}
cgroup_name() { basename "$(container_cgroup "$1")"; }

in_container calls-none calls 0 getppid
in_container calls-some calls 10007 getppid
is "10,007 calls of getppid are 10,007 calls of class process" \
	"$(grown calls-none calls-some ktally_container_syscalls_total 'class="process"')" 10007
for class in file network memory sync time poll ipc; do
	is "and none of class $class" "$(grown calls-none calls-some ktally_container_syscalls_total "class=\"$class\"")" 0
done
is "and no errors" "$(grown calls-none calls-some ktally_container_syscall_errors_total)" 0
is "the program that did them has the same number" \
	"$(awk -v a="$(metric "$WORK/calls-none.prom" ktally_program_syscalls_total "container=\"$(cgroup_name calls-none)\",program=\"workload\",class=\"process\"")" \
		-v b="$(metric "$WORK/calls-some.prom" ktally_program_syscalls_total "container=\"$(cgroup_name calls-some)\",program=\"workload\",class=\"process\"")" \
		'BEGIN { print b - a }')" 10007

in_container errors-none errors 0
in_container errors-some errors 1009
is "1,009 failed calls of close are errors of class file" \
	"$(grown errors-none errors-some ktally_container_syscall_errors_total 'class="file"')" 1009

in_container forks-none forks 0
in_container forks-some forks 997
is "997 forks are 997 process starts" "$(grown forks-none forks-some ktally_container_process_starts_total)" 997
is "997 children ended with success" \
	"$(grown forks-none forks-some ktally_container_process_exits_total 'status="success"')" 997
is "fork, exit and wait of each are 3 calls of class process" \
	"$(grown forks-none forks-some ktally_container_syscalls_total 'class="process"')" 2991

in_container exits-none exits 0 0 0
in_container exits-some exits 101 53 31
is "101 children ended with 0" "$(grown exits-none exits-some ktally_container_process_exits_total 'status="success"')" 101
is "53 ended with another code" "$(grown exits-none exits-some ktally_container_process_exits_total 'status="failure"')" 53
is "31 were killed" "$(grown exits-none exits-some ktally_container_process_exits_total 'status="signal"')" 31

in_container execs-none execs 0
in_container execs-some execs 211
is "211 execs are 211 execs" "$(grown execs-none execs-some ktally_container_process_execs_total)" 211
is "and as many starts" "$(grown execs-none execs-some ktally_container_process_starts_total)" 211

in_container threads-none threads 0
in_container threads-some threads 307
is "307 threads start no process" "$(grown threads-none threads-some ktally_container_process_starts_total)" 0
is "no thread is left" "$(metric "$WORK/threads-some.prom" ktally_container_threads "container=\"$(cgroup_name threads-some)\"")" absent

in_container faults-none faults 0
in_container faults-some faults 2003
is "2,003 touched pages are 2,003 minor faults" \
	"$(grown faults-none faults-some ktally_container_page_faults_total 'type="minor"')" 2003

in_container files-none files 0
in_container files-some files 401
is "401 reads or writes of a regular file are of class file" \
	"$(grown files-none files-some ktally_container_syscalls_total 'class="file"')" 401

for what in syscalls switches births deaths; do
	is "the sum of all records equals the independent total of $what" \
		"$(metric "$WORK/files-some.prom" ktally_self_accounting_difference "what=\"$what\"")" 0
done
is "nothing was left unattributed" "$(metric "$WORK/files-some.prom" ktally_self_unattributed_total)" 0
is "no program was skipped" "$(metric "$WORK/files-some.prom" ktally_self_probe_misses_total)" 0
done_testing

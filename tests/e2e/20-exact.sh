#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# time-limit: 300
# Known work in real runc containers, counted exactly while other processes keep the machine busy: system calls and errors by
# class, forks, execs, exits by status, threads.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"

daemon_start
for _ in 1 2; do background "$WORKLOAD" storm 600; done

# The runtime's own process is in the container's cgroup until it executes the workload: numbers are those of the program. Its
# own start and end are in both of two runs of different size, so their difference is the work alone.
cgroup_name() { basename "$(container_cgroup "$1")"; }

# in_container NAME ARGUMENT...: one run and the scrape after it
in_container() {
	container_make "$1" && container_run "$@" >"$WORK/report" || return 1
	settle
	scrape "$WORK/$1.prom"
}

# program NAME FAMILY [LABELS]: of the workload in that container
program() { metric "$WORK/$1.prom" "$2" "container=\"$(cgroup_name "$1")\",program=\"workload\"${3:+,$3}"; }

# grown SMALL LARGE FAMILY [LABELS]
grown() {
	awk -v a="$(program "$1" "$3" "${4-}")" -v b="$(program "$2" "$3" "${4-}")" \
		'BEGIN { print a == "absent" || b == "absent" ? "absent" : b - a }'
}

in_container calls-none calls 0 getppid
in_container calls-some calls 10007 getppid
is "10,007 calls of getppid are 10,007 calls of class process" \
	"$(grown calls-none calls-some ktally_program_syscalls_total 'class="process"')" 10007
for class in file network memory sync time poll ipc; do
	is "and none of class $class" "$(grown calls-none calls-some ktally_program_syscalls_total "class=\"$class\"")" 0
done
is "and no errors" "$(grown calls-none calls-some ktally_program_syscall_errors_total)" 0
is "the container has the sum of its programs" \
	"$(metric "$WORK/calls-some.prom" ktally_container_syscalls_total "container=\"$(cgroup_name calls-some)\"")" \
	"$(metric "$WORK/calls-some.prom" ktally_program_syscalls_total "container=\"$(cgroup_name calls-some)\"")"

in_container errors-none errors 0
in_container errors-some errors 1009
is "1,009 failed calls of close are errors of class file" \
	"$(grown errors-none errors-some ktally_program_syscall_errors_total 'class="file"')" 1009

in_container forks-none forks 0
in_container forks-some forks 997
# A start is booked for the program that runs at the next reading: the first process of a container is the runtime's or the
# workload's, so two runs may differ by that one.
between "997 forks are 997 process starts" "$(grown forks-none forks-some ktally_program_process_starts_total)" 996 998
is "997 children ended with success" "$(grown forks-none forks-some ktally_program_process_exits_total 'status="success"')" 997
is "fork, exit and wait of each are 3 calls of class process" \
	"$(grown forks-none forks-some ktally_program_syscalls_total 'class="process"')" 2991

in_container exits-none exits 0 0 0
in_container exits-some exits 101 53 31
is "101 children ended with 0" "$(grown exits-none exits-some ktally_program_process_exits_total 'status="success"')" 101
is "53 ended with another code" "$(grown exits-none exits-some ktally_program_process_exits_total 'status="failure"')" 53
is "31 were killed" "$(grown exits-none exits-some ktally_program_process_exits_total 'status="signal"')" 31

in_container execs-none execs 0
in_container execs-some execs 211
is "211 execs are 211 execs" "$(grown execs-none execs-some ktally_program_process_execs_total)" 211
between "and as many starts" "$(grown execs-none execs-some ktally_program_process_starts_total)" 210 212

in_container threads-none threads 0
in_container threads-some threads 307
between "307 threads start no process" "$(grown threads-none threads-some ktally_program_process_starts_total)" -1 1
is "no thread of it is shown once its container is gone" \
	"$(metric "$WORK/threads-some.prom" ktally_container_threads "container=\"$(cgroup_name threads-some)\"")" absent

in_container files-none files 0
in_container files-some files 401
is "401 writes and 401 reads of a regular file are of class file" \
	"$(grown files-none files-some ktally_program_syscalls_total 'class="file"')" 802

for what in syscalls switches births deaths; do
	is "the sum of all records equals the independent total of $what" \
		"$(metric "$WORK/files-some.prom" ktally_self_accounting_difference "what=\"$what\"")" 0
done
is "nothing was left unattributed" "$(unattributed "$WORK/files-some.prom")" 0
is "no program was skipped" "$(metric "$WORK/files-some.prom" ktally_self_probe_misses_total)" 0
done_testing

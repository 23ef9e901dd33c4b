/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the iterator over resident memory: one for each process that has some, whichever of its threads is left. */
#include "bpf_host_setup.h"

static struct probe_config config;
static struct host_task *leader, *other;
static struct resident_row row;

static void set_up(void)
{
	host_settings(&config);
	host_start(&config, SLOTS, GROUPS);
	leader = host_task_new(NULL, 101, AFTER, CGROUP_A, "worker");
	other = host_task_new(leader, 103, AFTER + 7, CGROUP_A, "worker");
	host_task_set_pages(leader, 13, 1009, 503, 17);
	memset(&row, 0, sizeof(row));
}

static void tear_down(void)
{
	host_task_free(other);
	host_task_free(leader);
	host_stop();
}

TestSuite(bpf_resident, .init = set_up, .fini = tear_down, .timeout = 60);

static void expect_process(void)
{
	eq(row.tgid, 101);
	eq(row.start_ns, AFTER);
	eq(row.bytes, (13 + 1009 + 17) * 4096);
	eq(row.padding, 0);
}

Test(bpf_resident, a_process_is_told_by_its_first_thread_with_all_but_what_is_swapped)
{
	cr_expect(host_resident(leader, &row));
	expect_process();
	cr_expect_not(host_resident(other, &row));
}

Test(bpf_resident, when_that_has_ended_the_others_tell_it)
{
	host_task_exit(leader, 0, false);
	cr_expect_not(host_resident(leader, &row));
	cr_expect(host_resident(other, &row));
	expect_process();
}

Test(bpf_resident, kernel_threads_have_none_though_they_borrow)
{
	host_task_set_kernel_thread(leader);
	cr_expect_not(host_resident(leader, &row));
}

Test(bpf_resident, pages_on_their_way_between_cpus_do_not_make_it_negative)
{
	host_task_set_pages(leader, 3, -5, 0, 0);
	cr_expect(host_resident(leader, &row));
	eq(row.bytes, 0);
}

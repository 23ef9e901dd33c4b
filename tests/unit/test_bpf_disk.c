/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of disks: counted once, timed from their issue, and charged to whom the kernel charges them. */
#include "bpf_host_setup.h"

#define DO_READ 0
#define DO_WRITE 1
#define DO_FLUSH 2
#define DO_DISCARD 3
#define ROOT 1

#define FIRST ((DISK_MIN_EXPONENT - HISTOGRAM_MIN_EXPONENT) * 4)
#define OPERATION(x) operation[VALUE_INDEX(operation, x)]

static struct probe_config config;
static struct host_task *task;
static struct host_request *request;

static void set_up_with(bool v1)
{
	host_settings(&config);
	config.io_controller = 3;
	config.memory_controller = 4;
	config.cgroup_v1 = config.io_v1 = v1;
	host_start(&config, SLOTS, GROUPS);
	task = host_task_new(NULL, 101, AFTER, CGROUP_A | (v1 ? CGROUP_V1 : 0), "worker");
	host_sched_switch(false, NULL, task);
	host_set_time(1000003);
	request = NULL;
}

static void set_up(void)
{
	set_up_with(false);
}

static void set_up_v1(void)
{
	set_up_with(true);
}

static void tear_down(void)
{
	host_request_free(request);
	host_task_free(task);
	host_stop();
}

TestSuite(bpf_disk, .init = set_up, .fini = tear_down, .timeout = 60);
TestSuite(bpf_disk_v1, .init = set_up_v1, .fini = tear_down, .timeout = 60);

static uint64_t count(const struct disk_operation *operation)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < DISK_BUCKETS; i++)
		sum += operation->bucket[i];
	return sum;
}

static void make(__u32 operation, __u64 cgroup_id, __u32 bytes)
{
	host_request_free(request);
	request = host_request_new(0, operation, cgroup_id, bytes);
}

Test(bpf_disk, a_request_counts_for_its_cgroup_and_its_disk_when_it_completes)
{
	const struct disk *of[2];

	make(DO_WRITE, CGROUP_A, 8209);
	host_request_issue(request);
	of[0] = host_disk_of_cgroup(CGROUP_A);
	of[1] = host_disk_of_device(0);
	cr_assert(of[0] && of[1]);
	for (int i = 0; i < 2; i++) {
		eq(of[i]->issued, 1);
		eq(of[i]->completed, 0);
		eq(count(&of[i]->OPERATION(WRITE)), 0);
	}
	host_set_time(1000003 + 300007);
	host_set_cpu(1);
	host_request_complete(request, false, 8209);
	for (int i = 0; i < 2; i++) {
		eq(of[i]->completed, 1);
		eq(of[i]->OPERATION(WRITE).bytes, 8209);
		eq(of[i]->OPERATION(WRITE).sum_ns, 300007);
		eq(of[i]->OPERATION(WRITE).bucket[host_histogram_bucket(&config, 300007) - FIRST], 1);
		eq(count(&of[i]->OPERATION(WRITE)), 1);
		eq(count(&of[i]->OPERATION(READ)), 0);
	}
	cr_expect_str_eq(of[1]->name, "a");
	eq(host_requests(), 0);
	eq(host_disk_rest()->unowned, 0);
}

Test(bpf_disk, shortest_and_longest_have_their_buckets)
{
	const struct disk_operation *read;

	make(DO_READ, CGROUP_A, 512);
	host_request_issue(request);
	host_set_time(1000003 + 7629); /* 2^-17 s is 7,629.39 ns */
	host_request_complete(request, false, 512);
	read = &host_disk_of_device(0)->OPERATION(READ);
	eq(read->bucket[0], 1);
	make(DO_READ, CGROUP_A, 512);
	host_set_time(1000003);
	host_request_issue(request);
	host_set_time(1000003 + 128000000001);
	host_request_complete(request, false, 512);
	eq(read->bucket[DISK_BUCKETS - 1], 1);
	make(DO_READ, CGROUP_A, 512);
	host_set_time(1000003);
	host_request_issue(request);
	host_set_time(1000003 + 7630);
	host_request_complete(request, false, 512);
	eq(read->bucket[1], 1);
}

Test(bpf_disk, parts_are_one_operation_with_all_bytes)
{
	const struct disk_operation *read;

	make(DO_READ, CGROUP_A, 4096);
	host_request_issue(request);
	host_request_complete(request, false, 1024);
	read = &host_disk_of_cgroup(CGROUP_A)->OPERATION(READ);
	eq(count(read), 0);
	host_request_complete(request, false, 3072);
	eq(count(read), 1);
	eq(read->bytes, 4096);
}

Test(bpf_disk, a_failed_request_moved_nothing)
{
	make(DO_READ, CGROUP_A, 4096);
	host_request_issue(request);
	host_request_complete(request, true, 4096);
	eq(count(&host_disk_of_cgroup(CGROUP_A)->OPERATION(READ)), 1);
	eq(host_disk_of_cgroup(CGROUP_A)->OPERATION(READ).bytes, 0);
}

Test(bpf_disk, one_that_is_issued_again_is_one_request_timed_from_the_last)
{
	make(DO_READ, CGROUP_A, 4096);
	host_request_issue(request);
	host_set_time(2000003);
	host_request_issue(request);
	host_set_time(2000003 + 10007);
	host_request_complete(request, false, 4096);
	eq(host_disk_of_device(0)->issued, 1);
	eq(host_disk_of_device(0)->completed, 1);
	eq(host_disk_of_device(0)->OPERATION(READ).sum_ns, 10007);
}

Test(bpf_disk, one_whose_completion_was_not_seen_is_told_when_its_memory_is_used_again)
{
	make(DO_READ, CGROUP_B, 4096);
	host_request_set_made(request, 1000003);
	host_request_issue(request);
	host_request_set_made(request, 2000003);
	host_set_time(2000003);
	host_request_issue(request);
	eq(host_disk_rest()->lost, 1);
	eq(host_disk_of_device(0)->issued, 2);
	eq(host_disk_of_device(0)->completed, 1);
	eq(count(&host_disk_of_device(0)->OPERATION(READ)), 0);
	host_set_time(2000003 + 10007);
	host_request_complete(request, false, 4096);
	eq(host_disk_of_cgroup(CGROUP_B)->issued, 2);
	eq(host_disk_of_cgroup(CGROUP_B)->completed, 2);
	eq(host_disk_of_cgroup(CGROUP_B)->OPERATION(READ).sum_ns, 10007);
	eq(host_requests(), 0);
}

Test(bpf_disk, one_whose_issue_was_not_seen_counts_from_its_making)
{
	make(DO_READ, CGROUP_B, 4096);
	host_request_set_made(request, 1000003 - 20011);
	host_request_complete(request, false, 4096);
	eq(count(&host_disk_of_cgroup(CGROUP_B)->OPERATION(READ)), 1);
	eq(host_disk_of_cgroup(CGROUP_B)->OPERATION(READ).sum_ns, 20011);
	eq(host_disk_of_device(0)->issued, 1);
	eq(host_disk_of_device(0)->completed, 1);
}

Test(bpf_disk, the_second_end_of_a_flushed_write_is_none)
{
	make(DO_WRITE, CGROUP_A, 4096);
	host_request_issue(request);
	host_request_complete(request, false, 4096);
	host_request_complete(request, false, 0);
	eq(count(&host_disk_of_device(0)->OPERATION(WRITE)), 1);
	eq(host_disk_of_device(0)->issued, 1);
}

Test(bpf_disk, a_flush_is_the_issuers_and_has_no_bytes)
{
	make(DO_FLUSH, 0, 0);
	host_request_issue(request);
	host_request_complete(request, false, 0);
	eq(count(&host_disk_of_cgroup(CGROUP_A)->OPERATION(FLUSH)), 1);
	eq(host_disk_of_device(0)->OPERATION(FLUSH).bytes, 0);
}

Test(bpf_disk, discards_are_other)
{
	make(DO_DISCARD, CGROUP_A, 65536);
	host_request_issue(request);
	host_request_complete(request, false, 65536);
	eq(count(&host_disk_of_device(0)->OPERATION(OTHER)), 1);
}

Test(bpf_disk, writeback_is_charged_to_the_owner_of_the_pages)
{
	host_task_set_kernel_thread(task);
	make(DO_WRITE, CGROUP_B, 4096);
	host_request_issue(request);
	host_request_complete(request, false, 4096);
	eq(host_disk_of_cgroup(CGROUP_B)->OPERATION(WRITE).bytes, 4096);
	cr_expect_null(host_disk_of_cgroup(CGROUP_A));
}

Test(bpf_disk, a_cgroup_past_the_table_is_counted_on_the_disk_alone)
{
	static const __u64 cgroups[] = { CGROUP_A, CGROUP_B, 4127 }; /* beside the disk only two find room */

	for (int i = 0; i < 3; i++) {
		make(DO_READ, cgroups[i], 4096);
		host_request_issue(request);
		host_request_complete(request, false, 4096);
	}
	eq(host_disk_rest()->folded, 1);
	cr_expect_null(host_disk_of_cgroup(4127));
	eq(count(&host_disk_of_device(0)->OPERATION(READ)), 3);
}

Test(bpf_disk, past_the_requests_that_are_followed_none_is_lost)
{
	struct host_request *all[HOST_REQUESTS + 3];

	for (int i = 0; i < HOST_REQUESTS + 3; i++) {
		all[i] = host_request_new(0, DO_READ, CGROUP_A, 512);
		host_request_issue(all[i]);
	}
	eq(host_disk_rest()->untracked, 3);
	eq(host_disk_of_device(0)->issued, HOST_REQUESTS);
	for (int i = 0; i < HOST_REQUESTS + 3; i++) {
		host_request_complete(all[i], false, 512);
		host_request_free(all[i]);
	}
	eq(count(&host_disk_of_cgroup(CGROUP_A)->OPERATION(READ)), HOST_REQUESTS + 3);
	eq(host_disk_of_device(0)->issued, host_disk_of_device(0)->completed);
}

/* ---- blkio on a hierarchy of its own ------------------------------------------------------------------------------ */

Test(bpf_disk_v1, a_direct_request_is_its_tasks)
{
	make(DO_READ, CGROUP_A | CGROUP_V1, 4096);
	host_request_issue(request);
	host_request_complete(request, false, 4096);
	eq(host_disk_of_cgroup(CGROUP_A | CGROUP_V1)->OPERATION(READ).bytes, 4096);
}

Test(bpf_disk_v1, what_another_issues_goes_to_the_cgroup_whose_tasks_it_is_charged_to)
{
	make(DO_READ, CGROUP_B | CGROUP_V1, 4096);
	host_request_issue(request);
	host_request_complete(request, false, 4096);
	eq(host_disk_of_cgroup(CGROUP_B | CGROUP_V1)->OPERATION(READ).bytes, 4096);
	cr_expect_null(host_disk_of_cgroup(CGROUP_A | CGROUP_V1));
}

Test(bpf_disk_v1, a_cgroup_without_tasks_is_nobodys)
{
	make(DO_READ, CGROUP_B | CGROUP_V1, 4096);
	host_cgroup_empty(CGROUP_B | CGROUP_V1);
	host_request_issue(request);
	host_request_complete(request, false, 4096);
	eq(host_disk_rest()->unowned, 1);
	eq(host_disk_of_device(0)->OPERATION(READ).bytes, 4096);
	cr_expect_null(host_disk_of_cgroup(CGROUP_B | CGROUP_V1));
}

Test(bpf_disk_v1, writeback_of_the_root_is_nobodys)
{
	host_task_set_kernel_thread(task);
	make(DO_WRITE, ROOT | CGROUP_V1, 4096);
	host_request_issue(request);
	host_request_complete(request, false, 4096);
	eq(host_disk_rest()->unowned, 1);
	eq(host_disk_of_device(0)->OPERATION(WRITE).bytes, 4096);
}

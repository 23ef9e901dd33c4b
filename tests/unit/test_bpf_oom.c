/* SPDX-License-Identifier: Apache-2.0 */
/* Victims of the OOM killer: a log that is read in order, and a notice that may be lost. */
#include "bpf_host_setup.h"

static struct probe_config config;
static struct host_task *task;

static void set_up(void)
{
	host_settings(&config);
	config.memory_controller = 4;
	host_start(&config, SLOTS, GROUPS);
	task = host_task_new(NULL, 101, AFTER, CGROUP_A, "worker");
	host_sched_switch(false, NULL, task);
	host_set_time(3000017);
}

static void tear_down(void)
{
	host_task_free(task);
	host_stop();
}

TestSuite(bpf_oom, .init = set_up, .fini = tear_down, .timeout = 60);

static void expect_victim(const struct oom_victim *victim, uint64_t limit_bytes)
{
	eq(victim->pid, 101);
	eq(victim->tgid, 101);
	eq(victim->cgroup_id, CGROUP_A);
	eq(victim->limit_bytes, limit_bytes);
	cr_expect_str_eq(victim->name, "worker");
}

Test(bpf_oom, a_victim_is_logged_with_its_limit)
{
	host_mark_victim(task, false, 1009, 0);
	eq(host_oom_log()->written, 1);
	expect_victim(&host_oom_log()->victim[0], 1009 * 4096);
	expect_victim(&host_oom_notice()->victim, 1009 * 4096);
	eq(host_oom_notice()->header.type, EVENT_OOM_KILL);
	eq(host_oom_notice()->header.size, sizeof(struct event_oom_kill));
	eq(host_oom_notice()->header.time_ns, 3000017);
}

Test(bpf_oom, the_nearest_limit_above_counts_and_none_is_0)
{
	host_mark_victim(task, false, 0, 503);
	expect_victim(&host_oom_log()->victim[0], 503 * 4096);
	host_mark_victim(task, false, 0, 0);
	expect_victim(&host_oom_log()->victim[1], 0);
}

Test(bpf_oom, a_pid_alone_leads_to_the_same)
{
	host_mark_victim(task, true, 1009, 0);
	expect_victim(&host_oom_log()->victim[0], 1009 * 4096);
}

Test(bpf_oom, a_process_is_a_victim_once_whichever_of_its_threads_are_marked)
{
	struct host_task *thread = host_task_new(task, 103, AFTER, CGROUP_A, "worker"),
			 *other = host_task_new(NULL, 107, AFTER, CGROUP_A, "other");

	host_mark_victim(task, false, 1009, 0);
	host_mark_victim(thread, false, 1009, 0);
	host_mark_victim(other, false, 1009, 0);
	host_mark_victim(thread, false, 1009, 0);
	eq(host_oom_log()->written, 2);
	eq(host_oom_log()->victim[1].tgid, 107);
	host_task_free(thread);
	host_task_free(other);
}

Test(bpf_oom, a_lost_notice_is_counted_and_the_log_goes_on)
{
	host_set_room(0);
	for (int i = 0; i < OOM_VICTIMS + 1; i++)
		host_mark_victim(task, false, 1 + i, 0);
	eq(host_drops(EVENT_OOM_KILL), OOM_VICTIMS + 1);
	eq(host_oom_log()->written, OOM_VICTIMS + 1);
	expect_victim(&host_oom_log()->victim[0], (OOM_VICTIMS + 1) * 4096);
	expect_victim(&host_oom_log()->victim[1], 2 * 4096);
}

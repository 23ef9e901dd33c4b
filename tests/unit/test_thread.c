/* SPDX-License-Identifier: Apache-2.0 */
/* The reader's side of a record: bases, adjusted times, waits that go on, ends. */
#include <errno.h>
#include <string.h>

#include "equal.h"
#include "read/thread.h"

#define WAIT(x) (V_WAIT + VALUE_INDEX(wait_reason, x))
#define REASON(x) (1 + VALUE_INDEX(wait_reason, x))
#define EXITS_(x) (V_EXITS + VALUE_INDEX(exit_status, x))
#define CGROUP 4099

static struct model *model;
static struct thread_owner owner;
static struct thread thread;
static struct record record;
static struct record_base base;
static unsigned int asked;

/* What collect/ does for a cgroup that the model does not know. */
static struct cgroup *find_cgroup(void *context, uint64_t cgroup_id, uint32_t pid)
{
	struct cgroup *cgroup = NULL;

	(void)pid;
	asked++;
	return *(bool *)context && model_cgroup_add(model, cgroup_id, NULL, NULL, 1, &cgroup) == 0 ? cgroup :
												     NULL;
}

static bool has_memory = true;

static void set_up_with(uint32_t processes)
{
	const struct model_limits limits = { .containers = 100,
					     .programs_per_container = 20,
					     .processes = processes,
					     .label_length = 128,
					     .grace_ns = 1009 };

	model_free(model);
	model = NULL;
	cr_assert_eq(model_new(&limits, 1, &model), 0);
	owner = (struct thread_owner){ .model = model,
				       .now_ns = 1000003,
				       .realtime_ns = 1,
				       .find_cgroup = find_cgroup,
				       .context = &has_memory };
	record = (struct record){
		.state = RECORD_LIVE, .pid = 101, .tgid = 101, .cgroup_id = CGROUP, .flags = RECORD_LEADER
	};
	base = (struct record_base){ .start_ns = 7 };
	memset(&thread, 0, sizeof(thread));
	asked = 0;
}

static void set_up(void)
{
	set_up_with(100);
}

static void tear_down(void)
{
	model_free(model);
}

TestSuite(thread, .init = set_up, .fini = tear_down, .timeout = 60);

static void begin(void)
{
	cr_assert_eq(thread_begin(&thread, &record, &base, "worker", &owner), 0);
}

static uint64_t node(unsigned int index)
{
	return model->node->value[index];
}

Test(thread, a_thread_counts_for_its_program_container_and_the_node)
{
	begin();
	eq(asked, 1);
	eq(node(V_THREADS), 1);
	eq(node(V_PROCESSES), 1);
	eq(node(V_STARTS), 0);
	record.value[V_FAULTS] = 23;
	thread_count(&thread, &record, &owner);
	thread_count(&thread, &record, &owner);
	eq(thread.program->value[V_FAULTS], 23);
	eq(model->unknown->value[V_FAULTS], 23);
	eq(node(V_FAULTS), 23);
	record.value[V_FAULTS] = 29;
	thread_count(&thread, &record, &owner);
	eq(node(V_FAULTS), 29);
}

Test(thread, without_memory_for_its_cgroup_it_waits_for_the_next_pass)
{
	has_memory = false;
	eq(-thread_begin(&thread, &record, &base, "worker", &owner), ENOMEM);
	cr_expect_not(thread.live);
	eq(node(V_THREADS), 0);
	has_memory = true;
	begin();
	eq(node(V_THREADS), 1);
}

Test(thread, what_stands_in_the_base_is_not_counted)
{
	for (unsigned int i = 0; i < TASK_VALUES; i++)
		base.value[i] = record.value[i] = 5003;
	base.value[V_CPU_USER] = record.value[V_CPU_USER] = 3001;
	base.value[V_CPU_SYSTEM] = record.value[V_CPU_SYSTEM] = 2003;
	begin();
	thread_count(&thread, &record, &owner);
	for (unsigned int i = 0; i < RECORD_VALUES; i++)
		eq(node(i), 0);
	record.value[V_CPU] += 101;
	thread_count(&thread, &record, &owner);
	eq(node(V_CPU), 101);
	eq(node(V_CPU_USER) + node(V_CPU_SYSTEM), 101);
}

Test(thread, a_born_process_is_started_at_the_reading)
{
	record.flags |= RECORD_BORN;
	begin();
	model_book_starts(model);
	eq(node(V_STARTS), 1);
	record.flags = RECORD_BORN;
	record.pid = 103;
	memset(&thread, 0, sizeof(thread));
	begin();
	model_book_starts(model);
	eq(node(V_STARTS), 1);
	eq(node(V_THREADS), 2);
	eq(node(V_PROCESSES), 1);
	eq(thread.process->threads, 2);
}

Test(thread, a_new_name_moves_the_gauges_and_leaves_the_counts)
{
	begin();
	record.value[V_FAULTS] = 23;
	thread_count(&thread, &record, &owner);
	thread_rename(&thread, "program", 1, &owner);
	thread_rename(&thread, "program", 1, &owner);
	record.value[V_FAULTS] = 53;
	thread_count(&thread, &record, &owner);
	eq(thread.program->value[V_FAULTS], 30);
	eq(thread.program->value[V_THREADS], 1);
	eq(thread.program->value[V_PROCESSES], 1);
	eq(thread.program->references, 2);
	eq(node(V_FAULTS), 53);
	eq(node(V_THREADS), 1);
}

Test(thread, it_follows_its_cgroup_to_a_container_with_a_name)
{
	const struct identity identity = { .name = "web", .runtime = "docker" };

	begin();
	cr_assert_eq(model_cgroup_name(model, thread.cgroup, "/docker/web", &identity, owner.now_ns, 1), 0);
	cr_assert(thread_has_moved(&thread));
	thread_rename(&thread, "worker", 0, &owner);
	cr_assert_not(thread_has_moved(&thread));
	cr_expect_str_eq(thread.program->container->name, "web");
	cr_expect_str_eq(thread.program->name, "worker");
	eq(thread.program->container->value[V_THREADS], 1);
	eq(thread.program->container->value[V_PROCESSES], 1);
	eq(model->unknown->value[V_THREADS], 0);
	eq(model->unknown->value[V_PROCESSES], 0);
}

/* ---- times -------------------------------------------------------------------------------------------------------- */

/* cputime_adjust() of kernel/sched/cputime.c, 6.18, word by word. */
struct shown {
	uint64_t utime, stime;
};

static void cputime_adjust(uint64_t rtime, uint64_t utime, uint64_t stime, struct shown *prev)
{
	if (prev->stime + prev->utime >= rtime)
		return;
	if (stime == 0) {
		utime = rtime;
		goto update;
	}
	if (utime == 0) {
		stime = rtime;
		goto update;
	}
	stime = (uint64_t)((unsigned __int128)stime * rtime / (stime + utime));
	if (stime > rtime)
		stime = rtime;
update:
	if (stime < prev->stime)
		stime = prev->stime;
	utime = rtime - stime;
	if (utime < prev->utime) {
		utime = prev->utime;
		stime = rtime - utime;
	}
	prev->stime = stime;
	prev->utime = utime;
}

static uint64_t seed = 20011;

static uint64_t draw(uint64_t limit)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed >> 8) % limit;
}

Test(thread, times_are_adjusted_as_the_kernel_does_and_never_go_back)
{
	for (int life = 0; life < 101; life++) {
		uint64_t run_ns = 0, user = 0, system = 0, shown_user = 0, shown_system = 0;
		struct shown kernel = { 0 };

		for (int i = 0; i < 1009; i++) {
			uint64_t new_user, new_system;

			run_ns += draw(3) ? draw(10000019) : 0;
			user += draw(3) ? 0 : 4000000 * draw(3);
			system += draw(4) ? 0 : 4000000 * draw(3);
			new_user = user;
			new_system = system;
			thread_adjust_times(run_ns, shown_user, shown_system, &new_user, &new_system);
			cputime_adjust(run_ns, user, system, &kernel);
			cr_assert(new_user == kernel.utime && new_system == kernel.stime, "life %d, step %d",
				  life, i);
			cr_assert(new_user >= shown_user && new_system >= shown_system);
			cr_assert_eq(new_user + new_system, run_ns);
			shown_user = new_user;
			shown_system = new_system;
		}
	}
}

Test(thread, times_of_centuries_do_not_overflow)
{
	uint64_t user = 1ULL << 62, system = 1ULL << 61;

	thread_adjust_times(3ULL << 61, 0, 0, &user, &system);
	eq(user, 1ULL << 62);
	eq(system, 1ULL << 61);
}

Test(thread, a_run_time_that_goes_back_changes_nothing)
{
	uint64_t user = 1, system = 1;

	thread_adjust_times(99, 50, 50, &user, &system);
	eq(user, 50);
	eq(system, 50);
}

Test(thread, user_and_system_time_sum_up_to_the_run_time)
{
	begin();
	for (int i = 1; i <= 13; i++) {
		record.value[V_CPU] = 1000003 * i;
		record.value[V_CPU_USER] = 4000000 * (i / 3);
		record.value[V_CPU_SYSTEM] = 4000000 * (i / 5);
		thread_count(&thread, &record, &owner);
		eq(node(V_CPU), 1000003 * i);
		eq(node(V_CPU_USER) + node(V_CPU_SYSTEM), node(V_CPU));
	}
}

/* ---- waits -------------------------------------------------------------------------------------------------------- */

static void depart(uint64_t at_ns)
{
	record.wait_reason = REASON(LOCK);
	record.departed_ns = at_ns;
	record.arrived_ns = 0;
	record.seq += 2;
}

Test(thread, a_wait_that_goes_on_grows_with_the_clock)
{
	begin();
	depart(1000003);
	owner.now_ns = 1000003 + 101;
	thread_count(&thread, &record, &owner);
	eq(node(WAIT(LOCK)), 101);
	for (int i = 2; i <= 7; i++) {
		owner.now_ns = 1000003 + 101 * i;
		thread_wait_on(&thread, &record, &owner);
		thread_wait_on(&thread, &record, &owner);
		eq(node(WAIT(LOCK)), 101 * i);
	}
}

Test(thread, a_wait_that_ended_is_counted_once)
{
	begin();
	depart(1000003);
	owner.now_ns = 1000003 + 503;
	thread_count(&thread, &record, &owner);
	record.arrived_ns = 1000003 + 1009;
	owner.now_ns = 1000003 + 5003;
	thread_wait_on(&thread, &record, &owner); /* on its CPU: no more */
	eq(node(WAIT(LOCK)), 503);
	record.value[WAIT(LOCK)] = 1009;
	record.wait_reason = WAIT_NONE;
	thread_count(&thread, &record, &owner);
	eq(node(WAIT(LOCK)), 1009);
}

Test(thread, what_was_shown_of_a_wait_is_not_taken_back_and_made_up_for_by_the_next)
{
	begin();
	depart(1000003);
	owner.now_ns = 1000003 + 1009;
	thread_count(&thread, &record, &owner);
	eq(node(WAIT(LOCK)), 1009);
	/* 400 of it were on the run queue */
	record.value[WAIT(LOCK)] = 609;
	record.wait_reason = WAIT_NONE;
	thread_count(&thread, &record, &owner);
	eq(node(WAIT(LOCK)), 1009);
	depart(2000003);
	owner.now_ns = 2000003 + 401;
	thread_count(&thread, &record, &owner);
	eq(node(WAIT(LOCK)), 609 + 401);
	record.value[WAIT(LOCK)] = 609 + 601;
	record.wait_reason = WAIT_NONE;
	thread_count(&thread, &record, &owner);
	eq(node(WAIT(LOCK)), 609 + 601);
}

Test(thread, a_clock_behind_the_departure_adds_nothing)
{
	begin();
	depart(2000003);
	owner.now_ns = 2000002;
	thread_count(&thread, &record, &owner);
	thread_wait_on(&thread, &record, &owner);
	eq(node(WAIT(LOCK)), 0);
}

Test(thread, a_reason_beyond_the_table_is_ignored)
{
	begin();
	depart(1000);
	record.wait_reason = DIMENSION_WIDTH(wait_reason) + 1;
	thread_count(&thread, &record, &owner);
	for (unsigned int i = 0; i < RECORD_VALUES; i++)
		eq(node(i), 0);
}

/* ---- ends --------------------------------------------------------------------------------------------------------- */

static void end(int32_t code, uint32_t flags)
{
	begin();
	record.flags |= flags;
	record.exit_code = code;
	record.state = RECORD_DEAD;
	thread_count(&thread, &record, &owner);
	thread_end(&thread, &record, &owner);
	eq(node(V_THREADS), 0);
	cr_expect_not(thread.live);
}

Test(thread, a_process_that_returned_0_succeeded)
{
	end(0, RECORD_GROUP_DEAD);
	eq(node(EXITS_(SUCCESS)), 1);
	eq(node(V_PROCESSES), 0);
}

Test(thread, a_process_that_returned_something_failed)
{
	end(3 << 8, RECORD_GROUP_DEAD);
	eq(node(EXITS_(FAILURE)), 1);
}

Test(thread, a_process_that_was_killed_ended_by_a_signal)
{
	end(9, RECORD_GROUP_DEAD);
	eq(node(EXITS_(SIGNAL)), 1);
}

Test(thread, a_core_dump_is_a_signal_too)
{
	end(0x80 | 11, RECORD_GROUP_DEAD);
	eq(node(EXITS_(SIGNAL)), 1);
}

Test(thread, a_thread_that_is_not_the_last_ends_no_process)
{
	end(0, 0);
	eq(node(V_PROCESSES), 1);
	for (unsigned int i = 0; i < DIMENSION_WIDTH(exit_status); i++)
		eq(node(V_EXITS + i), 0);
}

Test(thread, past_the_limit_of_processes_starts_and_ends_are_still_counted)
{
	set_up_with(1);
	begin();
	record.tgid = record.pid = 103;
	record.flags = RECORD_LEADER | RECORD_BORN;
	memset(&thread, 0, sizeof(thread));
	begin();
	cr_expect_null(thread.process);
	model_book_starts(model);
	eq(node(V_STARTS), 1);
	record.flags |= RECORD_GROUP_DEAD;
	thread_end(&thread, &record, &owner);
	eq(node(EXITS_(SUCCESS)), 1);
}

Test(thread, an_older_record_read_after_the_newer_does_not_take_the_process_back)
{
	struct thread older = { 0 };
	struct process *process;

	begin(); /* the record that exec began, in a lower slot */
	process = thread.process;
	record.flags |= RECORD_MOVED;
	cr_assert_eq(thread_begin(&older, &record, &base, "shell", &owner), 0);
	thread_end(&older, &record, &owner);
	cr_expect_str_eq(process->program->name, "worker");
	record.flags = RECORD_LEADER | RECORD_GROUP_DEAD;
	thread_end(&thread, &record, &owner);
	eq(process->program->value[EXITS_(SUCCESS)], 1);
}

Test(thread, counters_of_32_bits_go_on_past_their_end)
{
	begin();
	record.narrow[V_FILE_READS - RECORD_VALUES] = 0xfffffff0;
	thread_count(&thread, &record, &owner);
	eq(model->node->value[V_FILE_READS], 0xfffffff0);
	record.narrow[V_FILE_READS - RECORD_VALUES] = 5;
	thread_count(&thread, &record, &owner);
	thread_count(&thread, &record, &owner);
	eq(model->node->value[V_FILE_READS], 0x100000005);
	record.narrow[V_FILE_READS - RECORD_VALUES] = 7;
	thread_count(&thread, &record, &owner);
	eq(model->node->value[V_FILE_READS], 0x100000007);
	eq(model->node->value[V_FILE_WRITES], 0);
}

Test(thread, a_thread_that_an_exec_ended_does_not_take_the_process_back)
{
	struct thread sibling = { 0 };
	struct process *process;

	record.value[V_EXECS] = 4;
	begin(); /* the thread that made the exec, in a lower slot */
	process = thread.process;
	record.value[V_EXECS] = 3;
	record.flags = 0;
	cr_assert_eq(thread_begin(&sibling, &record, &base, "shell", &owner), 0);
	thread_end(&sibling, &record, &owner);
	cr_expect_str_eq(process->program->name, "worker");
	record.flags = RECORD_LEADER | RECORD_GROUP_DEAD;
	thread_end(&thread, &record, &owner);
	eq(process->program->value[EXITS_(SUCCESS)], 1);
}

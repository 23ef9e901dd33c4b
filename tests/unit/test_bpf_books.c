/* SPDX-License-Identifier: Apache-2.0 */
/* A long random life of many threads on four CPUs: what stands in the records is what was done, to the last unit. */
#include "bpf_host_setup.h"

#define RESTART_ALWAYS 513 /* the call begins anew */
#define STEPS 100000
#define TASKS 61
#define NUMBERS 480

static struct probe_config config;

struct life {
	struct host_task *task;
	unsigned int leader; /* index of its process's first thread */
	unsigned int threads;
	bool is_free, on_cpu, born;
};

struct books {
	uint64_t calls, errors, switches, births, starts, deaths, exits, cpu_ns;
};

static struct life lives[TASKS];
static int running[HOST_CPUS]; /* index of the life on the CPU, -1 for the idle task */
static struct books truth, read_so_far;
static uint32_t slots, used_pids;
static uint64_t now_ns, seed;

static uint32_t draw(uint32_t limit)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed >> 16) % limit;
}

static bool is_pid_used(uint32_t pid)
{
	for (int i = 0; i < TASKS; i++)
		if (!lives[i].is_free && host_task_pid(lives[i].task) == pid)
			return true;
	return false;
}

/* Pids that fall into few cells, so that many share one, and that come again; none is used twice at once. */
static uint32_t next_pid(void)
{
	uint32_t pid;

	do {
		used_pids++;
		pid = 101 + used_pids % 17 + (used_pids / 17 % 59 + 1) * SLOT_CELLS;
	} while (is_pid_used(pid));
	return pid;
}

static void read_record(uint32_t slot)
{
	const struct record *record = host_record(slot);
	const struct record_base *base = host_base(slot);

	read_so_far.calls += record->calls;
	read_so_far.switches += record->switches;
	read_so_far.cpu_ns += record->value[V_CPU] - base->value[V_CPU];
	for (int i = 0; i < DIMENSION_WIDTH(class); i++)
		read_so_far.errors += record->value[V_SYSCALL_ERRORS + i];
	read_so_far.births += !!(record->flags & RECORD_BORN);
	read_so_far.starts += (record->flags & (RECORD_BORN | RECORD_LEADER)) ==
			      (RECORD_BORN | RECORD_LEADER);
	read_so_far.deaths += record->state == RECORD_DEAD &&
			      !(record->flags & (RECORD_MOVED | RECORD_VANISHED));
	read_so_far.exits += !!(record->flags & RECORD_GROUP_DEAD);
}

/* As the reader does: what is dead is counted and given back. */
static void harvest(void)
{
	for (uint32_t slot = HOST_CPUS; slot < slots; slot++) {
		if (host_record(slot)->state != RECORD_DEAD)
			continue;
		read_record(slot);
		host_give_back(slot);
	}
}

static void run_for_a_while(int life)
{
	uint64_t ran_ns = draw(100003);

	now_ns += ran_ns;
	host_set_time(now_ns);
	if (life < 0)
		return;
	host_task_add(lives[life].task, V_CPU, ran_ns);
	truth.cpu_ns += ran_ns;
}

static int find_free(void)
{
	for (int i = 0; i < TASKS; i++)
		if (lives[i].is_free)
			return i;
	return -1;
}

static void give_birth(void)
{
	int child = find_free(), parent = draw(TASKS);
	bool is_thread = draw(3) == 0 && !lives[parent].is_free;
	struct life *life;

	if (child < 0)
		return;
	life = &lives[child];
	parent = is_thread ? (int)lives[parent].leader : child;
	life->task = host_task_new(is_thread ? lives[parent].task : NULL, next_pid(), AFTER + used_pids,
				   CGROUP_A + draw(11), "life");
	life->leader = parent;
	life->threads = 0;
	life->is_free = life->on_cpu = life->born = false;
	if (is_thread)
		lives[parent].threads++;
}

static int pick_next(void)
{
	for (int tries = 0; tries < 7; tries++) {
		int life = draw(TASKS);

		if (!lives[life].is_free && !lives[life].on_cpu)
			return life;
	}
	return -1;
}

static void switch_cpu(uint32_t cpu, bool dies)
{
	static const uint32_t states[] = { HOST_RUNNING, HOST_SLEEPING, HOST_UNINTERRUPTIBLE };
	int prev = running[cpu], next = pick_next();
	struct life *life = prev < 0 ? NULL : &lives[prev];
	uint32_t state = dies ? HOST_DEAD : states[draw(3)];

	if (life) {
		truth.switches++;
		host_task_set_call(life->task, draw(NUMBERS), draw(16));
	}
	if (dies) {
		bool by_call = draw(2);

		/* number 60 is counted when the thread is gone */
		host_task_set_call(life->task, by_call ? 60 : 35, 0);
		truth.calls += by_call;
		truth.deaths++;
		truth.exits += life->leader == (unsigned int)prev;
		host_task_exit(life->task, 0, false);
	}
	host_leave(life ? life->task : NULL, state == HOST_RUNNING, state,
		   next < 0 ? NULL : lives[next].task);
	running[cpu] = next;
	if (life)
		life->on_cpu = false;
	if (next >= 0) {
		lives[next].on_cpu = true;
		truth.births += !lives[next].born;
		truth.starts += !lives[next].born && lives[next].leader == (unsigned int)next;
		lives[next].born = true;
	}
	if (dies) {
		lives[life->leader].threads -= life->leader != (unsigned int)prev;
		host_task_free(life->task);
		life->is_free = true;
	}
}

static void do_call(int life)
{
	static const uint64_t births[] = { 56, 57, 58, 435 };
	uint64_t number = draw(NUMBERS);
	long result = draw(3) ? (long)draw(5) : -(long)(1 + draw(600));
	bool is_birth = false;

	(void)life;
	for (int i = 0; i < 4; i++)
		is_birth |= number == births[i];
	if (!(is_birth && result == 0) && result != -RESTART_ALWAYS) {
		truth.calls++;
		truth.errors += result < 0;
	}
	host_sys_enter();
	if (draw(2))
		host_sys_exit(number, draw(16), result);
	else
		host_sys_exit_tracepoint(number, draw(16), result);
}

static void step(void)
{
	uint32_t cpu = draw(HOST_CPUS);
	int life = running[cpu], any = draw(TASKS);

	host_set_cpu(cpu);
	run_for_a_while(life);
	switch (draw(12)) {
	case 0:
		give_birth();
		break;
	case 1:
		if (!lives[any].is_free)
			host_task_set_cgroup(lives[any].task, CGROUP_A + draw(11));
		break;
	case 2:
		if (life >= 0) {
			host_task_set_cgroup(lives[life].task, CGROUP_A + draw(11));
			host_cgroup_attach_task(lives[life].task);
		}
		break;
	case 3:
		if (life >= 0 && (lives[life].leader != (unsigned int)life || !lives[life].threads))
			switch_cpu(cpu, true);
		break;
	case 4:
		harvest();
		break;
	case 5:
		host_poke();
		break;
	case 6:
		if (life >= 0 && lives[life].leader == (unsigned int)life) {
			host_task_exec(lives[life].task, "other");
			host_sched_process_exec(lives[life].task, host_task_pid(lives[life].task));
		}
		break;
	case 7:
	case 8:
	case 9:
		if (life >= 0)
			do_call(life);
		break;
	default:
		switch_cpu(cpu, false);
	}
}

/* Everybody leaves, so that nothing is left to be copied; then all records are read. */
static void settle(void)
{
	for (uint32_t cpu = 0; cpu < HOST_CPUS; cpu++) {
		int life = running[cpu];

		if (life < 0)
			continue;
		host_set_cpu(cpu);
		truth.switches++;
		host_leave(lives[life].task, false, HOST_SLEEPING, NULL);
		lives[life].on_cpu = false;
		running[cpu] = -1;
	}
	harvest();
	for (uint32_t slot = 0; slot < slots; slot++)
		if (slot < HOST_CPUS || host_record(slot)->state == RECORD_LIVE)
			read_record(slot);
}

static void live(uint32_t slot_count)
{
	memset(&truth, 0, sizeof(truth));
	memset(&read_so_far, 0, sizeof(read_so_far));
	slots = slot_count;
	used_pids = 0;
	now_ns = 0;
	seed = 20011;
	host_start(&config, slots, GROUPS);
	for (int i = 0; i < TASKS; i++)
		lives[i] = (struct life){ .is_free = true };
	for (uint32_t cpu = 0; cpu < HOST_CPUS; cpu++)
		running[cpu] = -1;
	for (int i = 0; i < STEPS; i++)
		step();
	settle();
}

static void end(void)
{
	/* threads before their leaders */
	for (int pass = 0; pass < 2; pass++)
		for (int i = 0; i < TASKS; i++)
			if (!lives[i].is_free && (lives[i].leader != (unsigned int)i) == !pass)
				host_task_free(lives[i].task);
	host_stop();
}

static struct books totals(void)
{
	struct books books = { 0 };

	for (uint32_t i = 0; i < HOST_CPUS; i++) {
		const struct cpu_state *cpu = host_cpu(i);

		books.calls += cpu->calls;
		books.switches += cpu->switches;
		books.births += cpu->births;
		books.deaths += cpu->deaths;
		for (int j = 0; j < ERRNO_NUMBERS; j++)
			books.errors += cpu->errors_by_number[j];
	}
	return books;
}

static void set_up(void)
{
	host_settings(&config);
}

TestSuite(bpf_books, .init = set_up, .timeout = 120);

Test(bpf_books, the_sum_of_the_records_is_the_totals_and_the_truth)
{
	struct books books;

	live(2 * TASKS + 512);
	books = totals();
	cr_expect(truth.calls > 1000 && truth.births > 1000 && truth.deaths > 1000 && truth.errors > 100);
	eq(books.calls, truth.calls);
	eq(books.errors, truth.errors);
	eq(books.switches, truth.switches);
	eq(books.births, truth.births);
	eq(books.deaths, truth.deaths);
	eq(read_so_far.calls, truth.calls);
	eq(read_so_far.errors, truth.errors);
	eq(read_so_far.switches, truth.switches);
	eq(read_so_far.births, truth.births);
	eq(read_so_far.starts, truth.starts);
	eq(read_so_far.deaths, truth.deaths);
	eq(read_so_far.exits, truth.exits);
	eq(read_so_far.cpu_ns, truth.cpu_ns);
	for (uint32_t cpu = 0; cpu < HOST_CPUS; cpu++) {
		eq(host_cpu(cpu)->no_slot, 0);
		eq(host_cpu(cpu)->slotless_starts, 0);
		eq(host_cpu(cpu)->stale_slot, 0);
		eq(host_record(cpu)->calls, 0);
		eq(host_record(cpu)->switches, 0);
	}
	end();
}

Test(bpf_books, with_too_few_slots_the_sum_is_the_same)
{
	uint64_t no_slot = 0, starts = 0, exits = 0;
	struct books books;

	live(HOST_CPUS + 7);
	books = totals();
	for (uint32_t i = 0; i < HOST_CPUS; i++) {
		no_slot += host_cpu(i)->no_slot;
		starts += host_cpu(i)->slotless_starts;
		for (int j = 0; j < DIMENSION_WIDTH(exit_status); j++)
			exits += host_cpu(i)->slotless_exits[j];
	}
	cr_expect_gt(no_slot, 1000);
	eq(books.calls, truth.calls);
	eq(books.switches, truth.switches);
	eq(read_so_far.calls, truth.calls);
	eq(read_so_far.errors, truth.errors);
	eq(read_so_far.switches, truth.switches);
	eq(read_so_far.births + no_slot, truth.births);
	eq(read_so_far.starts + starts, truth.starts);
	eq(read_so_far.exits + exits, truth.exits);
	eq(read_so_far.births, books.births);
	eq(read_so_far.deaths, books.deaths);
	eq(read_so_far.cpu_ns, truth.cpu_ns);
	end();
}

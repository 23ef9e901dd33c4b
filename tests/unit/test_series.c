/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that views show: rates of the last finished tick, what moves and merges, files, sums, quantiles. */
#include <string.h>

#include "series_world.h"

#define FAILURE (V_EXITS + VALUE_INDEX(exit_status, FAILURE))

static void set_up(void)
{
	const struct model_limits limits = { .containers = 100,
					     .programs_per_container = 2,
					     .processes = 100,
					     .label_length = 128,
					     .grace_ns = 1009 };

	model_begin(&limits);
	series_tick(model, BEGIN);
}

TestSuite(series, .init = set_up, .fini = model_end, .timeout = 20);

static double of_container(const struct container *container, enum series_id id)
{
	return series_of_container(model, container, id);
}

static double of_program(const struct program *program, enum series_id id)
{
	return series_of_program(model, program, id);
}

Test(series, before_the_first_tick_is_over_no_rate_is_known)
{
	struct container *a = add(11, "a")->container;

	model_count(model, get(a, "x"), V_CPU, 7);
	unknown(of_container(a, SERIES_cpu_cores));
	unknown(series_of_node(model, SERIES_cpu_cores));
	eq(of_container(a, SERIES_processes), 0);
	series_tick(model, BEGIN + S);
	eq(of_container(a, SERIES_cpu_cores), 7e-9);
	eq(series_interval_ns(model), S);
}

Test(series, a_rate_is_the_growth_of_the_last_finished_tick_over_its_exact_length)
{
	struct container *a = add(11, "a")->container;
	struct program *x = get(a, "x");

	model_count(model, x, V_CPU, 3 * S);
	model_count(model, x, V_SYSCALLS, 23);
	model_count(model, x, V_SYSCALLS_LAST, 6);
	series_tick(model, BEGIN + 2 * S);
	model_count(model, x, V_SYSCALLS, 1009); /* of the tick under way: not shown */
	eq(of_program(x, SERIES_cpu_cores), 1.5);
	eq(of_container(a, SERIES_cpu_cores), 1.5);
	eq(series_of_node(model, SERIES_cpu_cores), 1.5);
	eq(of_container(a, SERIES_syscalls_per_second), 29 / 2.0);
	series_tick(model, BEGIN + 2 * S + S / 4);
	eq(of_program(x, SERIES_syscalls_per_second), 4 * 1009);
	eq(of_program(x, SERIES_cpu_cores), 0);
	series_tick(model, BEGIN + 3 * S);
	eq(of_program(x, SERIES_syscalls_per_second), 0);
	eq(series_of_node(model, SERIES_syscalls_per_second), 0);
}

Test(series, growth_of_long_ago_does_not_come_back_after_a_pause)
{
	struct container *a = add(11, "a")->container;
	struct program *x = get(a, "x");

	for (int pause = 1; pause < 5; pause++) {
		model_count(model, x, V_SYSCALLS, 17);
		for (int i = 0; i < pause; i++)
			series_tick(model, model->tick_ns + S);
		eq(of_program(x, SERIES_syscalls_per_second), pause == 1 ? 17 : 0);
		model_count(model, x, V_SYSCALLS, 13);
		eq(of_program(x, SERIES_syscalls_per_second), pause == 1 ? 17 : 0);
		series_tick(model, model->tick_ns + S);
		eq(of_program(x, SERIES_syscalls_per_second), 13);
		series_tick(model, model->tick_ns + S);
		eq(of_program(x, SERIES_syscalls_per_second), 0);
	}
}

Test(series, one_value_may_count_for_two_series)
{
	struct container *a = add(11, "a")->container;

	model_count(model, get(a, "x"), V_FAULTS + VALUE_INDEX(fault_type, MINOR), 19);
	model_count(model, get(a, "x"), V_FAULTS + VALUE_INDEX(fault_type, MAJOR), 5);
	model_count(model, get(a, "x"), V_EXITS + VALUE_INDEX(exit_status, SUCCESS), 101);
	model_count(model, get(a, "x"), FAILURE, 3);
	model_count(model, get(a, "x"), V_EXITS + VALUE_INDEX(exit_status, SIGNAL), 4);
	series_tick(model, BEGIN + S);
	eq(of_container(a, SERIES_page_faults_per_second), 24);
	eq(of_container(a, SERIES_major_faults_per_second), 5);
	eq(of_container(a, SERIES_process_failures_per_second), 7);
}

Test(series, values_of_a_thread_count_for_its_process_too)
{
	struct container *a = add(11, "a")->container;
	struct program *x = get(a, "x"), *y = get(a, "y");
	struct process *process = model_process_get(model, 101, 7, x);
	const struct model_growth growth[] = { { V_CPU, S / 2 },
					       { V_NETWORK_RECEIVE + 1, 31 },
					       { V_WAIT, 5 } };

	process->threads = 3;
	model_count_thread(model, x, process, growth, 3);
	model_process_set_program(model, process, y, 1); /* exec: what follows is another program's */
	model_count_thread(model, y, process, growth, 3);
	model_count_thread(model, y, NULL, growth, 3);
	series_tick(model, BEGIN + S);
	eq(of_program(x, SERIES_cpu_cores), 0.5);
	eq(of_program(y, SERIES_cpu_cores), 1);
	eq(of_container(a, SERIES_cpu_cores), 1.5);
	eq(a->value[V_CPU], 3 * S / 2);
	eq(series_of_process(model, process, SERIES_cpu_cores), 1);
	eq(series_of_process(model, process, SERIES_network_receive_bytes_per_second), 62);
	eq(series_of_process(model, process, SERIES_threads), 3);
	unknown(series_of_process(model, process, SERIES_wait_disk_threads));
	eq(process->cpu_ns, S);
	eq(of_container(a, SERIES_wait_disk_threads), 15e-9);
	series_tick(model, BEGIN + 2 * S);
	eq(series_of_process(model, process, SERIES_cpu_cores), 0);
}

Test(series, a_process_that_does_nothing_keeps_no_window)
{
	struct container *a = add(11, "a")->container;
	struct process *process = model_process_get(model, 101, 7, get(a, "x"));
	const struct model_growth growth = { V_CPU, 3 * S };

	process->threads = 1;
	model_count_thread(model, get(a, "x"), process, &growth, 1);
	series_tick(model, BEGIN + S);
	model_expire(model, 1);
	eq(series_of_process(model, process, SERIES_cpu_cores), 3);
	series_tick(model, BEGIN + 2 * S);
	model_expire(model, 1);
	cr_expect_null(process->window);
	eq(series_of_process(model, process, SERIES_cpu_cores), 0);
	eq(process->cpu_ns, 3 * S);
}

Test(series, a_container_merged_into_another_makes_no_jump)
{
	struct cgroup *a = add(11, "a"), *b = add(13, "b");
	struct container *to;
	const struct details details = {
		.id = "id of a", .name = "b", .namespace = "", .pod = "", .pod_uid = "", .image = ""
	};

	model_count(model, get(a->container, "x"), V_SYSCALLS, 1000003);
	model_count(model, get(b->container, "x"), V_SYSCALLS, 7);
	series_tick(model, BEGIN + S);
	model_count(model, get(a->container, "x"), V_SYSCALLS, 11);
	series_tick(model, BEGIN + 2 * S);
	model_count(model, get(a->container, "x"), V_SYSCALLS, 5);
	model_count(model, get(b->container, "y"), V_SYSCALLS, 3);
	cr_assert_eq(model_cgroup_describe(model, a, "", &details, 1, 1), 0);
	to = a->container;
	cr_assert_eq(to, b->container);
	eq(of_container(to, SERIES_syscalls_per_second), 11);
	series_tick(model, BEGIN + 3 * S);
	eq(of_container(to, SERIES_syscalls_per_second), 8);
	eq(of_program(get(to, "x"), SERIES_syscalls_per_second), 5);
	eq(of_program(get(to, "y"), SERIES_syscalls_per_second), 3);
	eq(to->value[V_SYSCALLS], 1000003 + 7 + 11 + 5 + 3);
	series_tick(model, BEGIN + 4 * S);
	eq(of_container(to, SERIES_syscalls_per_second), 0);
}

Test(series, a_container_that_gets_other_names_makes_no_jump)
{
	struct cgroup *a = add(11, "a");
	const struct details details = {
		.id = "id of a", .name = "named", .namespace = "", .pod = "", .pod_uid = "", .image = ""
	};

	model_count(model, get(a->container, "x"), V_SYSCALLS, 1000003);
	series_tick(model, BEGIN + S);
	model_count(model, get(a->container, "x"), V_SYSCALLS, 2);
	cr_assert_eq(model_cgroup_describe(model, a, "", &details, 1, 1), 0);
	eq(of_container(a->container, SERIES_syscalls_per_second), 1000003);
	series_tick(model, BEGIN + 2 * S);
	cr_expect_str_eq(a->container->name, "named");
	eq(of_container(a->container, SERIES_syscalls_per_second), 2);
}

Test(series, a_program_folded_into_other_makes_no_jump)
{
	struct container *a = add(11, "a")->container;

	model_count(model, get(a, "x"), V_SYSCALLS, 1000003);
	model_count(model, get(a, "y"), V_SYSCALLS, 1);
	series_tick(model, BEGIN + S);
	/* x is the oldest without threads, its grace time is over */
	get(a, "x")->idle_since_ns = 0;
	cr_assert_not_null(model_program_get(model, a, "z", false, 1000003, 1));
	cr_assert_not_null(a->other);
	eq(a->other->value[V_SYSCALLS], 1000003);
	eq(of_program(a->other, SERIES_syscalls_per_second), 1000003); /* it is what x did in that tick */
	series_tick(model, BEGIN + 2 * S);
	eq(of_program(a->other, SERIES_syscalls_per_second), 0);
}

Test(series, what_only_containers_count_is_theirs_and_the_nodes)
{
	struct container *a = add(11, "a")->container;

	model_count_container(model, a, V_TCP_OPENED, 3);
	model_count_container(model, a, V_TCP_OPENED_LAST, 4);
	model_count_container(model, model->node, V_TCP_OPENED, 11);
	model_count_container(model, a, V_TCP_RETRANSMITS, 2);
	a->value[V_TCP_CONNECTIONS] = 5;
	series_tick(model, BEGIN + 2 * S);
	eq(of_container(a, SERIES_tcp_opened_per_second), 3.5);
	eq(of_container(a, SERIES_tcp_retransmits_per_second), 1);
	eq(of_container(a, SERIES_tcp_connections), 5);
	eq(series_of_node(model, SERIES_tcp_opened_per_second), 5.5);
	unknown(of_program(get(a, "x"), SERIES_tcp_opened_per_second));
}

Test(series, resident_memory_is_known_once_it_was_read)
{
	struct container *a = add(11, "a")->container;
	struct process *process = model_process_get(model, 101, 7, get(a, "x"));

	unknown(series_of_process(model, process, SERIES_memory_resident_bytes));
	process->resident_reading = 1;
	model_process_set_resident(model, process, 4099);
	eq(series_of_process(model, process, SERIES_memory_resident_bytes), 4099);
	eq(of_program(get(a, "x"), SERIES_memory_resident_bytes), 4099);
	eq(series_of_node(model, SERIES_memory_resident_bytes), 4099);
	model->missing = 1U << NEEDS_RESIDENT;
	unknown(of_program(get(a, "x"), SERIES_memory_resident_bytes));
	unknown(series_of_process(model, process, SERIES_memory_resident_bytes));
}

Test(series, what_this_machine_cannot_tell_is_not_known)
{
	struct container *a = add(11, "a")->container;

	model_count(model, get(a, "x"), V_SYSCALLS, 3);
	series_tick(model, BEGIN + S);
	model->missing = 1U << NEEDS_CALLS;
	unknown(of_container(a, SERIES_syscalls_per_second));
	unknown(of_program(get(a, "x"), SERIES_syscalls_per_second));
	unknown(series_of_node(model, SERIES_syscalls_per_second));
	eq(of_container(a, SERIES_cpu_cores), 0);
	unknown(of_container(a, SERIES_memory_usage_bytes));
	model_set_file(a, V_MEMORY_USAGE, 4099);
	eq(of_container(a, SERIES_memory_usage_bytes), 4099);
	unknown(of_program(get(a, "x"), SERIES_memory_usage_bytes));
}

/* A reading of a container's files, in which `index` grew by `delta`. */
static void read_files(struct cgroup *cgroup, uint64_t now_ns, unsigned int index, uint64_t delta)
{
	struct instance *instance = model_cgroup_instance(cgroup);

	file_growth_begin(&instance->growth, now_ns);
	file_growth_add(&instance->growth, index, delta);
}

Test(series, counters_of_files_are_rates_between_their_last_two_readings)
{
	struct cgroup *a = add(11, "a");
	unsigned int some = V_PRESSURE + VALUE_INDEX(pressure, IO_SOME);

	read_files(a, BEGIN, some, 1009 * S);
	unknown(of_container(a->container, SERIES_pressure_io_ratio));
	read_files(a, BEGIN + 10 * S, some, 4 * S);
	eq(of_container(a->container, SERIES_pressure_io_ratio), 0.4);
	series_tick(model, BEGIN + 11 * S);
	eq(of_container(a->container, SERIES_pressure_io_ratio), 0.4);
	/* somebody looks: right after, and a second later */
	read_files(a, BEGIN + 10 * S + S / 4, some, S / 10);           /* one with the last */
	eq(of_container(a->container, SERIES_pressure_io_ratio), 0.4); /* 4.1 s in 10.25 s */
	read_files(a, BEGIN + 11 * S + S / 4, some, S / 2);
	eq(of_container(a->container, SERIES_pressure_io_ratio), 0.5);
}

Test(series, throttling_is_a_part_of_the_periods_and_unknown_without_any)
{
	struct cgroup *a = add(11, "a");
	struct instance *instance = model_cgroup_instance(a);

	read_files(a, BEGIN, V_CPU_PERIODS, 100);
	read_files(a, BEGIN + 10 * S, V_CPU_PERIODS, 100);
	file_growth_add(&instance->growth, V_CPU_THROTTLED_PERIODS, 37);
	eq(of_container(a->container, SERIES_cpu_throttled_ratio), 0.37);
	unknown(series_of_node(model, SERIES_cpu_throttled_ratio));
	read_files(a, BEGIN + 20 * S, V_CPU_PERIODS, 0);
	unknown(of_container(a->container, SERIES_cpu_throttled_ratio));
}

Test(series, without_bpf_cpu_time_comes_from_files)
{
	struct cgroup *a = add(11, "a"), *other = add(13, "a");

	model->missing = 1U << NEEDS_TASKS | 1U << NEEDS_CALLS;
	read_files(a, BEGIN, V_CPU, 0);
	read_files(a, BEGIN + 10 * S, V_CPU, 5 * S);
	/* another instance of the same names, read at other times */
	read_files(other, BEGIN + 4 * S, V_CPU, 0);
	read_files(other, BEGIN + 8 * S, V_CPU, 3 * S);
	series_tick(model, BEGIN + S);
	eq(of_container(a->container, SERIES_cpu_cores), 0.5 + 0.75);
	unknown(of_container(a->container, SERIES_syscalls_per_second));
	model_cgroup_remove(model, other, 1);
	eq(of_container(a->container, SERIES_cpu_cores), 0.5);
	unknown(series_of_node(model, SERIES_cpu_cores));
	file_growth_begin(model->node->file_growth, BEGIN);
	file_growth_begin(model->node->file_growth, BEGIN + 2 * S);
	file_growth_add(model->node->file_growth, V_CPU, 3 * S);
	eq(series_of_node(model, SERIES_cpu_cores), 1.5);
}

static struct container *add_to_pod(uint64_t id, const char *name)
{
	struct cgroup *cgroup = add(id, name);
	const struct details details = {
		.id = "id", .name = name, .namespace = "ns", .pod = "pod", .pod_uid = "", .image = ""
	};

	cr_assert_eq(model_cgroup_describe(model, cgroup, "", &details, 1, 1), 0);
	return cgroup->container;
}

Test(series, a_pod_is_the_sum_of_its_containers_where_they_add_up)
{
	struct container *a = add_to_pod(11, "a"), *b = add_to_pod(13, "b"), *c = add(17, "c")->container;
	double sums[SERIES_COUNT];

	model_count(model, get(a, "x"), V_SYSCALLS, 3);
	model_count(model, get(b, "x"), V_SYSCALLS, 5);
	model_count(model, get(c, "x"), V_SYSCALLS, 7);
	model_set_file(a, V_MEMORY_USAGE, 4099);
	series_tick(model, BEGIN + S);
	series_sum_begin(sums);
	series_sum_add(sums, model, a);
	series_sum_add(sums, model, b);
	eq(sums[SERIES_syscalls_per_second], 8);
	eq(sums[SERIES_memory_usage_bytes], 4099);
	unknown(sums[SERIES_memory_rss_bytes]);
	unknown(sums[SERIES_cpu_waiting_p99_seconds]);
	eq(series_of_pod(model, "ns", "pod", SERIES_syscalls_per_second), 8);
	unknown(series_of_pod(model, "ns", "none", SERIES_syscalls_per_second));
}

Test(series, quantiles_are_of_the_waits_of_the_last_tick)
{
	struct container *a = add(11, "a")->container;
	double bounds[WAIT_BUCKETS - 1];

	series_wait_bounds_seconds(bounds);
	window_touch_waits(&a->waits, model->tick)[0] = 50;
	window_touch_waits(&a->waits, model->tick)[8] = 50;
	unknown(of_container(a, SERIES_cpu_waiting_p50_seconds));
	series_tick(model, BEGIN + S);
	eq(of_container(a, SERIES_cpu_waiting_p50_seconds), bounds[0]);
	eq(of_container(a, SERIES_cpu_waiting_p90_seconds),
	   exp2(RUNQUEUE_MIN_EXPONENT + (7 + 40.0 / 50) / 4));
	series_tick(model, BEGIN + 2 * S);
	unknown(of_container(a, SERIES_cpu_waiting_p50_seconds));
}

Test(series, a_quantile_lies_where_its_rank_falls_in_its_bucket)
{
	uint32_t bucket[WAIT_BUCKETS] = { 0 };

	unknown(series_quantile(bucket, 0.5));
	bucket[0] = 4;
	eq(series_quantile(bucket, 0.5), 0x1p-16); /* half way to 2^-15 */
	eq(series_quantile(bucket, 1), 0x1p-15);
	bucket[0] = 0;
	bucket[4] = 2; /* past 2^(-14-1/4) to 2^-14 */
	eq(series_quantile(bucket, 1), 0x1p-14);
	eq(series_quantile(bucket, 0.5), exp2(-14.125));
	bucket[WAIT_BUCKETS - 1] = 1000;
	eq(series_quantile(bucket, 0.99), 0x1p7);
}

Test(series, names_are_found_and_are_what_the_fields_of_the_api_are)
{
	cr_expect_eq(series_find("cpu_cores"), SERIES_cpu_cores);
	cr_expect_eq(series_find("pressure_io_ratio"), SERIES_pressure_io_ratio);
	cr_expect_eq(series_find("cpu"), SERIES_COUNT);
	for (enum series_id id = 0; id < SERIES_COUNT; id++) {
		const char *name = series_table[id].name;
		size_t size = strlen(name);
		static const char *const ends[] = { "_cores",    "_threads",    "_seconds",
						    "_ratio",    "_per_second", "_bytes",
						    "processes", "threads",     "connections" };
		bool has_unit = false;

		for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
			has_unit |= size >= strlen(ends[i]) &&
				    strcmp(name + size - strlen(ends[i]), ends[i]) == 0;
		cr_expect(has_unit, "%s has no unit", name);
		cr_expect_eq(series_find(name), id, "%s stands there twice", name);
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "api/api_endpoint.h"

struct threads {
	size_t count, capacity;
	bool failed;
	struct api_thread *list;
};

static double value_of(const struct api_answer *answer, const void *item, enum metric_id id,
		       unsigned int first, unsigned int count, double factor)
{
	const struct api_thread *thread = item;
	uint64_t sum = 0;

	if (answer->in->model->missing >> metrics[id].needs & 1)
		return NAN;
	for (unsigned int i = first; i < first + count; i++)
		sum += thread->value[metrics[id].value + i];
	return (double)sum * factor;
}

#define NUMBER(name, id, first, count, factor)                                     \
	static double name##_of(const struct api_answer *answer, const void *item) \
	{                                                                          \
		return value_of(answer, item, M_##id, first, count, factor);       \
	}
NUMBER(cpu, CPU, 0, 1, 1e-9)
NUMBER(user, CPU_USER, 0, 1, 1e-9)
NUMBER(system, CPU_SYSTEM, 0, 1, 1e-9)
NUMBER(runqueue, RUNQUEUE, 0, 1, 1e-9)
NUMBER(syscalls, SYSCALLS, 0, DIMENSION_WIDTH(class), 1)
NUMBER(errors, SYSCALL_ERRORS, 0, DIMENSION_WIDTH(class), 1)
NUMBER(voluntary, SWITCHES, VALUE_INDEX(switch_type, VOLUNTARY), 1, 1)
NUMBER(involuntary, SWITCHES, VALUE_INDEX(switch_type, INVOLUNTARY), 1, 1)
#undef NUMBER

static double tid_of(const struct api_answer *answer, const void *item)
{
	(void)answer;
	return ((const struct api_thread *)item)->tid;
}

static double pid_of(const struct api_answer *answer, const void *item)
{
	(void)answer;
	return ((const struct api_thread *)item)->pid;
}

static const char *waiting_of(const struct api_answer *answer, const void *item)
{
	const struct api_thread *thread = item;

	(void)answer;
	return thread->waits_for < 0 ? NULL :
				       metric_label_value(&metrics[M_WAIT], (unsigned int)thread->waits_for);
}

static void write_waits(struct api_answer *answer, const char *name, const void *item)
{
	const struct api_thread *thread = item;

	if (answer->in->model->missing >> metrics[M_WAIT].needs & 1)
		return;
	json_begin_object(&answer->json, name);
	for (unsigned int i = 0; i < metrics[M_WAIT].width; i++)
		json_fixed(&answer->json, metric_label_value(&metrics[M_WAIT], i), thread->value[V_WAIT + i],
			   9);
	json_end_object(&answer->json);
}

static const struct api_field fields[] = {
	{ "tid", API_NUMBER, API_EXACT, .number = tid_of },
	{ "pid", API_NUMBER, API_EXACT, .number = pid_of },
	{ "cpu_seconds", API_NUMBER, 0, .number = cpu_of },
	{ "cpu_user_seconds", API_NUMBER, 0, .number = user_of },
	{ "cpu_system_seconds", API_NUMBER, 0, .number = system_of },
	{ "runqueue_seconds", API_NUMBER, 0, .number = runqueue_of },
	{ "syscalls", API_NUMBER, 0, .number = syscalls_of },
	{ "syscall_errors", API_NUMBER, 0, .number = errors_of },
	{ "context_switches_voluntary", API_NUMBER, 0, .number = voluntary_of },
	{ "context_switches_involuntary", API_NUMBER, 0, .number = involuntary_of },
	{ "wait", API_OTHER, 0, .write = write_waits },
	{ "waiting", API_TEXT, API_EXACT, .text = waiting_of },
};

static void add_thread(void *context, const struct api_thread *thread)
{
	struct threads *threads = context;

	if (threads->count == threads->capacity) {
		size_t capacity = threads->capacity ? threads->capacity * 2 : 64;
		struct api_thread *list = reallocarray(threads->list, capacity, sizeof(*list));

		if (!list) {
			threads->failed = true;
			return;
		}
		threads->list = list;
		threads->capacity = capacity;
	}
	threads->list[threads->count++] = *thread;
}

static int collect(struct api_answer *answer, struct api_list_run *run)
{
	const struct api_input *in = answer->in;
	struct threads *threads = calloc(1, sizeof(*threads));
	uint64_t pid = 0;

	answer->scratch = threads;
	if (!threads)
		return -ENOMEM;
	query_parse_number(query_find(answer->query, "pid"), 0, UINT32_MAX, &pid);
	if (in->each_thread)
		in->each_thread(in->context, (uint32_t)pid, add_thread, threads);
	for (size_t i = 0; i < threads->count; i++)
		api_list_add(run, &threads->list[i]);
	return threads->failed ? -ENOMEM : 0;
}

static void done(struct api_answer *answer)
{
	struct threads *threads = answer->scratch;

	if (threads)
		free(threads->list);
	free(threads);
	answer->scratch = NULL;
}

const struct api_list api_endpoint_threads = {
	.fields = fields,
	.field_count = sizeof(fields) / sizeof(fields[0]),
	.needed = "pid",
	.sort = "-cpu_seconds",
	.collect = collect,
	.done = done,
};

/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "model/journal.h"
#include "model/running.h"
#include "read/thread.h"

void thread_adjust_times(uint64_t run_ns, uint64_t last_user_ns, uint64_t last_system_ns, uint64_t *user_ns,
			 uint64_t *system_ns)
{
	uint64_t user = *user_ns, system = *system_ns;

	if (last_user_ns + last_system_ns >= run_ns) {
		*user_ns = last_user_ns;
		*system_ns = last_system_ns;
		return;
	}
	if (!system)
		system = 0;
	else if (!user)
		system = run_ns;
	else
		system = (uint64_t)((unsigned __int128)run_ns * system / (user + system));
	if (system < last_system_ns)
		system = last_system_ns;
	user = run_ns - system;
	if (user < last_user_ns) {
		user = last_user_ns;
		system = run_ns - user;
	}
	*user_ns = user;
	*system_ns = system;
}

/* value[] of a record as it is counted: times adjusted, the running wait added, 32 bits widened. */
static void shown_values(const struct thread *thread, const struct record *record, uint64_t now_ns,
			 uint64_t value[THREAD_VALUES])
{
	memcpy(value, record->value, sizeof(record->value));
	for (unsigned int i = 0; i < NARROW_VALUES; i++) {
		uint64_t last = thread->last[RECORD_VALUES + i];

		value[RECORD_VALUES + i] = last + (uint32_t)(record->narrow[i] - (uint32_t)last);
	}
	thread_adjust_times(value[V_CPU], thread->last[V_CPU_USER], thread->last[V_CPU_SYSTEM],
			    &value[V_CPU_USER], &value[V_CPU_SYSTEM]);
	if (record->wait_reason && record->wait_reason <= DIMENSION_WIDTH(wait_reason)) {
		uint64_t until_ns = record->arrived_ns ?: now_ns;

		if (until_ns > record->departed_ns)
			value[V_WAIT + record->wait_reason - 1] += until_ns - record->departed_ns;
	}
}

static struct program *find_program(struct cgroup *cgroup, const char *name, bool is_kernel,
				    const struct thread_owner *owner)
{
	return model_program_get(owner->model, cgroup->container, name, is_kernel, owner->now_ns,
				 owner->realtime_ns);
}

/* `is_past`: the thread has gone on to another record, which may have been read before this one and knows better. So does the
 * record of a thread with more execs: the others of its process ended in the last one, and their records may be read later. */
static void set_program(struct thread *thread, struct program *program, uint64_t execs, bool is_past,
			const struct thread_owner *owner)
{
	struct process *process = thread->process;

	if (thread->program == program)
		return;
	model_program_hold(program);
	model_count(owner->model, program, V_THREADS, 1);
	if (thread->program) {
		model_count(owner->model, thread->program, V_THREADS, (uint64_t)-1);
		model_program_release(thread->program, owner->now_ns);
	}
	thread->program = program;
	if (!process || is_past || execs < process->execs)
		return;
	process->execs = execs;
	model_process_set_program(owner->model, process, program, owner->now_ns);
}

int thread_begin(struct thread *thread, const struct record *record, const struct record_base *base,
		 const char *name, const struct thread_owner *owner)
{
	struct cgroup *cgroup = model_cgroup_find(owner->model, record->cgroup_id);
	struct program *program;

	if (!cgroup)
		cgroup = owner->find_cgroup(owner->context, record->cgroup_id, record->pid);
	program = cgroup ? find_program(cgroup, name, record->flags & RECORD_KERNEL, owner) : NULL;
	if (!program)
		return -ENOMEM;
	memset(thread, 0, sizeof(*thread));
	thread->live = true;
	thread->is_kernel = record->flags & RECORD_KERNEL;
	thread->cgroup = cgroup;
	cgroup->references++;
	if (record->group)
		running_set_group(owner->model, cgroup, record->group);
	memcpy(thread->last, base->value, sizeof(base->value));
	/* what it had done before ktally began is the cgroup's too, as far as anybody can tell */
	for (unsigned int i = 0; record->flags & RECORD_SEEDED && i < SCHEDULED_VALUES; i++)
		cgroup->scheduled[i] += base->value[i];
	thread_adjust_times(thread->last[V_CPU], 0, 0, &thread->last[V_CPU_USER],
			    &thread->last[V_CPU_SYSTEM]);
	/* a wait that began in another record, or before ktally did, counts from here on */
	if (record->wait_reason && record->wait_reason <= DIMENSION_WIDTH(wait_reason))
		thread->wait_value = record->value[V_WAIT + record->wait_reason - 1];
	thread->process = model_process_get(owner->model, record->tgid, base->start_ns, program);
	if (thread->process)
		thread->process->threads++;
	set_program(thread, program, record->value[V_EXECS], record->flags & RECORD_MOVED, owner);
	if ((record->flags & (RECORD_BORN | RECORD_LEADER)) == (RECORD_BORN | RECORD_LEADER)) {
		if (thread->process)
			model_process_start(owner->model, thread->process);
		else
			model_count(owner->model, program, V_STARTS, 1);
	}
	return 0;
}

void thread_rename(struct thread *thread, const char *name, uint64_t execs, const struct thread_owner *owner)
{
	struct program *program = find_program(thread->cgroup, name, thread->is_kernel, owner);

	if (program)
		set_program(thread, program, execs, false, owner);
}

bool thread_has_moved(const struct thread *thread)
{
	return thread->program && thread->program->container != thread->cgroup->container;
}

void thread_count(struct thread *thread, const struct record *record, const struct thread_owner *owner)
{
	uint64_t value[THREAD_VALUES];
	struct model_growth growth[THREAD_VALUES];
	unsigned int count = 0;

	shown_values(thread, record, owner->now_ns, value);
	if (thread->cgroup && (value[V_CPU] != thread->last[V_CPU] || thread->calls != record->calls))
		running_note(owner->model, thread->cgroup);
	for (unsigned int i = 0; i < THREAD_VALUES; i++) {
		/* what was shown is never taken back: a wait that turns out shorter is made up for by its next */
		if (value[i] <= thread->last[i])
			continue;
		growth[count] = (struct model_growth){ i, value[i] - thread->last[i] };
		if (i < SCHEDULED_VALUES && thread->cgroup)
			thread->cgroup->scheduled[i] += growth[count].delta;
		thread->last[i] = value[i];
		count++;
	}
	if (count)
		model_count_thread(owner->model, thread->program, thread->process, growth, count);
	if (record->wait_reason && record->wait_reason <= DIMENSION_WIDTH(wait_reason))
		thread->wait_value = record->value[V_WAIT + record->wait_reason - 1];
	thread->seq = record->seq;
	thread->calls = record->calls;
	thread->switches = record->switches;
}

void thread_wait_on(struct thread *thread, const struct record *record, const struct thread_owner *owner)
{
	unsigned int index = V_WAIT + record->wait_reason - 1;
	uint64_t value;

	if (record->arrived_ns || owner->now_ns <= record->departed_ns)
		return;
	value = thread->wait_value + owner->now_ns - record->departed_ns;
	if (value <= thread->last[index])
		return;
	model_count(owner->model, thread->program, index, value - thread->last[index]);
	thread->last[index] = value;
}

uint64_t thread_bytes(const struct thread *thread)
{
	uint64_t bytes = 0;

	for (unsigned int i = BYTES_BEGIN; i < BYTES_END; i++)
		bytes += thread->last[i];
	return bytes;
}

static unsigned int exit_status(int32_t code)
{
	if (code & 0x7f)
		return VALUE_INDEX(exit_status, SIGNAL);
	return code & 0xff00 ? VALUE_INDEX(exit_status, FAILURE) : VALUE_INDEX(exit_status, SUCCESS);
}

static void tell_exit(const struct process *process, int32_t code, struct model *model)
{
	const struct program *program = process->program;

	if (process->exited || exit_status(code) == VALUE_INDEX(exit_status, SUCCESS))
		return;
	while (program->alias)
		program = program->alias;
	journal_add_exit(model->journal, program->container->key, program->container->key_size, program->name,
			 process->key.tgid, code);
}

void thread_end(struct thread *thread, const struct record *record, const struct thread_owner *owner)
{
	if (thread->process && record->flags & RECORD_GROUP_DEAD)
		tell_exit(thread->process, record->exit_code, owner->model);
	if (thread->process && record->flags & RECORD_GROUP_DEAD)
		model_process_exit(owner->model, thread->process, exit_status(record->exit_code));
	else if (record->flags & RECORD_GROUP_DEAD &&
		 record->flags & RECORD_LEADER) /* past the limit of processes */
		model_count(owner->model, thread->program, V_EXITS + exit_status(record->exit_code), 1);
	if (thread->process)
		model_process_leave(owner->model, thread->process);
	if (thread->program) {
		model_count(owner->model, thread->program, V_THREADS, (uint64_t)-1);
		model_program_release(thread->program, owner->now_ns);
	}
	if (thread->cgroup)
		thread->cgroup->references--;
	memset(thread, 0, sizeof(*thread));
}

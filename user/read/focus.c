/* SPDX-License-Identifier: Apache-2.0 */
#include "read/focus.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/container.h"
#include "model/focus.h"
#include "read/cgroup_roots.h"
#include "read/group_stock.h"

#define UNTOLD_GROUPS (2 * GROUP_DEAL) /* more than a turn makes on any machine that is not at its end */

struct focus_reader {
	struct table *table;
	struct model *model;
	const struct container *container[FOCUS_PLACES]; /* NULL: the place is not in use, or it has gone */
	bool is_attached;
	char reason[300];
};

int focus_reader_new(struct table *table, struct model *model, struct focus_reader **ret_reader)
{
	struct focus_reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return -ENOMEM;
	reader->table = table;
	reader->model = model;
	model->focus.reason = NULL;
	*ret_reader = reader;
	return 0;
}

void focus_reader_free(struct focus_reader *reader)
{
	if (!reader)
		return;
	probe_detach_focus(reader->table->probe);
	reader->model->focus.reason = "BPF is off";
	free(reader);
}

/* ---- which cgroup counts for which place ------------------------------------------------------------------------- */

static uint32_t focus_of(const struct focus_reader *reader, const struct container *container)
{
	for (uint32_t i = 0; i < FOCUS_PLACES; i++) {
		if (reader->container[i] && reader->container[i] == container)
			return FOCUS_FIRST + i;
	}
	return FOCUS_NONE;
}

static bool add_to_list(struct focus_list *list, uint32_t *count, uint64_t cgroup_id, uint32_t focus)
{
	if (*count == FOCUS_CGROUPS)
		return false;
	list->cgroup_id[*count] = cgroup_id;
	list->focus[(*count)++] = focus;
	return true;
}

/* A root, and what is inside of it another container (as in a node that runs in a container); all of it or nothing. */
static void list_root(const struct focus_reader *reader, const struct cgroup *root, uint32_t focus,
		      struct focus_list *list, uint32_t *count)
{
	uint32_t before = *count;
	bool fits = add_to_list(list, count, root->id, focus);

	for (const struct cgroup *cgroup = reader->model->cgroups; cgroup && fits; cgroup = cgroup->hh.next) {
		if (!cgroup->removed && cgroup->container != root->container &&
		    cgroup_roots_is_below(cgroup, root))
			fits = add_to_list(list, count, cgroup->id, focus_of(reader, cgroup->container));
	}
	if (!fits) {
		memset(&list->cgroup_id[before], 0, sizeof(list->cgroup_id) - before * sizeof(uint64_t));
		*count = before;
	}
}

static void make_list(const struct focus_reader *reader, struct focus_list *list)
{
	uint32_t count = 0;

	memset(list, 0, sizeof(*list));
	for (uint32_t i = 0; i < FOCUS_PLACES; i++) {
		struct cgroup_roots roots;

		if (!reader->container[i])
			continue;
		cgroup_roots_find(reader->container[i], &roots);
		for (uint32_t at = 0; at < roots.count; at++)
			list_root(reader, roots.cgroup[at], FOCUS_FIRST + i, list, &count);
	}
}

/* The kernel reads while this is written: places first, and the number of a cgroup last. */
static void write_list(struct focus_list *shared, const struct focus_list *list)
{
	if (memcmp(shared, list, sizeof(*list)) == 0)
		return;
	for (uint32_t i = 0; i < FOCUS_CGROUPS; i++) {
		__atomic_store_n(&shared->cgroup_id[i], UINT64_MAX, __ATOMIC_RELEASE); /* nobody's */
		__atomic_store_n(&shared->focus[i], list->focus[i], __ATOMIC_RELEASE);
		__atomic_store_n(&shared->cgroup_id[i], list->cgroup_id[i], __ATOMIC_RELEASE);
	}
}

/* Groups of known cgroups are told; all others the kernel finds out, now that the list is new. */
static void write_groups(const struct focus_reader *reader)
{
	const struct table *table = reader->table;
	_cleanup_(cleanup_free) uint8_t *focus = calloc(table->group_count, 1);
	uint32_t end = 1;

	for (const struct cgroup *cgroup = reader->model->cgroups; cgroup; cgroup = cgroup->hh.next) {
		if (!focus || !cgroup->group || cgroup->group >= table->group_count)
			continue;
		focus[cgroup->group] = (uint8_t)focus_of(reader, cgroup->container);
		if (cgroup->group >= end)
			end = cgroup->group + 1;
	}
	/* Past the highest known: groups that no record has told of yet. Pages of the others are not touched. */
	end = end + UNTOLD_GROUPS < table->group_count ? end + UNTOLD_GROUPS : table->group_count;
	for (uint32_t i = 1; focus && i < end; i++)
		__atomic_store_n(&table->groups[i].focus, focus[i], __ATOMIC_RELAXED);
}

static void tell_kernel(const struct focus_reader *reader)
{
	struct focus_list list;

	make_list(reader, &list);
	write_list(reader->table->focus_lists, &list);
	write_groups(reader);
}

/* ---- beginning and ending ---------------------------------------------------------------------------------------- */

static void begin(struct focus_reader *reader, uint32_t place, uint64_t realtime_ns)
{
	struct focus_place *asked = &reader->model->focus.place[place];

	memset(&reader->table->focuses[place], 0, sizeof(*reader->table->focuses));
	/* What threads were in when they were last looked at is long over. Those of the other places lose a latency each. */
	memset(reader->table->focus_cells, 0, FOCUS_CELLS * sizeof(*reader->table->focus_cells));
	asked->is_counting = true;
	asked->began_ns = realtime_ns;
}

static const char *find_reason(const struct probe *probe, int error)
{
	static const enum probe_program programs[] = { PROBE_focus_enter, PROBE_focus_exit,
						       PROBE_focus_enter_tracepoint,
						       PROBE_focus_exit_tracepoint };

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		const struct probe_status *status = probe_status(probe, programs[i]);

		if (status->wanted && status->reason[0])
			return status->reason;
	}
	return strerror(-error);
}

/* Without hooks nothing can be looked at: said instead of zeros. */
static void attach(struct focus_reader *reader, uint64_t now_ns)
{
	struct focus *focus = &reader->model->focus;
	int error = probe_attach_focus(reader->table->probe);

	if (!error) {
		reader->is_attached = true;
		return;
	}
	snprintf(reader->reason, sizeof(reader->reason), "its hooks are off: %s",
		 find_reason(reader->table->probe, error));
	focus->reason = reader->reason;
	for (uint32_t i = 0; i < FOCUS_PLACES; i++) {
		if (focus->place[i].is_taken)
			focus_release(&focus->place[i], now_ns);
		reader->container[i] = NULL;
	}
}

void focus_reader_turn(struct focus_reader *reader, uint64_t now_ns, uint64_t realtime_ns)
{
	struct focus *focus = &reader->model->focus;
	bool any = false;

	for (uint32_t i = 0; i < FOCUS_PLACES; i++) {
		struct focus_place *place = &focus->place[i];

		if (focus_is_due(place, now_ns))
			focus_release(place, now_ns);
		reader->container[i] = place->is_taken ? container_find(reader->model, place->namespace,
									place->pod, place->container) :
							 NULL;
		if (place->is_taken && !place->is_counting)
			begin(reader, i, realtime_ns);
		any |= place->is_taken;
	}
	if (any || reader->is_attached)
		tell_kernel(reader);
	if (any && !reader->is_attached)
		attach(reader, now_ns);
	if (!any && reader->is_attached) {
		probe_detach_focus(reader->table->probe);
		reader->is_attached = false;
	}
}

void focus_reader_tick(struct focus_reader *reader, uint64_t realtime_ns)
{
	for (uint32_t i = 0; i < FOCUS_PLACES; i++) {
		struct focus_place *place = &reader->model->focus.place[i];

		if (place->is_taken && place->is_counting)
			focus_take(place, &reader->table->focuses[i], realtime_ns);
	}
}

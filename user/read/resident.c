/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/time.h"
#include "read/resident.h"
#include "resident_record.h"

#define WANTED_NS (60 * NS_PER_S)
#define WANTED_INTERVAL_NS NS_PER_S
/* A process costs about 1 us: many of them are read less often, for 0.025 % of a CPU, or 0.5 % while somebody looks. */
#define PROCESS_NS (4 * NS_PER_MS)
#define WANTED_PROCESS_NS (200 * NS_PER_US)
#define ROWS 256         /* at least so many in a turn, about 0.3 ms */
#define FILES 64         /* of procfs, about 0.7 ms */
#define SPARE_PERCENT 25 /* processes that are born during a reading */

enum stage { STAGE_WAITING, STAGE_ROWS, STAGE_FILES };

struct resident {
	struct resident_settings settings;
	enum stage stage;
	int iterator;
	bool is_told; /* the iterator told rows in this reading: procfs has the rest only */
	uint32_t reading;
	uint64_t began_ns;
	uint64_t wanted_until_ns;
	struct resident_row rows[ROWS];
};

int resident_new(const struct resident_settings *settings, struct resident **ret_resident)
{
	struct resident *resident = calloc(1, sizeof(*resident));

	if (!resident)
		return -ENOMEM;
	resident->settings = *settings;
	resident->iterator = -1;
	*ret_resident = resident;
	return 0;
}

void resident_free(struct resident *resident)
{
	if (!resident)
		return;
	if (resident->iterator >= 0)
		close(resident->iterator);
	free(resident);
}

static uint64_t interval_ns(const struct resident *resident, uint64_t now_ns)
{
	uint64_t count = HASH_COUNT(resident->settings.model->processes);
	bool is_wanted = now_ns < resident->wanted_until_ns;
	uint64_t interval_ns = resident->settings.interval_ns;
	uint64_t cheap_ns = count * (is_wanted ? WANTED_PROCESS_NS : PROCESS_NS);

	if (is_wanted && interval_ns > WANTED_INTERVAL_NS)
		interval_ns = WANTED_INTERVAL_NS;
	return interval_ns > cheap_ns ? interval_ns : cheap_ns;
}

/* How many in a turn, so that all are read within the interval. */
static uint32_t share(const struct resident *resident, uint32_t least, uint64_t now_ns)
{
	uint64_t turns = interval_ns(resident, now_ns) / resident->settings.turn_ns ?: 1;
	uint64_t wanted = (uint64_t)HASH_COUNT(resident->settings.model->processes) * (100 + SPARE_PERCENT) /
			  100 / turns;

	return wanted > least ? wanted : least;
}

static void begin(struct resident *resident, uint64_t now_ns)
{
	resident->began_ns = now_ns;
	resident->reading++;
	resident->is_told = false;
	resident->stage = STAGE_FILES;
	if (!resident->settings.probe)
		return;
	resident->iterator = probe_iterate(resident->settings.probe, PROBE_resident);
	if (resident->iterator >= 0)
		resident->stage = STAGE_ROWS;
}

static void take_row(struct resident *resident, const struct resident_row *row)
{
	struct process *process = model_process_find(resident->settings.model, row->tgid, row->start_ns);

	if (!process)
		return;
	model_process_set_resident(resident->settings.model, process, row->bytes);
	process->resident_reading = resident->reading;
}

static void read_rows(struct resident *resident, uint32_t count)
{
	while (count > 0) {
		uint32_t wanted = count < ROWS ? count : ROWS;
		ssize_t size = read(resident->iterator, resident->rows, wanted * sizeof(resident->rows[0]));

		if (size < 0 && errno == EAGAIN) /* so many threads, and not one row */
			return;
		if (size <= 0) {
			close(take_fd(resident->iterator));
			resident->stage = STAGE_FILES;
			return;
		}
		resident->is_told = true;
		size /= sizeof(resident->rows[0]);
		for (ssize_t i = 0; i < size; i++)
			take_row(resident, &resident->rows[i]);
		count -= size;
	}
}

/* Second number of statm, in pages; a process that is gone, or whose memory is, has none. */
static uint64_t read_file(const struct resident *resident, uint32_t tgid)
{
	unsigned long long pages;
	char path[256], text[128];

	snprintf(path, sizeof(path), "%s/%u/statm", resident->settings.paths->procfs, tgid);
	if (file_read_at(-1, path, text, sizeof(text)) < 0 || sscanf(text, "%*u %llu", &pages) != 1)
		return 0;
	return pages * sysconf(_SC_PAGESIZE);
}

static void read_files(struct resident *resident, uint32_t count)
{
	/* those that have been there for longest come first */
	for (struct process *process = resident->settings.model->processes; process;
	     process = process->hh.next) {
		if (process->resident_reading == resident->reading || process->exited ||
		    process->program->is_kernel)
			continue;
		if (count-- == 0) {
			/* what the iterator did not tell was mostly born since: the next reading will */
			if (resident->is_told)
				break;
			return;
		}
		model_process_set_resident(resident->settings.model, process,
					   read_file(resident, process->key.tgid));
		process->resident_reading = resident->reading;
	}
	resident->stage = STAGE_WAITING;
}

void resident_turn(struct resident *resident, uint64_t now_ns)
{
	switch (resident->stage) {
	case STAGE_WAITING:
		if (resident->reading && now_ns - resident->began_ns < interval_ns(resident, now_ns))
			return;
		begin(resident, now_ns);
		if (resident->stage == STAGE_FILES)
			break;
		__attribute__((fallthrough));
	case STAGE_ROWS:
		read_rows(resident, share(resident, ROWS, now_ns));
		return;
	case STAGE_FILES:
		break;
	}
	read_files(resident, share(resident, FILES, now_ns));
}

void resident_want(struct resident *resident, uint64_t now_ns)
{
	resident->wanted_until_ns = now_ns + WANTED_NS;
}

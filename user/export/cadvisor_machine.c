/* SPDX-License-Identifier: Apache-2.0 */
#include "export/cadvisor_machine.h"

#define NO_LIMIT SIZE_MAX

static void add_machine(const struct cadvisor_input *in, struct sheet *sheet)
{
	const struct machine *machine = &in->model->machine;
	const struct {
		const char *name, *help;
		uint64_t value;
		bool known;
	} rows[] = {
		{ "machine_cpu_cores", "Number of logical CPU cores.", machine->cores, machine->cores },
		{ "machine_cpu_physical_cores", "Number of physical CPU cores.", machine->physical_cores,
		  machine->physical_cores },
		{ "machine_cpu_sockets", "Number of CPU sockets.", machine->sockets, machine->sockets },
		{ "machine_memory_bytes", "Amount of memory installed on the machine.", machine->memory_bytes,
		  machine->memory_bytes },
		{ "machine_swap_bytes", "Amount of swap memory available on the machine.",
		  machine->swap_bytes, machine->memory_bytes },
	};
	struct buffer labels = {};
	struct subject subject = {};

	sheet_add_label(sheet, &labels, 0, "boot_id", machine->boot_id, NO_LIMIT);
	sheet_add_label(sheet, &labels, 0, "machine_id", machine->machine_id, NO_LIMIT);
	sheet_add_label(sheet, &labels, 0, "system_uuid", machine->system_uuid, NO_LIMIT);
	subject.labels = (struct text){ labels.data, labels.size };
	sheet_fail(sheet, labels.failed);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].known &&
		    sheet_begin_family(sheet, rows[i].name, rows[i].help, METRIC_GAUGE, UNIT_NONE))
			sheet_add(sheet, &subject, 0, rows[i].value);
	buffer_done(&labels);
}

/* As a kubelet does, which has no version of cAdvisor or Docker to tell. */
static void add_version(const struct cadvisor_input *in, struct sheet *sheet)
{
	const struct machine *machine = &in->model->machine;
	const char *const rows[][2] = {
		{ "cadvisorRevision", "" },       { "cadvisorVersion", "" },
		{ "dockerVersion", "" },          { "kernelVersion", machine->kernel },
		{ "osVersion", machine->system },
	};
	struct buffer labels = {};
	struct subject subject = {};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		sheet_add_label(sheet, &labels, 0, rows[i][0], rows[i][1], NO_LIMIT);
	subject.labels = (struct text){ labels.data, labels.size };
	sheet_fail(sheet, labels.failed);
	if (sheet_begin_family(
		    sheet, "cadvisor_version_info",
		    "A metric with a constant '1' value labeled by kernel version, OS version, docker version, cadvisor version & cadvisor revision.",
		    METRIC_GAUGE, UNIT_NONE))
		sheet_add(sheet, &subject, 0, 1);
	buffer_done(&labels);
}

static void add_errors(const struct cadvisor_input *in, struct sheet *sheet, bool has_rows)
{
	static const char *const rows[][2] = {
		{ "container_scrape_error",
		  "1 if there was an error while getting container metrics, 0 otherwise" },
		{ "machine_scrape_error",
		  "1 if there was an error while getting machine metrics, 0 otherwise." },
	};
	const struct subject none = {};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (sheet_begin_family(sheet, rows[i][0], rows[i][1], METRIC_GAUGE, UNIT_NONE))
			sheet_add(sheet, &none, 0, i == 0 ? !has_rows : !in->model->machine.memory_bytes);
}

void cadvisor_machine_add(const struct cadvisor_input *in, struct sheet *sheet, bool has_rows)
{
	add_machine(in, sheet);
	add_version(in, sheet);
	add_errors(in, sheet, has_rows);
}

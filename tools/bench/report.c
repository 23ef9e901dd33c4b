// SPDX-License-Identifier: Apache-2.0
/* Tables, twice: aligned for a terminal at once, and as Markdown at the end. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "bench.h"
#include "version.h"

#define ROWS_MAX 96
#define COLUMNS_MAX 12
#define GOALS_MAX 32

static struct buffer body, goals, machine;
static char rows[ROWS_MAX][512];
static unsigned int row_count;

void report_heading(const char *title)
{
	printf("\n%s\n", title);
	buffer_printf(&body, "\n## %s\n\n", title);
}

void report_text(const char *format, ...)
{
	char text[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	printf("%s\n", text);
	fflush(stdout);
	buffer_printf(&body, "%s\n\n", text);
}

void report_columns(const char *names)
{
	row_count = 0;
	report_row("%s", names);
}

void report_row(const char *format, ...)
{
	va_list arguments;

	if (row_count == ROWS_MAX)
		return;
	va_start(arguments, format);
	vsnprintf(rows[row_count++], sizeof(rows[0]), format, arguments);
	va_end(arguments);
}

/* Cells of a row; those that are missing are empty. */
static unsigned int split(char *row, const char *cells[COLUMNS_MAX])
{
	unsigned int count = 0;
	char *cell;

	for (unsigned int i = 0; i < COLUMNS_MAX; i++)
		cells[i] = "";
	while (count < COLUMNS_MAX && (cell = strsep(&row, "|")))
		cells[count++] = cell;
	return count;
}

static void write_table(struct buffer *markdown)
{
	const char *cells[ROWS_MAX][COLUMNS_MAX];
	size_t widths[COLUMNS_MAX] = { 0 };
	unsigned int columns = 0;

	for (unsigned int i = 0; i < row_count; i++) {
		unsigned int count = split(rows[i], cells[i]);

		columns = count > columns ? count : columns;
		for (unsigned int j = 0; j < count; j++)
			if (strlen(cells[i][j]) > widths[j])
				widths[j] = strlen(cells[i][j]);
	}
	for (unsigned int i = 0; i < row_count; i++) {
		for (unsigned int j = 0; j < columns; j++) {
			bool left = j == 0;

			printf(left ? "%-*s" : "  %*s", (int)widths[j], cells[i][j]);
			buffer_printf(markdown, "| %s ", cells[i][j]);
		}
		printf("\n");
		buffer_add_string(markdown, "|\n");
		if (i == 0) {
			for (unsigned int j = 0; j < columns; j++)
				buffer_add_string(markdown, j == 0 ? "|---" : "|---:");
			buffer_add_string(markdown, "|\n");
		}
	}
	buffer_add_string(markdown, "\n");
	fflush(stdout);
	row_count = 0;
}

void report_table(void)
{
	if (row_count > 1)
		write_table(&body);
	else
		report_text("Nothing could be measured.");
}

static struct {
	char what[96], unit[32];
	double limit, value;
} kept[GOALS_MAX];
static unsigned int kept_count;

void report_goal(const char *what, const char *unit, double limit, double value)
{
	if (kept_count == GOALS_MAX || value <= 0)
		return;
	snprintf(kept[kept_count].what, sizeof(kept[0].what), "%s", what);
	snprintf(kept[kept_count].unit, sizeof(kept[0].unit), "%s", unit);
	kept[kept_count].limit = limit;
	kept[kept_count++].value = value;
}

static void write_goals(void)
{
	printf("\nGoals\n");
	report_columns("goal|at most|measured|unit|");
	for (unsigned int i = 0; i < kept_count; i++) {
		char verdict[64] = "met";

		if (kept[i].value > kept[i].limit)
			snprintf(verdict, sizeof(verdict), "missed by %.3g", kept[i].value - kept[i].limit);
		report_row("%s|%.4g|%.4g|%s|%s", kept[i].what, kept[i].limit, kept[i].value, kept[i].unit,
			   verdict);
	}
	if (kept_count)
		write_table(&goals);
}

static void write_skipped(void)
{
	bool any = false;

	for (unsigned int i = 0; i < VARIANTS; i++)
		any |= variant_skipped(i) && variant_skipped(i)[0];
	if (!any)
		return;
	report_heading("Left out");
	for (unsigned int i = 0; i < VARIANTS; i++)
		if (variant_skipped(i) && variant_skipped(i)[0])
			report_text("- %s: %s.", variant_name(i), variant_skipped(i));
}

/* Value of "name : value" in a file of procfs. */
static void find_line(const char *path, const char *name, char *ret_value, size_t size)
{
	_cleanup_(cleanup_fclose) FILE *file = fopen(path, "re");
	char line[512], *value;

	snprintf(ret_value, size, "unknown");
	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, name, strlen(name)) != 0 || !(value = strchr(line, ':')))
			continue;
		line[strcspn(line, "\n")] = '\0';
		snprintf(ret_value, size, "%s", value + 2);
		return;
	}
}

static const char *mitigations(void)
{
	static char word[64];
	_cleanup_(cleanup_fclose) FILE *file = fopen("/proc/cmdline", "re");
	char line[4096] = "", *found;

	if (file && !fgets(line, sizeof(line), file))
		line[0] = '\0';
	found = strstr(line, "mitigations=");
	snprintf(word, sizeof(word), "%.*s", found ? (int)strcspn(found + 12, " \n") : 7,
		 found ? found + 12 : "default");
	return word;
}

void report_machine(void)
{
	struct utsname system;
	char model[128], safe[128];
	FILE *file = fopen("/sys/devices/system/cpu/vulnerabilities/spec_rstack_overflow", "re");

	uname(&system);
	find_line("/proc/cpuinfo", "model name", model, sizeof(model));
	if (!file || !fgets(safe, sizeof(safe), file))
		snprintf(safe, sizeof(safe), "unknown");
	if (file)
		fclose(file);
	safe[strcspn(safe, "\n")] = '\0';
	buffer_printf(&machine, "%s, %ld CPUs, Linux %s, mitigations=%s (return thunks: %s)", model,
		      sysconf(_SC_NPROCESSORS_ONLN), system.release, mitigations(), safe);
	printf("%.*s\n", (int)machine.size, machine.data);
}

int report_write(const struct bench_options *options)
{
	_cleanup_(cleanup_fclose) FILE *file = NULL;

	write_goals();
	write_skipped();
	if (!options->markdown)
		return 0;
	file = fopen(options->markdown, "we");
	if (!file)
		return -errno;
	fprintf(file,
		"# Benchmarks\n\n"
		"Written by `make bench`; tools/bench/README.md says how to read the tables. Ratios hold within one table only.\n\n"
		"- Machine: %.*s\n"
		"- Date: %s\n"
		"- ktally: version %s, revision %s\n%s\n"
		"## Goals\n\n",
		(int)machine.size, machine.data, options->date ? options->date : "not given", KTALLY_VERSION,
		KTALLY_REVISION, options->quick ? "- A quick run: few rounds, rough numbers\n" : "");
	fwrite(goals.data, 1, goals.size, file);
	fwrite(body.data, 1, body.size, file);
	return ferror(file) ? -EIO : 0;
}

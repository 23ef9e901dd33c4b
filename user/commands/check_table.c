/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "commands/check_table.h"
#include "export/label.h"
#include "version.h"

#define WIDTH 80
#define NAME_WIDTH 21
#define DETAIL_COLUMN (2 + 8 + NAME_WIDTH + 1)

static const char *const state_names[] = {
	[CHECK_OK] = "ok",
	[CHECK_UNKNOWN] = "unknown",
	[CHECK_REDUCED] = "reduced",
	[CHECK_OFF] = "off",
};

static const char *const state_colours[] = {
	[CHECK_OK] = "\033[32m",
	[CHECK_UNKNOWN] = "",
	[CHECK_REDUCED] = "\033[33m",
	[CHECK_OFF] = "\033[31m",
};

static const char *const result_names[] = {
	[CHECK_FULL] = "full",
	[CHECK_SOME] = "reduced",
	[CHECK_UNUSABLE] = "unusable",
};

/* Kernel messages and paths go to terminals: nothing that moves the cursor. */
static void blank_controls(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = ' ';
}

void check_table_add(struct check_table *table, const char *group, const char *name, enum check_state state,
		     const char *mend, const char *format, ...)
{
	struct check_row *row;
	va_list arguments;

	if (table->count == sizeof(table->rows) / sizeof(table->rows[0]))
		return;
	row = &table->rows[table->count++];
	row->group = group;
	row->state = state;
	snprintf(row->name, sizeof(row->name), "%s", name);
	snprintf(row->mend, sizeof(row->mend), "%s", mend && state != CHECK_OK ? mend : "");
	va_start(arguments, format);
	vsnprintf(row->detail, sizeof(row->detail), format, arguments);
	va_end(arguments);
	blank_controls(row->detail);
	blank_controls(row->mend);
}

static bool is_lacking(const struct check_row *row)
{
	return row->state == CHECK_REDUCED || row->state == CHECK_OFF;
}

enum check_result check_table_result(const struct check_table *table, bool unusable)
{
	if (unusable)
		return CHECK_UNUSABLE;
	for (unsigned int i = 0; i < table->count; i++)
		if (is_lacking(&table->rows[i]))
			return CHECK_SOME;
	return CHECK_FULL;
}

/* Rows of the group that begins at `begin`, and in *ret_lacking those that lack something. */
static unsigned int count_group(const struct check_table *table, unsigned int begin,
				unsigned int *ret_lacking)
{
	unsigned int i;

	*ret_lacking = 0;
	for (i = begin; i < table->count && table->rows[i].group == table->rows[begin].group; i++)
		*ret_lacking += is_lacking(&table->rows[i]);
	return i - begin;
}

static void summarise(const struct check_table *table, enum check_result result, struct buffer *out)
{
	const char *separator = "";

	buffer_printf(out, "%s: ", result_names[result]);
	switch (result) {
	case CHECK_FULL:
		buffer_add_string(out, "everything works");
		return;
	case CHECK_UNUSABLE:
		buffer_add_string(out, "there is nothing to read, neither by BPF nor in procfs and cgroupfs");
		return;
	case CHECK_SOME:
		break;
	}
	for (unsigned int begin = 0; begin < table->count;) {
		unsigned int lacking, rows = count_group(table, begin, &lacking), end = begin + rows;

		if (lacking == rows) {
			buffer_printf(out, "%sall %s", separator, table->rows[begin].group);
			separator = ", ";
			begin = end;
		}
		for (; begin < end; begin++) {
			if (!is_lacking(&table->rows[begin]))
				continue;
			buffer_printf(out, "%s%s", separator, table->rows[begin].name);
			separator = ", ";
		}
	}
}

/* Prints `text` from column `at`, its further lines from column `indent`; breaks at blanks only. */
static void print_wrapped(FILE *file, unsigned int at, unsigned int indent, const char *text)
{
	bool first = true;

	while (*text) {
		size_t length = strcspn(text, " ");

		if (!first && at + 1 + length > WIDTH) {
			fprintf(file, "\n%*s", (int)indent, "");
			at = indent;
			first = true;
		}
		fprintf(file, "%s%.*s", first ? "" : " ", (int)length, text);
		at += length + !first;
		first = false;
		text += length;
		text += strspn(text, " ");
	}
	fputc('\n', file);
}

static bool is_coloured(FILE *file)
{
	const char *no_color = getenv("NO_COLOR");

	return isatty(fileno(file)) && !(no_color && no_color[0]);
}

/* What mends several rows in a row is said once, below the last of them. */
static bool is_mended_next(const struct check_table *table, unsigned int i)
{
	const struct check_row *row = &table->rows[i], *next = row + 1;

	return i + 1 < table->count && next->group == row->group && strcmp(next->mend, row->mend) == 0;
}

static void print_row(const struct check_table *table, unsigned int i, bool coloured, FILE *file)
{
	const struct check_row *row = &table->rows[i];
	const char *colour = coloured ? state_colours[row->state] : "";

	fprintf(file, "  %s%-8s%s", colour, state_names[row->state], colour[0] ? "\033[0m" : "");
	if (strlen(row->name) > NAME_WIDTH)
		fprintf(file, "%s\n%*s", row->name, DETAIL_COLUMN, "");
	else
		fprintf(file, "%-*s ", NAME_WIDTH, row->name);
	print_wrapped(file, DETAIL_COLUMN, DETAIL_COLUMN, row->detail);
	if (!row->mend[0] || is_mended_next(table, i))
		return;
	fprintf(file, "%*smend: ", DETAIL_COLUMN, "");
	print_wrapped(file, DETAIL_COLUMN + 6, DETAIL_COLUMN + 6, row->mend);
}

void check_table_print(const struct check_table *table, enum check_result result, FILE *file)
{
	bool coloured = is_coloured(file);
	struct buffer summary = { 0 };
	const char *group = "";

	for (unsigned int i = 0; i < table->count; i++) {
		const struct check_row *row = &table->rows[i];

		if (strcmp(group, row->group) != 0)
			fprintf(file, "%s\n", row->group);
		group = row->group;
		print_row(table, i, coloured, file);
	}
	summarise(table, result, &summary);
	buffer_add(&summary, "", 1);
	fputc('\n', file);
	if (!summary.failed)
		print_wrapped(file, 0, 2, summary.data);
	buffer_done(&summary);
}

/* The escapes of a label value are those of JSON; other control characters were blanked when the row was made. */
static void add_member(struct buffer *out, const char *name, const char *value, const char *end)
{
	buffer_printf(out, "\"%s\":\"", name);
	label_escape(out, value, SIZE_MAX);
	buffer_printf(out, "\"%s", end);
}

void check_table_print_json(const struct check_table *table, enum check_result result, FILE *file)
{
	struct buffer out = { 0 }, summary = { 0 };

	summarise(table, result, &summary);
	buffer_add(&summary, "", 1);
	buffer_printf(&out, "{\n\"exit_status\":%d,\n", (int)result);
	add_member(&out, "result", result_names[result], ",\n");
	add_member(&out, "summary", summary.failed ? "" : summary.data, ",\n");
	add_member(&out, "version", KTALLY_VERSION, ",\n");
	add_member(&out, "revision", KTALLY_REVISION, ",\n");
	buffer_add_string(&out, "\"rows\":[");
	for (unsigned int i = 0; i < table->count; i++) {
		const struct check_row *row = &table->rows[i];

		buffer_add_string(&out, i ? ",\n{" : "\n{");
		add_member(&out, "group", row->group, ",");
		add_member(&out, "name", row->name, ",");
		add_member(&out, "state", state_names[row->state], ",");
		add_member(&out, "detail", row->detail, ",");
		add_member(&out, "mend", row->mend, "}");
	}
	buffer_add_string(&out, "\n]\n}\n");
	if (!out.failed)
		fwrite(out.data, 1, out.size, file);
	buffer_done(&summary);
	buffer_done(&out);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "top/settings.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/duration.h"
#include "top/browser.h"
#include "top/view.h"

enum type { STRING, BOOL, DURATION };

static const struct setting {
	const char *flag, *metavar, *help;
	enum type type;
	size_t offset;
} rows[] = {
#define SETTING(member, type, flag, metavar, help) \
	{ flag, metavar, help, type, offsetof(struct settings, member) },
#include "settings.def"
#undef SETTING
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const struct setting *find_setting(const char *flag, size_t length)
{
	for (size_t i = 0; i < ROWS; i++)
		if (strlen(rows[i].flag) == length && memcmp(rows[i].flag, flag, length) == 0)
			return &rows[i];
	return NULL;
}

static int set_value(struct settings *settings, const struct setting *row, const char *value,
		     const struct message *message)
{
	void *member = (char *)settings + row->offset;

	switch (row->type) {
	case BOOL:
		*(bool *)member = true;
		break;
	case STRING:
		*(const char **)member = value;
		break;
	case DURATION:
		if (duration_parse(value, member) || *(uint64_t *)member < BROWSER_INTERVAL_MIN_NS ||
		    *(uint64_t *)member > BROWSER_INTERVAL_MAX_NS)
			return message_fail(message, -EINVAL,
					    "--%s: '%s' is not a duration from 100ms to 1h, as 2s or 500ms",
					    row->flag, value);
		break;
	}
	return 0;
}

/* What cannot be told by one option alone. */
static int check(const struct settings *settings, const struct message *message)
{
	if (settings->replay && settings->connect)
		return message_fail(message, -EINVAL, "--replay and --connect: either a file or a daemon");
	if (settings->view && view_by_name(settings->view) == VIEW_NONE)
		return message_fail(
			message, -EINVAL, "--view: '%s' is no view: %s", settings->view,
			"containers, pods, programs, processes, threads, connections, syscalls, files, "
			"events, node, self, tree");
	if (settings->pid && (!settings->pid[0] || settings->pid[strspn(settings->pid, "0123456789")] ||
			      strlen(settings->pid) > 9))
		return message_fail(message, -EINVAL, "--pid: '%s' is not a number of a process",
				    settings->pid);
	if (settings->view && view_by_name(settings->view) == VIEW_THREADS && !settings->pid)
		return message_fail(message, -EINVAL, "--view threads: whose threads? --pid NUMBER");
	return 0;
}

int settings_parse(struct settings *settings, int argc, char **argv, const struct message *message)
{
	*settings = (struct settings){};
	for (int i = 1; i < argc; i++) {
		const char *flag = argv[i] + 2, *equal = strchr(argv[i], '='),
			   *value = equal ? equal + 1 : NULL;
		const struct setting *row;
		int error;

		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			settings->help = true;
			return 0;
		}
		if (strncmp(argv[i], "--", 2) != 0)
			return message_fail(message, -EINVAL, "'%s' is not an option", argv[i]);
		row = find_setting(flag, value ? (size_t)(equal - flag) : strlen(flag));
		if (!row)
			return message_fail(message, -EINVAL, "'%s' is not an option", argv[i]);
		if (row->type == BOOL && value)
			return message_fail(message, -EINVAL, "--%s takes no value", row->flag);
		if (row->type != BOOL && !value && i + 1 < argc)
			value = argv[++i];
		if (row->type != BOOL && !value)
			return message_fail(message, -EINVAL, "--%s: its value %s is missing", row->flag,
					    row->metavar);
		error = set_value(settings, row, value, message);
		if (error)
			return error;
	}
	return check(settings, message);
}

void settings_print_help(FILE *file)
{
	fprintf(file,
		"usage: ktally top [OPTION...]\n\nLooks at a running ktally, or at a recording. Press h for the keys.\n\n");
	for (size_t i = 0; i < ROWS; i++) {
		char flag[64];

		snprintf(flag, sizeof(flag), "--%s%s%s", rows[i].flag, rows[i].metavar[0] ? " " : "",
			 rows[i].metavar);
		fprintf(file, "  %-22s %s\n", flag, rows[i].help);
	}
	fprintf(file, "  %-22s %s\n", "--help", "this text");
}

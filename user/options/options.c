/* SPDX-License-Identifier: Apache-2.0 */
/* The table of options.def as data, and the order of the sources: defaults, YAML file, environment, flags. The
 * flags are walked twice: first for --help, --version, --config and names that do not exist, then for the values. */
#include "options/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "options/option.h"

#define CONFIG_SIZE_MAX (1024 * 1024)
#define CONFIG_VARIABLE "KTALLY_CONFIG"

#define ANY .what = NULL
#define ADDRESS .check = option_check_address, .what = "HOST:PORT, :PORT or [IPV6]:PORT"
#define DIRECTORY .check = option_check_directory, .what = "an absolute path"
#define SOCKET .check = option_check_socket, .what = "cri=/path or docker=/path"
#define RANGE(min_, max_) .min = (min_), .max = (max_)
#define ZERO_OR_RANGE(min_, max_) .zero_allowed = true, .min = (min_), .max = (max_)
#define TIME_RANGE(min_, max_) .min_text = (min_), .max_text = (max_)
#define CHOICES(names) .choices = (names)
const struct option_row option_rows[OPTION_COUNT] = {
#define OPTION_GROUP(prefix, title)
#define OPTION(member_, type_, flag_, metavar_, default_, accepts_, help_, note_) \
	{ .offset = offsetof(struct options, member_),                            \
	  .type = OPTION_##type_,                                                 \
	  .flag = (flag_),                                                        \
	  .metavar = (metavar_),                                                  \
	  .default_text = (default_),                                             \
	  .help = (help_),                                                        \
	  .note = (note_),                                                        \
	  accepts_ },
#include "options/options.def"
#undef OPTION
#undef OPTION_GROUP
};
#undef ANY
#undef ADDRESS
#undef DIRECTORY
#undef SOCKET
#undef RANGE
#undef ZERO_OR_RANGE
#undef TIME_RANGE
#undef CHOICES

const struct option_group option_groups[] = {
#define OPTION_GROUP(prefix_, title_) { .prefix = (prefix_), .title = (title_) },
#define OPTION(member, type, flag, metavar, text, accepts, help, note)
#include "options/options.def"
#undef OPTION
#undef OPTION_GROUP
};
const size_t option_group_count = sizeof(option_groups) / sizeof(option_groups[0]);

enum flag_kind { FLAG_VALUE, FLAG_CONFIG, FLAG_HELP, FLAG_VERSION };

struct flag {
	enum flag_kind kind;
	const struct option_row *row; /* of FLAG_VALUE */
	bool negated;                 /* --no-x */
	const char *value;
};

struct flag_scan {
	int argc;
	char **argv;
	int at;
};

static const struct {
	const char *name;
	enum flag_kind kind;
	const char *flag; /* what a FLAG_VALUE stands for */
} special_flags[] = {
	{ "help", FLAG_HELP, NULL },
	{ "version", FLAG_VERSION, NULL },
	{ "config", FLAG_CONFIG, NULL },
	{ "listen", FLAG_VALUE, "web.listen-address" },
};
#define SPECIAL_COUNT (sizeof(special_flags) / sizeof(special_flags[0]))

static bool is_same(const char *name, size_t length, const char *flag)
{
	return strlen(flag) == length && memcmp(name, flag, length) == 0;
}

static const struct option_row *find_row(const char *name, size_t length)
{
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if (is_same(name, length, option_rows[i].flag))
			return &option_rows[i];
	}
	return NULL;
}

/* Finds the flag of this name (without dashes). */
static bool find_flag(const char *name, size_t length, struct flag *ret_flag)
{
	for (size_t i = 0; i < SPECIAL_COUNT; i++) {
		if (!is_same(name, length, special_flags[i].name))
			continue;
		ret_flag->kind = special_flags[i].kind;
		if (ret_flag->kind == FLAG_VALUE)
			ret_flag->row = find_row(special_flags[i].flag, strlen(special_flags[i].flag));
		return true;
	}
	ret_flag->kind = FLAG_VALUE;
	ret_flag->row = find_row(name, length);
	if (!ret_flag->row && length > 3 && memcmp(name, "no-", 3) == 0) {
		ret_flag->row = find_row(name + 3, length - 3);
		ret_flag->negated = true;
		return ret_flag->row && ret_flag->row->type == OPTION_BOOL;
	}
	return ret_flag->row != NULL;
}

static int fail_unknown_flag(const char *argument, const struct message *message)
{
	struct option_suggestion suggestion = {};
	char brief[OPTION_BRIEF_SIZE], hint[OPTION_HINT_SIZE], negation[OPTION_KEY_SIZE],
		wrong[OPTION_KEY_SIZE];
	const char *name = argument + strspn(argument, "-");

	snprintf(wrong, sizeof(wrong), "%.*s", (int)strcspn(name, "="), name);
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const char *flag = option_rows[i].flag;

		option_suggest(&suggestion, wrong, flag);
		if (option_rows[i].type != OPTION_BOOL)
			continue;
		snprintf(negation, sizeof(negation), "no-%s", flag);
		option_suggest(&suggestion, wrong, negation);
	}
	for (size_t i = 0; i < SPECIAL_COUNT; i++)
		option_suggest(&suggestion, wrong, special_flags[i].name);
	option_brief(argument, brief);
	return message_fail(message, -EINVAL, "unknown flag '%.*s'%s", (int)strcspn(brief, "="), brief,
			    option_hint(&suggestion, "--", hint));
}

/* Takes the next flag and its value from the arguments. 1, 0 at the end, or negative errno. */
static int next_flag(struct flag_scan *scan, struct flag *ret_flag, const struct message *message)
{
	const char *argument, *name;
	char brief[OPTION_BRIEF_SIZE];
	size_t length;

	*ret_flag = (struct flag){};
	if (scan->at < scan->argc && strcmp(scan->argv[scan->at], "--") == 0) {
		scan->at++;
		if (scan->at < scan->argc)
			return message_fail(message, -EINVAL, "unexpected argument '%s'",
					    option_brief(scan->argv[scan->at], brief));
	}
	if (scan->at >= scan->argc)
		return 0;
	argument = scan->argv[scan->at++];
	if (argument[0] != '-' || argument[1] == '\0')
		return message_fail(message, -EINVAL, "unexpected argument '%s'",
				    option_brief(argument, brief));
	if (strcmp(argument, "-h") == 0)
		argument = "--help";
	name = argument + 2;
	length = argument[1] == '-' ? strcspn(name, "=") : 0;
	if (length == 0 || !find_flag(name, length, ret_flag))
		return fail_unknown_flag(argument, message);
	if (name[length] == '=')
		ret_flag->value = name + length + 1;

	if (ret_flag->negated || ret_flag->kind == FLAG_HELP || ret_flag->kind == FLAG_VERSION) {
		if (ret_flag->value)
			return message_fail(message, -EINVAL, "flag '--%.*s' takes no value", (int)length,
					    name);
		ret_flag->value = "false"; /* of --no-x */
	} else if (!ret_flag->value && ret_flag->row && ret_flag->row->type == OPTION_BOOL) {
		ret_flag->value = "true";
	} else if (!ret_flag->value) {
		/* No value begins with two dashes, so that is a forgotten one. */
		if (scan->at >= scan->argc || strncmp(scan->argv[scan->at], "--", 2) == 0)
			return message_fail(message, -EINVAL, "flag '%s' needs a value (%s)", argument,
					    ret_flag->row ? ret_flag->row->metavar : "FILE");
		ret_flag->value = scan->argv[scan->at++];
	}
	return 1;
}

/* The first walk: names, action and configuration file. */
static int scan_flags(int argc, char **argv, enum options_action *ret_action, const char **ret_config,
		      const struct message *message)
{
	struct flag_scan scan = { .argc = argc, .argv = argv, .at = 1 };
	struct flag flag;
	int found;

	*ret_action = OPTIONS_RUN;
	while ((found = next_flag(&scan, &flag, message)) > 0) {
		if (flag.kind == FLAG_HELP || flag.kind == FLAG_VERSION) {
			*ret_action = flag.kind == FLAG_HELP ? OPTIONS_HELP : OPTIONS_VERSION;
			return 0;
		}
		if (flag.kind == FLAG_CONFIG)
			*ret_config = flag.value;
	}
	return found;
}

static int apply_flags(struct options *options, int argc, char **argv, const struct message *message)
{
	struct flag_scan scan = { .argc = argc, .argv = argv, .at = 1 };
	bool seen[OPTION_COUNT] = {};
	char where[OPTION_KEY_SIZE + 2];
	struct flag flag;
	int found;

	while ((found = next_flag(&scan, &flag, message)) > 0) {
		bool *repeated;
		int error;

		if (flag.kind != FLAG_VALUE)
			continue;
		repeated = &seen[flag.row - option_rows];
		snprintf(where, sizeof(where), "--%s", flag.row->flag);
		error = option_set(options, flag.row, flag.value, *repeated, where, message);
		if (error)
			return error;
		*repeated = true;
	}
	return found;
}

/* An empty variable counts as not set. The elements of a list are separated by commas. */
static int apply_environment(struct options *options, const struct message *message)
{
	char variable[OPTION_KEY_SIZE];

	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option_row *row = &option_rows[i];
		const char *value = getenv(option_variable(row->flag, variable));
		_cleanup_(cleanup_free) char *copy = NULL;
		char *rest, *item;
		int error = 0;

		if (!value || *value == '\0')
			continue;
		if (row->type != OPTION_STRING_LIST) {
			error = option_set(options, row, value, false, variable, message);
			if (error)
				return error;
			continue;
		}
		copy = strdup(value);
		if (!copy)
			return message_fail(message, -ENOMEM, "out of memory");
		for (rest = copy; !error && (item = strsep(&rest, ",")) != NULL;)
			error = option_set(options, row, item, item != copy, variable, message);
		if (error)
			return error;
	}
	return 0;
}

static int apply_file(struct options *options, const char *path, const struct message *message)
{
	_cleanup_(cleanup_free) char *text = NULL;
	size_t size;
	int error;

	options->config_file = strdup(path);
	if (!options->config_file)
		return message_fail(message, -ENOMEM, "out of memory");
	error = file_read_all(path, CONFIG_SIZE_MAX, &text, &size);
	if (error)
		return message_fail(message, error, "cannot read '%s': %s", path, strerror(-error));
	return option_apply_yaml(options, path, text, size, message);
}

int options_parse(struct options *options, int argc, char **argv, enum options_action *ret_action,
		  char *ret_message, size_t message_size)
{
	const struct message message = { .text = ret_message, .size = message_size };
	const char *config = getenv(CONFIG_VARIABLE);
	int error;

	*options = (struct options){};
	error = scan_flags(argc, argv, ret_action, &config, &message);
	if (error || *ret_action != OPTIONS_RUN)
		return error;
	error = option_set_defaults(options, &message);
	if (!error && config && *config)
		error = apply_file(options, config, &message);
	if (!error)
		error = apply_environment(options, &message);
	if (!error)
		error = apply_flags(options, argc, argv, &message);
	if (error)
		options_done(options);
	return error;
}

int options_load(struct options *fresh, int argc, char **argv, char *ret_message, size_t message_size)
{
	const struct message message = { .text = ret_message, .size = message_size };
	enum options_action action;
	int error = options_parse(fresh, argc, argv, &action, ret_message, message_size);

	if (!error && action != OPTIONS_RUN)
		return message_fail(&message, -EINVAL, "--help and --version have no settings");
	return error;
}

int options_load_yaml(struct options *options, const char *name, const char *text, size_t size,
		      char *ret_message, size_t message_size)
{
	const struct message message = { .text = ret_message, .size = message_size };
	int error;

	*options = (struct options){};
	error = option_set_defaults(options, &message);
	if (!error)
		error = option_apply_yaml(options, name, text, size, &message);
	if (error)
		options_done(options);
	return error;
}

void options_done(struct options *options)
{
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		void *member = (char *)options + option_rows[i].offset;

		if (option_rows[i].type == OPTION_STRING) {
			free(*(char **)member);
		} else if (option_rows[i].type == OPTION_STRING_LIST) {
			struct string_list *list = member;

			for (size_t j = 0; j < list->count; j++)
				free(list->items[j]);
			free(list->items);
		}
	}
	free(options->config_file);
	*options = (struct options){};
}

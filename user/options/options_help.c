/* SPDX-License-Identifier: Apache-2.0 */
/* The documents made from options.def: --help, docs/CONFIGURATION.md, the man page's sections. */
#include <string.h>

#include "options/options.h"
#include "options/option.h"

#define HELP_COLUMN 34
#define HELP_WIDTH 100
#define ABOUT_SIZE 512
#define NAME_SIZE (2 * OPTION_KEY_SIZE)

struct extra {
	const char *flag;
	const char *help;
};

static const struct extra extras[] = {
	{ "-h, --help", "Show the settings and exit" },
	{ "    --version", "Show the version and exit" },
	{ "    --config=FILE", "Read settings from a YAML file (KTALLY_CONFIG)" },
};
#define EXTRA_COUNT (sizeof(extras) / sizeof(extras[0]))

static const char *const precedence[] = {
	"The defaults, a YAML file, environment variables and flags are read in this order; a later one wins.",
	"A list is replaced as a whole; a flag given more than once adds to its list, in a variable commas "
	"separate.",
	"The file is the one named by --config or KTALLY_CONFIG; without either none is read.",
	"Its keys are the flags' names, where a dot is a level and '_' stands for '-'.",
	"Variables are KTALLY_ and the flag in capitals, with '_' for '.' and '-'. An empty variable counts as "
	"not set.",
	"A switch is --NAME or --no-NAME as a flag, true or false elsewhere.",
	"A duration is a number with unit (ns, us, ms, s, m, h, d), like 100ms or 1h30m.",
	"An unknown key or flag and a value out of range are errors that say where they are. Unknown variables "
	"are ignored.",
};
#define PRECEDENCE_COUNT (sizeof(precedence) / sizeof(precedence[0]))

/* "web.timeout=DURATION", "[no-]bpf.enabled". */
static const char *flag_text(const struct option_row *row, char ret_text[NAME_SIZE])
{
	if (row->type == OPTION_BOOL)
		snprintf(ret_text, NAME_SIZE, "[no-]%s", row->flag);
	else
		snprintf(ret_text, NAME_SIZE, "%s=%s", row->flag, row->metavar);
	return ret_text;
}

static const char *default_text(const struct option_row *row)
{
	return *row->default_text ? row->default_text : "none";
}

/* "Sentence; note (values; default: x; KTALLY_X)". */
static const char *about_text(const struct option_row *row, char ret_text[ABOUT_SIZE])
{
	char values[ABOUT_SIZE / 2], variable[OPTION_KEY_SIZE];

	option_describe(row, values, sizeof(values));
	snprintf(ret_text, ABOUT_SIZE, "%s%s%s%s (%s; default: %s; %s)", row->help, *row->note ? ". " : "",
		 row->note, row->type == OPTION_STRING_LIST ? ". Repeatable" : "", values, default_text(row),
		 option_variable(row->flag, variable));
	return ret_text;
}

/* Prints the words of `text` from `column` on, in lines of HELP_WIDTH; the cursor is at `at`. */
static void print_wrapped(FILE *file, int at, int column, const char *text)
{
	if (at > 0 && at >= column) {
		fputc('\n', file);
		at = 0;
	}
	fprintf(file, "%*s", column - at, "");
	at = column;
	while (*text) {
		int length = (int)strcspn(text, " ");

		if (at > column && at + 1 + length > HELP_WIDTH) {
			fprintf(file, "\n%*s", column, "");
			at = column;
		} else if (at > column) {
			fputc(' ', file);
			at++;
		}
		fprintf(file, "%.*s", length, text);
		at += length;
		text += length;
		text += strspn(text, " ");
	}
	fputc('\n', file);
}

void options_print_help(FILE *file)
{
	char name[NAME_SIZE], about[ABOUT_SIZE];

	fputs("Usage: ktally run [FLAGS]\n\n", file);
	for (size_t i = 0; i < EXTRA_COUNT; i++)
		print_wrapped(file, fprintf(file, "  %s", extras[i].flag), HELP_COLUMN, extras[i].help);
	for (size_t g = 0; g < option_group_count; g++) {
		fprintf(file, "\n%s:\n", option_groups[g].title);
		for (size_t i = 0; i < OPTION_COUNT; i++) {
			const struct option_row *row = &option_rows[i];

			if (!option_in_group(row, &option_groups[g]))
				continue;
			print_wrapped(file, fprintf(file, "      --%s", flag_text(row, name)), HELP_COLUMN,
				      about_text(row, about));
		}
	}
	fputs("\n--listen is short for --web.listen-address.\n", file);
	for (size_t i = 0; i < PRECEDENCE_COUNT; i++)
		print_wrapped(file, 0, 0, precedence[i]);
}

/* Prints the levels of `key` that are not those of `previous`, all but the last as sections, and the value. */
static void print_yaml_key(FILE *file, const char *previous, const char *key, const struct option_row *row)
{
	bool same = true;
	int indent = 0;

	for (;;) {
		size_t length = strcspn(key, ".");

		same = same && strncmp(previous, key, length + 1) == 0;
		if (key[length] == '\0')
			break;
		if (!same)
			fprintf(file, "%*s%.*s:\n", indent, "", (int)length, key);
		previous += same ? length + 1 : 0;
		key += length + 1;
		indent += 2;
	}
	if (row->type == OPTION_STRING_LIST)
		fprintf(file, *row->default_text ? "%*s%s: [\"%s\"]\n" : "%*s%s: []%s\n", indent, "", key,
			row->default_text);
	else if (row->type == OPTION_STRING)
		fprintf(file, "%*s%s: \"%s\"\n", indent, "", key, row->default_text);
	else
		fprintf(file, "%*s%s: %s\n", indent, "", key, row->default_text);
}

/* The defaults as a file that may be used as it is. */
static void print_yaml(FILE *file)
{
	char key[OPTION_KEY_SIZE], previous[OPTION_KEY_SIZE] = "";

	for (size_t i = 0; i < OPTION_COUNT; i++) {
		print_yaml_key(file, previous, option_key(option_rows[i].flag, key), &option_rows[i]);
		memcpy(previous, key, sizeof(previous));
	}
}

static void print_markdown_row(FILE *file, const struct option_row *row)
{
	char name[NAME_SIZE], variable[OPTION_KEY_SIZE], key[OPTION_KEY_SIZE], values[256];

	option_describe(row, values, sizeof(values));
	fprintf(file, "| `--%s` | `%s` | `%s` | `%s` | %s%s | %s.%s%s%s |\n", flag_text(row, name),
		option_variable(row->flag, variable), option_key(row->flag, key), default_text(row),
		row->type == OPTION_STRING_LIST ? "list of " : "", values, row->help, *row->note ? " " : "",
		row->note, *row->note ? "." : "");
}

void options_print_markdown(FILE *file)
{
	fputs("<!-- SPDX-License-Identifier: Apache-2.0 -->\n"
	      "<!-- Generated from user/options/options.def; do not edit. -->\n"
	      "# Configuration\n\n",
	      file);
	for (size_t i = 0; i < PRECEDENCE_COUNT; i++)
		fprintf(file, "- %s\n", precedence[i]);
	fputs("\nAn error ends the start with one line, for example:\n\n"
	      "```\n"
	      "ktally: /etc/ktally.yaml:3: unknown key 'web.lissen_address' (did you mean 'web.listen_address'?)\n"
	      "ktally: /etc/ktally.yaml:4: 'web.max_connections': 'abc' is not a number from 1 to 100000\n"
	      "```\n\n"
	      "The file with all defaults:\n\n"
	      "```yaml\n",
	      file);
	print_yaml(file);
	fputs("```\n", file);
	for (size_t g = 0; g < option_group_count; g++) {
		fprintf(file, "\n## %s\n\n", option_groups[g].title);
		fputs("| Flag | Environment | YAML key | Default | Value | Meaning |\n", file);
		fputs("|---|---|---|---|---|---|\n", file);
		for (size_t i = 0; i < OPTION_COUNT; i++) {
			if (option_in_group(&option_rows[i], &option_groups[g]))
				print_markdown_row(file, &option_rows[i]);
		}
	}
	fputs("\n`--listen` is short for `--web.listen-address`. Not settings, but flags: `--config=FILE`,\n"
	      "`-h`, `--help`, `--version`.\n",
	      file);
}

/* Text of a man page: no escapes, no requests, dashes that can be copied. */
static void print_roff(FILE *file, const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", file);
	for (; *text; text++) {
		if (*text == '\\')
			fputs("\\e", file);
		else if (*text == '-')
			fputs("\\-", file);
		else if (*text == '\'')
			fputs("\\(aq", file);
		else
			fputc(*text, file);
	}
}

static void print_roff_item(FILE *file, const char *name, const char *text)
{
	fputs(".TP\n\\fB", file);
	print_roff(file, name);
	fputs("\\fR\n", file);
	print_roff(file, text);
	fputc('\n', file);
}

void options_print_man(FILE *file)
{
	char name[NAME_SIZE], flag[NAME_SIZE + 2], about[ABOUT_SIZE];

	fputs(".SH OPTIONS\n", file);
	for (size_t i = 0; i < EXTRA_COUNT; i++)
		print_roff_item(file, extras[i].flag + strspn(extras[i].flag, " "), extras[i].help);
	for (size_t g = 0; g < option_group_count; g++) {
		fputs(".SS ", file);
		print_roff(file, option_groups[g].title);
		fputc('\n', file);
		for (size_t i = 0; i < OPTION_COUNT; i++) {
			if (!option_in_group(&option_rows[i], &option_groups[g]))
				continue;
			snprintf(flag, sizeof(flag), "--%s", flag_text(&option_rows[i], name));
			print_roff_item(file, flag, about_text(&option_rows[i], about));
		}
	}
	fputs(".SH CONFIGURATION\n", file);
	for (size_t i = 0; i < PRECEDENCE_COUNT; i++) {
		print_roff(file, precedence[i]);
		fputc('\n', file);
	}
	fputs(".PP\nThe file with all defaults:\n.PP\n.nf\n", file);
	print_yaml(file);
	fputs(".fi\n", file);
}

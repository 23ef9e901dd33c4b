/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "base/time.h"
#include "top/settings.h"

static struct settings settings;
static char text[256];

/* Words of a command line, separated by blanks. */
static int parse(const char *line)
{
	static char copy[256];
	char *argv[16] = { "top" };
	int argc = 1;

	snprintf(copy, sizeof(copy), "%s", line);
	for (char *word = strtok(copy, " "); word && argc < 16; word = strtok(NULL, " "))
		argv[argc++] = word;
	text[0] = '\0';
	return settings_parse(&settings, argc, argv, &(struct message){ text, sizeof(text) });
}

Test(settings, values_stand_behind_an_equal_sign_or_a_blank)
{
	cr_assert_eq(parse("--connect http://x:1 --view=programs --once --interval 500ms --filter a=b"), 0);
	cr_expect_str_eq(settings.connect, "http://x:1");
	cr_expect_str_eq(settings.view, "programs");
	cr_expect(settings.once);
	cr_expect_not(settings.json);
	cr_expect_eq(settings.interval_ns, NS_PER_S / 2);
	cr_expect_str_eq(settings.filter, "a=b");
	cr_expect_null(settings.user);
}

Test(settings, nothing_is_needed)
{
	cr_expect_eq(parse(""), 0);
	cr_expect_null(settings.connect);
}

static const struct {
	const char *line, *message;
} wrong[] = {
	{ "--bogus", "'--bogus' is not an option" },
	{ "--bogus=1", "'--bogus=1' is not an option" },
	{ "-x", "'-x' is not an option" },
	{ "x", "'x' is not an option" },
	{ "--", "'--' is not an option" },
	{ "--once=yes", "--once takes no value" },
	{ "--view", "--view: its value NAME is missing" },
	{ "--interval 5", "--interval: '5' is not a duration from 100ms to 1h, as 2s or 500ms" },
	{ "--interval 1ms", "--interval: '1ms' is not a duration from 100ms to 1h, as 2s or 500ms" },
	{ "--replay f --connect u", "--replay and --connect: either a file or a daemon" },
	{ "--pid 1x", "--pid: '1x' is not a number of a process" },
	{ "--view threads", "--view threads: whose threads? --pid NUMBER" },
	{ "--view p",
	  "--view: 'p' is no view: containers, pods, programs, processes, threads, connections, syscalls, files, "
	  "events, node, self, tree" },
};

Test(settings, what_is_wrong_is_told_in_a_line)
{
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		cr_expect_eq(parse(wrong[i].line), -EINVAL, "%s", wrong[i].line);
		cr_expect_str_eq(text, wrong[i].message);
	}
}

Test(settings, a_view_may_be_shortened_while_it_is_clear)
{
	cr_expect_eq(parse("--view prog"), 0);
	cr_expect_eq(parse("--view pods"), 0);
}

Test(settings, help_is_all_there_is)
{
	cr_expect_eq(parse("--help --bogus"), 0);
	cr_expect(settings.help);
}

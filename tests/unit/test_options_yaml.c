/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/time.h"
#include "options/options.h"

static struct options options;
static char message[OPTIONS_MESSAGE_SIZE];

static void teardown(void)
{
	options_done(&options);
}

TestSuite(options_yaml, .fini = teardown, .timeout = 30);

static int load(const char *text, size_t size)
{
	options_done(&options);
	message[0] = '\0';
	return options_load_yaml(&options, "k.yaml", text, size, message, sizeof(message));
}

struct yaml_error {
	const char *text;
	const char *message;
};

static void assert_yaml_errors(const struct yaml_error *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		cr_assert_eq(load(cases[i].text, strlen(cases[i].text)), -EINVAL, "accepted: %s",
			     cases[i].text);
		cr_assert_str_eq(message, cases[i].message);
		cr_assert_null(options.path_procfs, "options are empty after an error");
	}
}
#define ASSERT_YAML_ERRORS(cases) assert_yaml_errors(cases, sizeof(cases) / sizeof((cases)[0]))

Test(options_yaml, yaml_of_wrong_structure_names_line_and_key)
{
	static const struct yaml_error cases[] = {
		{ "x", "k.yaml:1: the settings are not a mapping of keys" },
		{ "- web", "k.yaml:1: the settings are not a mapping of keys" },
		{ "web: 5", "k.yaml:1: 'web' is not a mapping of keys" },
		{ "web: []", "k.yaml:1: 'web' is not a mapping of keys" },
		{ "web: \"\"", "k.yaml:1: 'web' is not a mapping of keys" },
		{ "? [a]\n: 1", "k.yaml:1: a key is not plain text" },
		{ "? {a: b}\n: 1", "k.yaml:1: a key is not plain text" },
		{ "\nlog:\n  level: [info]", "k.yaml:3: 'log.level' is not a single value" },
		{ "log: {level: {a: b}}", "k.yaml:1: 'log.level' is not a single value" },
		{ "log:\n  level:\n", "k.yaml:2: 'log.level' has no value" },
		{ "log: {level: ~}", "k.yaml:1: 'log.level' has no value" },
		{ "log: {level: NULL}", "k.yaml:1: 'log.level' has no value" },
		{ "web:\n  listen_address: []", "k.yaml:2: 'web.listen_address' is an empty list" },
		{ "web:\n  listen_address:\n  - :1\n  - [':2']",
		  "k.yaml:4: 'web.listen_address' is not a single value" },
		{ "web: {listen_address: [~]}", "k.yaml:1: 'web.listen_address' has no value" },
		{ "log: {level: info}\n---\nlog: {level: info}", "k.yaml:2: more than one document" },
		{ "log: !!map {level: info}", "k.yaml:1: tags are not supported" },
		{ "log: {level: !!str info}", "k.yaml:1: tags are not supported" },
	};

	ASSERT_YAML_ERRORS(cases);
}

Test(options_yaml, unknown_and_repeated_keys_name_line_and_suggestion)
{
	static const struct yaml_error cases[] = {
		{ "log:\n  level: info\nweb: {lissen_address: x}",
		  "k.yaml:3: unknown key 'web.lissen_address' (did you mean 'web.listen_address'?)" },
		{ "web: {listen-address: x}",
		  "k.yaml:1: unknown key 'web.listen-address' (did you mean 'web.listen_address'?)" },
		{ "web.timeout: 1s",
		  "k.yaml:1: unknown key 'web.timeout' (a dot is a level: 'web:' and below it 'timeout:')" },
		{ "max_connections: 1",
		  "k.yaml:1: unknown key 'max_connections' (did you mean 'web.max_connections'?)" },
		{ "lgo: {level: info}", "k.yaml:1: unknown key 'lgo' (did you mean 'log'?)" },
		{ "something: {level: info}", "k.yaml:1: unknown key 'something'" },
		{ "web: {zzzzzzzzzzzzzzzz: 1}", "k.yaml:1: unknown key 'web.zzzzzzzzzzzzzzzz'" },
		{ "'': 1", "k.yaml:1: unknown key ''" },
		{ "'.': 1", "k.yaml:1: unknown key '.'" },
		{ "<<: {}", "k.yaml:1: unknown key '<<'" },
		{ "WEB: {}", "k.yaml:1: unknown key 'WEB'" },
		{ "\"pro\\0file\": full", "k.yaml:1: unknown key 'pro'" },
		{ "\"a\\nb\": full", "k.yaml:1: unknown key 'a?b'" },
		{ "log: {level: info,\n level: info}", "k.yaml:2: key 'log.level' is given twice" },
		{ "log: {level: info}\nlog: {format: json}", "k.yaml:2: key 'log' is given twice" },
		{ "log:\nlog:", "k.yaml:2: key 'log' is given twice" },
	};

	ASSERT_YAML_ERRORS(cases);
}

Test(options_yaml, wrong_values_name_line_key_and_what_is_wanted)
{
	static const struct yaml_error cases[] = {
		{ "#\nweb:\n  timeout: 1s\n  max_connections: abc",
		  "k.yaml:4: 'web.max_connections': 'abc' is not a number from 1 to 100000" },
		{ "web: {max_connections: 0}",
		  "k.yaml:1: 'web.max_connections': '0' is not a number from 1 to 100000" },
		{ "web: {max_connections: -1}",
		  "k.yaml:1: 'web.max_connections': '-1' is not a number from 1 to 100000" },
		{ "web: {max_connections: 1e3}",
		  "k.yaml:1: 'web.max_connections': '1e3' is not a number from 1 to 100000" },
		{ "web: {max_connections: '1 2'}",
		  "k.yaml:1: 'web.max_connections': '1 2' is not a number from 1 to 100000" },
		{ "web: {max_connections: ''}",
		  "k.yaml:1: 'web.max_connections': '' is not a number from 1 to 100000" },
		{ "web: {max_connections: 18446744073709551617}",
		  "k.yaml:1: 'web.max_connections': '18446744073709551617' is not a number from 1 to 100000" },
		{ "bpf: {slots: 63}", "k.yaml:1: 'bpf.slots': '63' is not 0 or a number from 64 to 4194304" },
		{ "bpf: {enabled: maybe}", "k.yaml:1: 'bpf.enabled': 'maybe' is not true or false" },
		{ "profile: fulll", "k.yaml:1: 'profile': 'fulll' is not one of light, default, full" },
		{ "profile: light,default",
		  "k.yaml:1: 'profile': 'light,default' is not one of light, default, full" },
		{ "interval: {tick: 99ms}",
		  "k.yaml:1: 'interval.tick': '99ms' is not a duration from 100ms to 10s" },
		{ "path: {procfs: proc}", "k.yaml:1: 'path.procfs': 'proc' is not an absolute path" },
		{ "web:\n  listen_address:\n  - ':1'\n  - x",
		  "k.yaml:4: 'web.listen_address': 'x' is not HOST:PORT, :PORT or [IPV6]:PORT" },
		{ "path: {procfs: \"/a\\0b\"}", "k.yaml:1: 'path.procfs' contains a NUL character" },
	};

	ASSERT_YAML_ERRORS(cases);
}

Test(options_yaml, text_that_is_no_yaml_names_the_line)
{
	static const char *const texts[] = { "a: b: c",
					     "web: [",
					     "web: {",
					     "\tweb: 1",
					     "web: 'x",
					     "@",
					     "%YAML 9.9\n---",
					     "}",
					     "\n\n\x01",
					     "\n\n\xFF\xFE",
					     ("\xFF\xFE"
					      "a"),
					     "web:\n  a\n b: 1" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		cr_assert_eq(load(texts[i], strlen(texts[i])), -EINVAL, "case %zu", i);
		cr_assert(strncmp(message, "k.yaml:", 7) == 0 && !strchr(message, '\n'), "case %zu: %s", i,
			  message);
	}
	cr_assert_eq(load("log:\n  level: info\n\x01", 20), -EINVAL);
	cr_assert_str_eq(message, "k.yaml:3: not valid YAML: control characters are not allowed");
	cr_assert_eq(load("log: \0", 6), -EINVAL);
	cr_assert_str_eq(message, "k.yaml:1: not valid YAML: control characters are not allowed");
}

Test(options_yaml, deep_nesting_ends_at_the_first_wrong_level)
{
	static const char *const openings[] = { "[", "{", "- ", "web: {", "? ", "[{" };
	size_t size = 512 * 1024;
	char *text = malloc(size);

	for (size_t i = 0; i < sizeof(openings) / sizeof(openings[0]); i++) {
		for (size_t at = 0; at < size; at++)
			text[at] = openings[i][at % strlen(openings[i])];
		cr_assert_eq(load(text, size), -EINVAL, "%s", openings[i]);
	}
	free(text);
}

Test(options_yaml, aliases_are_never_expanded)
{
	static const struct yaml_error cases[] = {
		{ "a: &a [x, x]\nb: &b [*a, *a]", "k.yaml:1: unknown key 'a'" },
		{ "web: &w {timeout: &t 1s}\nlog: *w", "k.yaml:2: aliases are not supported" },
		{ "web: {timeout: *t}", "k.yaml:1: aliases are not supported" },
		{ "*t : 1", "k.yaml:1: aliases are not supported" },
	};

	ASSERT_YAML_ERRORS(cases);
	cr_assert_eq(load("log: &unused {level: warn}", 26), 0);
}

Test(options_yaml, long_lines_give_short_messages)
{
	size_t size = 1024 * 1024;
	char *text = malloc(size + 1);

	memset(text, 'x', size + 1);
	memcpy(text, "profile: ", 9);
	cr_assert_eq(load(text, size), -EINVAL);
	cr_assert(strncmp(message, "k.yaml:1: 'profile': 'xxxx", 26) == 0);
	cr_assert_lt(strlen(message), 160);
	cr_assert_eq(load(text, size + 1), -EFBIG);

	memset(text, 'x', size);
	memcpy(text + size - 4, ": 1\n", 4);
	cr_assert_eq(load(text, size), -EINVAL);
	cr_assert_lt(strlen(message), 160);
	memset(text, ' ', size);
	memcpy(text, "profile: full", 13);
	cr_assert_eq(load(text, size), 0);
	cr_assert_eq(options.profile, PROFILE_FULL);
	free(text);
}

Test(options_yaml, message_buffer_of_any_size_is_respected)
{
	char small[16];

	memset(small, '!', sizeof(small));
	cr_assert_eq(options_load_yaml(&options, "k", "x: 1", 4, small, 8), -EINVAL);
	cr_assert_str_eq(small, "k:1: un");
	cr_assert_eq(small[8], '!');
	cr_assert_eq(options_load_yaml(&options, "k", "x: 1", 4, NULL, 0), -EINVAL);
}

Test(options_yaml, nothing_at_all_is_valid)
{
	static const char *const texts[] = { "",           "\n",      "# comment",    "---",
					     "---\n...\n", "~",       "null",         "{}",
					     "web:",       "web: {}", "\xEF\xBB\xBF", "\xEF\xBB\xBFlog:\n" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		cr_assert_eq(load(texts[i], strlen(texts[i])), 0, "case %zu: %s", i, message);
		cr_assert_eq(options.web_max_connections, 512);
	}
}

Test(options_yaml, every_type_is_read_from_yaml)
{
	static const char text[] =
		"profile: full\nweb:\n  listen_address: ['[::1]:1', \":2\"]\n  timeout: 1m30s\n"
		"log: {level: error, format: json}\npath: {procfs: /host/proc//}\n"
		"bpf: {enabled: off, slots: 64}\nlimits: {label_length: '1024'}\n";

	cr_assert_eq(load(text, strlen(text)), 0, "%s", message);
	cr_assert_eq(options.profile, PROFILE_FULL);
	cr_assert_eq(options.web_listen_address.count, 2);
	cr_assert_str_eq(options.web_listen_address.items[0], "[::1]:1");
	cr_assert_str_eq(options.web_listen_address.items[1], ":2");
	cr_assert_eq(options.web_timeout_ns, 90 * NS_PER_S);
	cr_assert_eq(options.log_level, LOG_LEVEL_ERROR);
	cr_assert_eq(options.log_format, LOG_FORMAT_JSON);
	cr_assert_str_eq(options.path_procfs, "/host/proc");
	cr_assert_not(options.bpf_enabled);
	cr_assert_eq(options.bpf_slots, 64);
	cr_assert_eq(options.limits_label_length, 1024);
	cr_assert_eq(load("web: {listen_address: ':9'}", 27), 0);
	cr_assert_eq(options.web_listen_address.count, 1);
	cr_assert_str_eq(options.web_listen_address.items[0], ":9");
}

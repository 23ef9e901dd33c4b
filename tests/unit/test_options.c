/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/time.h"
#include "options/options.h"
#include "options/option.h"

static struct options options;
static enum options_action action;
static char message[OPTIONS_MESSAGE_SIZE], directory[64], path[128];

static void setup(void)
{
	strcpy(directory, "/tmp/ktally-test-options-XXXXXX");
	cr_assert_not_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/k.yaml", directory);
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		char variable[OPTION_KEY_SIZE];

		unsetenv(option_variable(option_rows[i].flag, variable));
	}
	unsetenv("KTALLY_CONFIG");
}

static void teardown(void)
{
	options_done(&options);
	unlink(path);
	rmdir(directory);
}

TestSuite(options, .init = setup, .fini = teardown, .timeout = 30);

/* The flags are given without "ktally run"; a NULL ends them. */
#define parse(...) parse_flags((char *[]){ (char *)"run", __VA_ARGS__ __VA_OPT__(, ) NULL })
static int parse_flags(char **argv)
{
	int argc = 0;

	while (argv[argc])
		argc++;
	options_done(&options);
	message[0] = '\0';
	return options_parse(&options, argc, argv, &action, message, sizeof(message));
}

static int load(const char *text, size_t size)
{
	options_done(&options);
	message[0] = '\0';
	return options_load_yaml(&options, "k.yaml", text, size, message, sizeof(message));
}

static void write_file(const char *text)
{
	FILE *file = fopen(path, "w");

	cr_assert_not_null(file);
	cr_assert_geq(fputs(text, file), 0);
	cr_assert_eq(fclose(file), 0);
}

Test(options, defaults_are_exact)
{
	cr_assert_eq(parse(), 0, "%s", message);
	cr_assert_eq(action, OPTIONS_RUN);
	cr_assert_null(options.config_file);
	cr_assert_eq(options.profile, PROFILE_DEFAULT);
	cr_assert_eq(options.web_listen_address.count, 1);
	cr_assert_str_eq(options.web_listen_address.items[0], "127.0.0.1:10077");
	cr_assert_eq(options.web_max_connections, 512);
	cr_assert_eq(options.web_max_connections_per_address, 0);
	cr_assert_eq(options.web_timeout_ns, 10 * NS_PER_S);
	cr_assert_eq(options.log_level, LOG_LEVEL_INFO);
	cr_assert_eq(options.log_format, LOG_FORMAT_LOGFMT);
	cr_assert_str_eq(options.path_procfs, "/proc");
	cr_assert_str_eq(options.path_sysfs, "/sys");
	cr_assert_str_eq(options.path_cgroupfs, "/sys/fs/cgroup");
	cr_assert(options.bpf_enabled);
	cr_assert_eq(options.bpf_slots, 0);
	cr_assert_eq(options.bpf_max_slots, 262144);
	cr_assert_eq(options.bpf_max_cgroups, 4096);
	cr_assert_eq(options.limits_containers, 2000);
	cr_assert_eq(options.limits_programs_per_container, 20);
	cr_assert_eq(options.limits_processes, 65536);
	cr_assert_eq(options.limits_label_length, 256);
	cr_assert_eq(options.containers_grace_time_ns, 300 * NS_PER_S);
	cr_assert_eq(options.interval_tick_ns, NS_PER_S);
	cr_assert_eq(options.interval_files_ns, 10 * NS_PER_S);
}

Test(options, wrong_flags_are_one_line_with_a_suggestion)
{
	static const struct {
		const char *argument;
		const char *message;
	} cases[] = {
		{ "--web.lissen-address=x",
		  "unknown flag '--web.lissen-address' (did you mean '--web.listen-address'?)" },
		{ "--max-connections=1",
		  "unknown flag '--max-connections' (did you mean '--web.max-connections'?)" },
		{ "-log.level=info", "unknown flag '-log.level' (did you mean '--log.level'?)" },
		{ "--no-bpf.enable", "unknown flag '--no-bpf.enable' (did you mean '--no-bpf.enabled'?)" },
		{ "--no-web.timeout", "unknown flag '--no-web.timeout' (did you mean '--web.timeout'?)" },
		{ "--verison", "unknown flag '--verison' (did you mean '--version'?)" },
		{ "--zzzzzz", "unknown flag '--zzzzzz'" },
		{ "-x", "unknown flag '-x'" },
		{ "--=1", "unknown flag '--'" },
		{ "-", "unexpected argument '-'" },
		{ "", "unexpected argument ''" },
		{ "top", "unexpected argument 'top'" },
		{ "a\nb", "unexpected argument 'a?b'" },
		{ "--log.level", "flag '--log.level' needs a value (LEVEL)" },
		{ "--config", "flag '--config' needs a value (FILE)" },
		{ "--help=1", "flag '--help' takes no value" },
		{ "--no-bpf.enabled=1", "flag '--no-bpf.enabled' takes no value" },
		{ "--log.level=", "--log.level: '' is not one of debug, info, warn, error" },
		{ "--bpf.enabled=2", "--bpf.enabled: '2' is not true or false" },
		{ "--listen=x", "--web.listen-address: 'x' is not HOST:PORT, :PORT or [IPV6]:PORT" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cr_assert_eq(parse((char *)cases[i].argument), -EINVAL, "accepted: %s", cases[i].argument);
		cr_assert_str_eq(message, cases[i].message);
		cr_assert_null(options.path_procfs);
	}
	cr_assert_eq(parse("--log.level", "--log.format=json"), -EINVAL);
	cr_assert_str_eq(message, "flag '--log.level' needs a value (LEVEL)");
	cr_assert_eq(parse("--", "x"), -EINVAL);
	cr_assert_str_eq(message, "unexpected argument 'x'");
}

Test(options, flags_in_both_spellings_and_repeated)
{
	cr_assert_eq(parse("--web.listen-address=:1", "--listen", "[::]:2", "--listen=localhost:0",
			   "--no-bpf.enabled", "--log.level=debug", "--log.level", "warn", "--interval.tick",
			   "100ms", "--"),
		     0, "%s", message);
	cr_assert_eq(options.web_listen_address.count, 3);
	cr_assert_str_eq(options.web_listen_address.items[0], ":1");
	cr_assert_str_eq(options.web_listen_address.items[1], "[::]:2");
	cr_assert_str_eq(options.web_listen_address.items[2], "localhost:0");
	cr_assert_not(options.bpf_enabled);
	cr_assert_eq(options.log_level, LOG_LEVEL_WARN);
	cr_assert_eq(options.interval_tick_ns, 100 * NS_PER_MS);
	cr_assert_eq(parse("--no-bpf.enabled", "--bpf.enabled"), 0);
	cr_assert(options.bpf_enabled);
	cr_assert_eq(parse("--bpf.enabled=false"), 0);
	cr_assert_not(options.bpf_enabled);
}

Test(options, help_and_version_need_no_valid_settings)
{
	setenv("KTALLY_LOG_LEVEL", "nonsense", 1);
	cr_assert_eq(parse("--config=/nonexistent", "-h"), 0);
	cr_assert_eq(action, OPTIONS_HELP);
	cr_assert_eq(parse("--help", "--nonsense"), 0);
	cr_assert_eq(action, OPTIONS_HELP);
	cr_assert_eq(parse("--version"), 0);
	cr_assert_eq(action, OPTIONS_VERSION);
	cr_assert_null(options.path_procfs);
}

Test(options, file_is_overridden_by_environment_and_that_by_flags)
{
	char flag[160];

	write_file("web: {listen_address: [':1', ':2'], max_connections: 1, timeout: 1s}\n"
		   "limits: {containers: 11, processes: 111}\n");
	setenv("KTALLY_CONFIG", path, 1);
	setenv("KTALLY_WEB_LISTEN_ADDRESS", ":3,:4,:5", 1);
	setenv("KTALLY_WEB_MAX_CONNECTIONS", "2", 1);
	setenv("KTALLY_LIMITS_CONTAINERS", "12", 1);
	setenv("KTALLY_LIMITS_PROCESSES", "", 1);
	cr_assert_eq(parse("--limits.containers=13"), 0, "%s", message);
	cr_assert_str_eq(options.config_file, path);
	cr_assert_eq(options.web_listen_address.count, 3);
	cr_assert_str_eq(options.web_listen_address.items[2], ":5");
	cr_assert_eq(options.web_max_connections, 2);
	cr_assert_eq(options.web_timeout_ns, NS_PER_S);
	cr_assert_eq(options.limits_containers, 13);
	cr_assert_eq(options.limits_processes, 111, "an empty variable is not set");
	cr_assert_eq(parse("--listen=:6"), 0);
	cr_assert_eq(options.web_listen_address.count, 1);
	cr_assert_str_eq(options.web_listen_address.items[0], ":6");

	setenv("KTALLY_CONFIG", "/nonexistent", 1);
	snprintf(flag, sizeof(flag), "--config=%s", path);
	cr_assert_eq(parse(flag), 0, "%s", message);
	cr_assert_eq(options.web_timeout_ns, NS_PER_S);
}

Test(options, wrong_variable_is_named)
{
	setenv("KTALLY_WEB_TIMEOUT", "10", 1);
	cr_assert_eq(parse("--web.timeout=10s"), -EINVAL, "also when a flag overrides it");
	cr_assert_str_eq(message, "KTALLY_WEB_TIMEOUT: '10' is not a duration from 1s to 1h");
	unsetenv("KTALLY_WEB_TIMEOUT");
	setenv("KTALLY_WEB_LISTEN_ADDRESS", ":1,", 1);
	cr_assert_eq(parse(), -EINVAL);
	cr_assert_str_eq(message, "KTALLY_WEB_LISTEN_ADDRESS: '' is not HOST:PORT, :PORT or [IPV6]:PORT");
	unsetenv("KTALLY_WEB_LISTEN_ADDRESS");
	setenv("KTALLY_PORT", "tcp://10.0.0.1:10077", 1);
	cr_assert_eq(parse(), 0, "Kubernetes sets such variables for a service named ktally");
}

Test(options, file_that_cannot_be_read_is_named)
{
	char expected[256];

	cr_assert_eq(parse("--config", "/nonexistent/x"), -ENOENT);
	cr_assert_str_eq(message, "cannot read '/nonexistent/x': No such file or directory");
	cr_assert_eq(parse("--config", directory), -EISDIR);
	snprintf(expected, sizeof(expected), "cannot read '%s': Is a directory", directory);
	cr_assert_str_eq(message, expected);
	cr_assert_eq(parse("--config", "/dev/zero"), -EFBIG);
	cr_assert_str_eq(message, "cannot read '/dev/zero': File too large");
	write_file("x: 1");
	cr_assert_eq(parse("--config", path), -EINVAL);
	snprintf(expected, sizeof(expected), "%s:1: unknown key 'x'", path);
	cr_assert_str_eq(message, expected);
}

Test(options, file_without_permission_is_named)
{
	char expected[256];

	write_file("");
	cr_assert_eq(chmod(path, 0), 0);
	if (geteuid() == 0 && seteuid(65534)) /* root reads everything */
		cr_skip_test("cannot drop root");
	cr_assert_eq(parse("--config", path), -EACCES);
	snprintf(expected, sizeof(expected), "cannot read '%s': Permission denied", path);
	cr_assert_str_eq(message, expected);
	if (getuid() == 0)
		cr_assert_eq(seteuid(0), 0);
}

Test(options, empty_file_is_valid_and_can_be_loaded_again)
{
	struct options fresh;
	char *argv[] = { (char *)"run", (char *)"--config", path, (char *)"--log.level=warn", NULL };

	write_file("");
	cr_assert_eq(parse_flags(argv), 0, "%s", message);
	cr_assert_eq(options.profile, PROFILE_DEFAULT);
	write_file("profile: light\nlog: {level: debug}\n");
	cr_assert_eq(options_load(&fresh, 4, argv, message, sizeof(message)), 0, "%s", message);
	cr_assert_eq(fresh.profile, PROFILE_LIGHT);
	cr_assert_eq(fresh.log_level, LOG_LEVEL_WARN);
	options_done(&fresh);
	options_done(&fresh);
	write_file("profile: x\n");
	cr_assert_eq(options_load(&fresh, 4, argv, message, sizeof(message)), -EINVAL);
	options_done(&fresh);
	argv[1] = (char *)"--help";
	cr_assert_eq(options_load(&fresh, 2, argv, message, sizeof(message)), -EINVAL);
	cr_assert_eq(options.profile, PROFILE_DEFAULT);
}

Test(options, durations)
{
	static const struct {
		const char *text;
		uint64_t ns; /* 0: refused */
	} cases[] = { { "", 0 },
		      { "s", 0 },
		      { "1", 0 },
		      { "1 s", 0 },
		      { "-1s", 0 },
		      { "1.5s", 0 },
		      { "1x", 0 },
		      { "1S", 0 },
		      { "1s1", 0 },
		      { "999ms", 0 },
		      { "3601s", 0 },
		      { "1h1ns", 0 },
		      { "99999999999999999999s", 0 },
		      { "18446744073710s", 0 },
		      { "213503d24h", 0 },
		      { "000000000000000000001s", 0 },
		      { "1s", NS_PER_S },
		      { "1000ms", NS_PER_S },
		      { "1000000us", NS_PER_S },
		      { "1000000001ns", NS_PER_S + 1 },
		      { "60m", 3600 * NS_PER_S },
		      { "1h", 3600 * NS_PER_S },
		      { "1m20s", 80 * NS_PER_S } };
	char flag[64];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(flag, sizeof(flag), "--web.timeout=%s", cases[i].text);
		cr_assert_eq(parse(flag), cases[i].ns ? 0 : -EINVAL, "%s", flag);
		cr_assert_eq(options.web_timeout_ns, cases[i].ns, "%s", flag);
	}
	cr_assert_eq(parse("--containers.grace-time=0"), 0);
	cr_assert_eq(options.containers_grace_time_ns, 0);
	cr_assert_eq(parse("--containers.grace-time=1d"), 0);
	cr_assert_eq(options.containers_grace_time_ns, 86400 * NS_PER_S);
}

Test(options, listen_addresses)
{
	static const char *const wrong[] = { "",          ":",
					     "1",         "x",
					     "x:",        ":65536",
					     ":-1",       ": 1",
					     ":1 ",       "::1:80",
					     "[::1]",     "[::1:80",
					     "::1]:80",   "[]:80",
					     "[x]:80",    "[127.0.0.1]:80",
					     "1.2.3:80",  "1.2.3.256:80",
					     "a b:80",    "a,b:80",
					     "-a:80",     "a/b:80",
					     "[::1]x:80", "http://a:80" };
	static const char *const right[] = {
		":0",          ":65535",           "127.0.0.1:10077", "0.0.0.0:1",        "[::]:1",
		"[::1]:10077", "[2001:db8::a]:80", "localhost:80",    "node-1.example:80"
	};
	char flag[128];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(flag, sizeof(flag), "--listen=%s", wrong[i]);
		cr_assert_eq(parse(flag), -EINVAL, "accepted: %s", flag);
	}
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
		snprintf(flag, sizeof(flag), "--listen=%s", right[i]);
		cr_assert_eq(parse(flag), 0, "%s", message);
		cr_assert_str_eq(options.web_listen_address.items[0], right[i]);
	}
}

Test(options, numbers_at_the_ends_of_their_range)
{
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option_row *row = &option_rows[i];
		char flag[128];

		if (row->type != OPTION_U32)
			continue;
		for (int step = -1; step <= 1; step++) {
			long long low = (long long)row->min + step, high = (long long)row->max + step;

			snprintf(flag, sizeof(flag), "--%s=%lld", row->flag, low);
			cr_assert_eq(parse(flag), step < 0 ? -EINVAL : 0, "%s", flag);
			if (step >= 0)
				cr_assert_eq(*(uint32_t *)((char *)&options + row->offset), (uint32_t)low);
			snprintf(flag, sizeof(flag), "--%s=%lld", row->flag, high);
			cr_assert_eq(parse(flag), step > 0 ? -EINVAL : 0, "%s", flag);
		}
	}
}

Test(options, choices_match_their_enums)
{
	cr_assert_eq(parse("--log.level=debug", "--log.format=logfmt", "--profile=light"), 0);
	cr_assert(options.log_level == LOG_LEVEL_DEBUG && options.log_format == LOG_FORMAT_LOGFMT);
	cr_assert_eq(options.profile, PROFILE_LIGHT);
	cr_assert_eq(parse("--log.level=warn", "--log.format=json", "--profile=full"), 0);
	cr_assert(options.log_level == LOG_LEVEL_WARN && options.log_format == LOG_FORMAT_JSON);
	cr_assert_eq(options.profile, PROFILE_FULL);
}

Test(options, rows_follow_the_naming_rules)
{
	char name[OPTION_KEY_SIZE], variable[OPTION_KEY_SIZE], key[OPTION_KEY_SIZE];

	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option_row *row = &option_rows[i];
		size_t groups = 0;

		cr_assert_lt(strlen(row->flag) + sizeof("KTALLY_no-"), OPTION_KEY_SIZE);
		cr_assert_eq(strspn(row->flag, "abcdefghijklmnopqrstuvwxyz.-"), strlen(row->flag), "%s",
			     row->flag);
		cr_assert(*row->help && row->help[strlen(row->help) - 1] != '.', "%s", row->flag);
		cr_assert(row->type == OPTION_BOOL || *row->metavar, "%s", row->flag);
		cr_assert_null(strchr(row->help, '|'));
		for (size_t g = 0; g < option_group_count; g++)
			groups += option_in_group(row, &option_groups[g]);
		cr_assert_eq(groups, 1, "%s is printed once", row->flag);
		option_variable(row->flag, variable);
		for (size_t j = 0; j < i; j++) {
			cr_assert_str_neq(option_variable(option_rows[j].flag, name), variable);
			cr_assert_str_neq(option_key(option_rows[j].flag, name), option_key(row->flag, key));
		}
	}
}

Test(options, help_names_every_flag_and_variable)
{
	char variable[OPTION_KEY_SIZE], *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	options_print_help(file);
	fclose(file);
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		cr_assert_not_null(strstr(text, option_rows[i].flag));
		cr_assert_not_null(strstr(text, option_variable(option_rows[i].flag, variable)));
	}
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		cr_assert_leq(strlen(line), 100, "%s", line);
	free(text);
}

Test(options, example_file_of_the_documentation_is_the_defaults)
{
	struct options defaults = {};
	char *text = NULL, *yaml, *end;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	options_print_markdown(file);
	fclose(file);
	yaml = strstr(text, "```yaml\n") + 8;
	end = strstr(yaml, "```\n");
	cr_assert_eq(load(yaml, (size_t)(end - yaml)), 0, "%s", message);
	cr_assert_eq(options_load_yaml(&defaults, "", "", 0, message, sizeof(message)), 0);
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		char key[OPTION_KEY_SIZE], last[OPTION_KEY_SIZE + 1];
		void *a = (char *)&options + option_rows[i].offset,
		     *b = (char *)&defaults + option_rows[i].offset;

		if (option_rows[i].type == OPTION_U32)
			cr_assert_eq(*(uint32_t *)a, *(uint32_t *)b);
		else if (option_rows[i].type == OPTION_STRING)
			cr_assert_str_eq(*(char **)a, *(char **)b);
		option_key(option_rows[i].flag, key);
		snprintf(last, sizeof(last), "%s:", strrchr(key, '.') ? strrchr(key, '.') + 1 : key);
		cr_assert_not_null(memmem(yaml, (size_t)(end - yaml), last, strlen(last)));
	}
	options_done(&defaults);
	free(text);
}

Test(options, man_page_has_no_accidental_requests)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	options_print_man(file);
	fclose(file);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		cr_assert_neq(line[0], '\'');
		if (line[0] == '.')
			cr_assert(!strncmp(line, ".SH ", 4) || !strncmp(line, ".SS ", 4) ||
					  !strcmp(line, ".TP") || !strcmp(line, ".PP") ||
					  !strcmp(line, ".nf") || !strcmp(line, ".fi"),
				  "%s", line);
	}
	free(text);
}

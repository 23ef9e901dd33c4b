/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "top/scope.h"

static void expect_path(enum view_id view, json_t *scope, const struct scope_part *part, const char *expected)
{
	struct buffer path = {};

	scope_path(&path, view, scope, part);
	buffer_add(&path, "", 1);
	cr_expect_str_eq(path.data, expected);
	buffer_done(&path);
	json_decref(scope);
}

Test(scope, a_path_names_what_narrows_it)
{
	static const char *const fields[] = { "pid", "cpu_cores", NULL };

	expect_path(VIEW_CONTAINERS, NULL, NULL, "/api/v1/containers?limit=1000");
	expect_path(VIEW_PROGRAMS,
		    json_pack("{s:s, s:s, s:s}", "namespace", "", "pod", "", "container", "a&b=c d"), NULL,
		    "/api/v1/programs?namespace=&pod=&container=a%26b%3Dc%20d&limit=1000");
	expect_path(VIEW_PROCESSES, NULL,
		    &(struct scope_part){ .sort = "-cpu_cores", .filter = "\xc3\xa9?", .fields = fields },
		    "/api/v1/processes?limit=1000&sort=-cpu_cores&filter=%C3%A9%3F&fields=pid,cpu_cores");
	expect_path(VIEW_PROCESSES, NULL, &(struct scope_part){ .filter = "!x" },
		    "/api/v1/processes?limit=1000");
	expect_path(VIEW_THREADS, json_pack("{s:s, s:i}", "program", "x", "pid", 23), NULL,
		    "/api/v1/threads?pid=23");
	expect_path(VIEW_SYSCALLS, json_pack("{s:s}", "container", "web"), NULL,
		    "/api/v1/syscalls?container=web");
	expect_path(VIEW_NODE, NULL, NULL, "/api/v1/node");
}

static void expect_narrow(enum view_id view, const char *expected)
{
	json_t *scope = json_pack("{s:s, s:s, s:s, s:s, s:i}", "namespace", "n", "pod", "p", "container", "c",
				  "program", "x", "pid", 7);
	json_t *narrow = scope_narrow(view, scope);
	char *text = json_dumps(narrow, JSON_COMPACT | JSON_ENCODE_ANY);

	cr_expect_str_eq(text ?: "", expected);
	free(text);
	json_decref(narrow);
	json_decref(scope);
}

Test(scope, a_view_is_narrowed_by_as_much_as_it_knows)
{
	expect_narrow(VIEW_CONTAINERS, "{\"namespace\":\"n\",\"pod\":\"p\"}");
	expect_narrow(VIEW_PROGRAMS, "{\"namespace\":\"n\",\"pod\":\"p\",\"container\":\"c\"}");
	expect_narrow(VIEW_PROCESSES,
		      "{\"namespace\":\"n\",\"pod\":\"p\",\"container\":\"c\",\"program\":\"x\"}");
	expect_narrow(VIEW_NODE, "");
}

Test(scope, an_item_matches_by_the_names_that_it_tells)
{
	json_t *scope = json_pack("{s:s, s:i}", "container", "c", "pid", 7);
	json_t *same = json_pack("{s:s, s:i}", "container", "c", "pid", 7);
	json_t *other = json_pack("{s:s, s:i}", "container", "c", "pid", 11);
	json_t *silent = json_pack("{s:i}", "tid", 9);

	cr_expect(scope_matches(same, scope));
	cr_expect_not(scope_matches(other, scope));
	cr_expect(scope_matches(silent, scope));
	cr_expect(scope_matches(other, NULL));
	json_decref(scope);
	json_decref(same);
	json_decref(other);
	json_decref(silent);
}

Test(scope, titles_say_whose_it_is)
{
	static const struct {
		const char *scope, *text;
	} titles[] = {
		{ "{\"namespace\":\"n\",\"pod\":\"p\"}", " of pod n/p" },
		{ "{\"namespace\":\"\",\"pod\":\"\",\"container\":\"redis\"}", " of container redis" },
		{ "{\"namespace\":\"n\",\"pod\":\"p\",\"container\":\"c\"}", " of container c (n/p)" },
		{ "{\"namespace\":\"\",\"pod\":\"\",\"container\":\"\"}", " of the host itself" },
		{ "{\"container\":\"c\",\"program\":\"x\"}", " of program x in c" },
		{ "{\"program\":\"x\",\"pid\":7}", " of process 7 (x)" },
	};

	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++) {
		json_t *scope = json_loads(titles[i].scope, 0, NULL);
		struct buffer text = {};

		scope_describe(&text, scope);
		buffer_add(&text, "", 1);
		cr_expect_str_eq(text.data, titles[i].text);
		buffer_done(&text);
		json_decref(scope);
	}
}

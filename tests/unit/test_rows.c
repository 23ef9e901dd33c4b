/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "top/rows.h"

static const char containers[] =
	"[{'namespace':'shop','pod':'web-1','container':'nginx','kind':'container','cpu_cores':0.5},"
	" {'namespace':'shop','pod':'web-1','container':'Redis','kind':'container','cpu_cores':1.5},"
	" {'namespace':'','pod':'','container':'','kind':'host','cpu_cores':0.5},"
	" {'namespace':'','pod':'','container':'unknown','kind':'unit','cpu_cores':null},"
	" {'namespace':'shop','pod':'db-0','container':'postgres','kind':'container','cpu_cores':0}]";

static json_t *parse(const char *text)
{
	json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);
	char *copy = json ? NULL : strdup(text);

	for (char *quote = copy; quote && *quote; quote++)
		if (*quote == '\'')
			*quote = '"';
	if (copy)
		json = json_loads(copy, JSON_DECODE_ANY, NULL);
	free(copy);
	cr_assert(json);
	return json;
}

/* The values of a field, in order, with spaces. */
static void expect_order(const struct rows *rows, const char *field, const char *expected)
{
	struct buffer text = {};

	for (size_t i = 0; i < rows->count; i++) {
		if (i)
			buffer_add(&text, " ", 1);
		for (unsigned int depth = 0; depth < rows->row[i].depth; depth++)
			buffer_add(&text, ">", 1);
		buffer_add_string(&text,
				  field ? json_string_value(json_object_get(rows->row[i].item, field)) :
					  rows_name(&rows->row[i]));
	}
	buffer_add(&text, "", 1);
	cr_expect_str_eq(text.data, expected);
	buffer_done(&text);
}

static struct rows_choice choose(const char *sort, bool descending, const char *filter)
{
	return (struct rows_choice){
		.view = VIEW_CONTAINERS,
		.sort = view_column_by_name(VIEW_CONTAINERS, sort, strlen(sort)),
		.descending = descending,
		.filter = filter,
	};
}

static void expect_rows(struct rows_choice choice, const char *expected)
{
	json_t *list = parse(containers);
	struct rows rows = {};

	cr_assert_eq(rows_build(&rows, &choice, list), 0);
	expect_order(&rows, "container", expected);
	rows_done(&rows);
	json_decref(list);
}

Test(rows, numbers_sort_in_both_orders_and_what_is_unknown_is_last_in_both)
{
	expect_rows(choose("cpu_cores", true, ""), "Redis  nginx postgres unknown");
	expect_rows(choose("cpu_cores", false, ""), "postgres  nginx Redis unknown");
}

Test(rows, texts_sort_without_regard_to_case_and_by_what_is_shown)
{
	expect_rows(choose("container", false, ""), " nginx postgres Redis unknown"); /* "(host)" */
	expect_rows(choose("container", true, ""), "unknown Redis postgres nginx ");
}

Test(rows, the_filter_is_part_of_any_name_or_of_none)
{
	expect_rows(choose("cpu_cores", true, "RED"), "Redis");
	expect_rows(choose("cpu_cores", true, "shop"), "Redis nginx postgres");
	expect_rows(choose("cpu_cores", true, "web-1"), "Redis nginx");
	expect_rows(choose("cpu_cores", true, "!shop"), " unknown");
	expect_rows(choose("cpu_cores", true, "!"), "Redis  nginx postgres unknown");
	expect_rows(choose("cpu_cores", true, "nobody"), "");
}

Test(rows, a_scope_holds_what_has_all_its_names)
{
	struct rows_choice choice = choose("cpu_cores", true, "");
	json_t *pod = parse("{'namespace':'shop','pod':'web-1'}"), *host = parse("{'namespace':'','pod':''}");

	choice.scope = pod;
	expect_rows(choice, "Redis nginx");
	choice.scope = host;
	expect_rows(choice, " unknown");
	json_decref(pod);
	json_decref(host);
}

Test(rows, a_key_finds_the_same_thing_in_another_order)
{
	struct rows_choice by_cpu = choose("cpu_cores", true, ""), by_name = choose("container", true, "");
	json_t *list = parse(containers), *again = parse(containers);
	struct rows first = {}, second = {};

	cr_assert_eq(rows_build(&first, &by_cpu, list), 0);
	cr_assert_eq(rows_build(&second, &by_name, again), 0);
	for (size_t i = 0; i < first.count; i++) {
		size_t at = rows_find(&second, first.row[i].key);

		cr_assert_lt(at, second.count);
		cr_expect(json_equal(first.row[i].item, second.row[at].item));
	}
	cr_expect_eq(rows_find(&second, 23), second.count);
	rows_done(&first);
	rows_done(&second);
	json_decref(list);
	json_decref(again);
}

static const char pods[] = "[{'namespace':'shop','pod':'web-1','cpu_cores':2},"
			   " {'namespace':'shop','pod':'db-0','cpu_cores':3}]";
static const char programs[] =
	"[{'namespace':'shop','pod':'web-1','container':'nginx','program':'worker','cpu_cores':0.5},"
	" {'namespace':'shop','pod':'web-1','container':'nginx','program':'master','cpu_cores':0},"
	" {'namespace':'','pod':'','container':'','program':'sshd','cpu_cores':0.1},"
	" {'namespace':'gone','pod':'x','container':'y','program':'orphan','cpu_cores':9}]";

static void expect_tree(struct rows_choice choice, const char *expected)
{
	json_t *lists[] = { parse(pods), parse(containers), parse(programs) };
	struct rows rows = {};

	choice.view = VIEW_TREE;
	cr_assert_eq(rows_build_tree(&rows, &choice, lists[0], lists[1], lists[2]), 0);
	expect_order(&rows, NULL, expected);
	rows_done(&rows);
	for (size_t i = 0; i < 3; i++)
		json_decref(lists[i]);
}

Test(rows, the_tree_sorts_among_siblings)
{
	expect_tree(choose("cpu_cores", true, ""),
		    "orphan db-0 >postgres web-1 >Redis >nginx >>worker >>master "
		    "(host) >sshd unknown");
}

Test(rows, the_filter_keeps_what_leads_to_a_match_and_what_is_below_it)
{
	expect_tree(choose("cpu_cores", true, "worker"), "web-1 >nginx >>worker");
	expect_tree(choose("cpu_cores", true, "nginx"), "web-1 >nginx >>worker >>master");
	expect_tree(choose("cpu_cores", true, "db-0"), "db-0 >postgres");
}

Test(rows, a_folded_row_hides_what_is_below_it)
{
	struct rows_choice choice = choose("cpu_cores", true, "shop");
	json_t *lists[] = { parse(pods), parse(containers), parse(programs) };
	struct rows rows = {};
	uint64_t folded;

	choice.view = VIEW_TREE;
	cr_assert_eq(rows_build_tree(&rows, &choice, lists[0], lists[1], lists[2]), 0);
	cr_assert_str_eq(rows_name(&rows.row[4]), "nginx");
	folded = rows.row[4].key;
	choice.folded = &folded;
	choice.folded_count = 1;
	cr_assert_eq(rows_build_tree(&rows, &choice, lists[0], lists[1], lists[2]), 0);
	expect_order(&rows, NULL, "db-0 >postgres web-1 >Redis >nginx");
	cr_expect(rows.row[4].is_folded);
	rows_done(&rows);
	for (size_t i = 0; i < 3; i++)
		json_decref(lists[i]);
}

/* "\x1f" is what parts the names of a key. */
Test(rows, names_made_to_be_a_chain_are_no_deep_tree)
{
	struct rows_choice choice = choose("cpu_cores", true, "");
	json_t *list = json_array();
	struct rows rows = {};

	for (int i = 0; i < 100003; i++)
		json_array_append_new(list, json_pack("{s:s}", "container", "\x1f"));
	choice.view = VIEW_TREE;
	cr_assert_eq(rows_build_tree(&rows, &choice, NULL, list, NULL), 0);
	cr_expect_eq(rows.count, 100003);
	cr_expect_eq(rows.row[rows.count - 1].depth, 0);
	rows_done(&rows);
	json_decref(list);
}

Test(rows, what_is_no_object_is_left_out)
{
	struct rows_choice choice = choose("cpu_cores", true, "");
	json_t *list = parse("[1, null, 'x', [], {'container':5,'cpu_cores':'much'}, {}]");
	struct rows rows = {};

	cr_assert_eq(rows_build(&rows, &choice, list), 0);
	cr_expect_eq(rows.count, 2);
	rows_done(&rows);
	json_decref(list);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "model/self.h"

static struct self self;

static void setup(void)
{
	self = (struct self){};
}

static void teardown(void)
{
	self_done(&self);
}

TestSuite(self, .init = setup, .fini = teardown, .timeout = 20);

Test(self, every_row_is_complete_and_named_once)
{
	for (int i = 0; i < SELF_METRICS; i++) {
		const struct self_metric *metric = &self_metrics[i];

		cr_assert(metric->name && *metric->name, "row %d has no name", i);
		cr_assert(metric->help && metric->help[strlen(metric->help) - 1] == '.', "row %d", i);
		cr_assert(metric->labels && strcspn(metric->labels, ",") < 64, "row %d", i);
		cr_assert_neq(metric->kind, METRIC_HISTOGRAM);
		for (int j = 0; j < i; j++)
			cr_assert_str_neq(metric->name, self_metrics[j].name);
	}
}

Test(self, values_are_kept_in_order)
{
	self_set(&self, SELF_SCRAPES, NULL, NULL, 7);
	self_set(&self, SELF_PROBE_UP, "process", "", 1);
	self_set(&self, SELF_PROBE_UP, "sched", "no BTF", 0);
	cr_assert_eq(self.count, 3);
	cr_assert_eq(self.values[0].id, SELF_SCRAPES);
	cr_assert_str_eq(self.values[0].label[0], "");
	cr_assert_str_eq(self.values[2].label[0], "sched");
	cr_assert_str_eq(self.values[2].label[1], "no BTF");
	cr_assert_eq(self.values[1].value, 1);
	cr_assert_eq(self.lost, 0);
}

Test(self, same_labels_replace_the_value)
{
	self_set(&self, SELF_PROBE_UP, "a", "b", 1);
	self_set(&self, SELF_PROBE_UP, "a", "c", 2);
	self_set(&self, SELF_PROBE_MISSES, "a", "b", 3);
	self_set(&self, SELF_PROBE_UP, "a", "b", UINT64_MAX);
	cr_assert_eq(self.count, 3);
	cr_assert_eq(self.values[0].value, UINT64_MAX);
	cr_assert_eq(self.values[1].value, 2);
	cr_assert_eq(self.values[2].value, 3);
}

Test(self, clear_keeps_the_memory_and_no_value)
{
	char name[16];

	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "map%d", i);
		self_set(&self, SELF_MAP_ENTRIES, name, NULL, (uint64_t)i);
	}
	cr_assert_eq(self.count, 1000);
	cr_assert_eq(self.values[999].value, 999);
	self_clear(&self);
	cr_assert_eq(self.count, 0);
	cr_assert_geq(self.capacity, 1000);
	self_set(&self, SELF_MAP_ENTRIES, "map5", NULL, 1);
	cr_assert_eq(self.count, 1);
}

Test(self, long_labels_are_cut_between_characters)
{
	char text[300];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	self_set(&self, SELF_PROBE_UP, text, NULL, 1);
	cr_assert_eq(strlen(self.values[0].label[0]), 127);
	memcpy(text + 125, "\xe2\x82\xac", 3); /* ends at byte 128, one too many */
	self_set(&self, SELF_PROBE_UP, text, NULL, 1);
	cr_assert_eq(strlen(self.values[1].label[0]), 125);
	memcpy(text + 124, "\xe2\x82\xacx", 4); /* just fits */
	self_set(&self, SELF_PROBE_UP, text, NULL, 1);
	cr_assert_eq(strlen(self.values[2].label[0]), 127);
	text[127] = '\0';
	self_set(&self, SELF_PROBE_UP, text, NULL, 2);
	cr_assert_eq(self.count, 3);
	cr_assert_eq(self.values[2].value, 2);
}

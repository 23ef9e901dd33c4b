/* SPDX-License-Identifier: Apache-2.0 */
/* Own labels that are summed away. */
#include <fnmatch.h>
#include <string.h>

#include "export/exposition.h"

/* Seconds of stalls for several resources, some and full, are no sum of anything. */
static bool can_sum(const struct metric *metric, const char *label)
{
	return *label && strcmp(metric->label, label) == 0 && metric->source != SOURCE_FILE &&
	       metric->source != SOURCE_DISK && metric->source != SOURCE_PEER;
}

static bool matches_rule(const char *rule, const struct metric *metric, const char *name)
{
	const char *colon = strrchr(rule, ':');
	char family[FAMILY_NAME_SIZE];

	if (!colon || (size_t)(colon - rule) >= sizeof(family) || !can_sum(metric, colon + 1))
		return false;
	memcpy(family, rule, (size_t)(colon - rule));
	family[colon - rule] = '\0';
	return fnmatch(family, name, 0) == 0;
}

bool exposition_sums(const struct sheet_choice *choice, const struct metric *metric, const char *name)
{
	for (size_t i = 0; i < choice->drop_count; i++) {
		if (matches_rule(choice->drop[i], metric, name))
			return true;
	}
	return false;
}

bool exposition_can_drop(const char *rule)
{
	static const enum metric_level levels[] = { LEVEL_CONTAINER, LEVEL_PROGRAM, LEVEL_NODE };
	char name[FAMILY_NAME_SIZE];

	for (unsigned int id = 0; id < METRICS; id++) {
		for (unsigned int i = 0; i < 3; i++) {
			if ((metrics[id].levels & levels[i]) &&
			    metric_family_name(&metrics[id], levels[i], name, sizeof(name)) >= 0 &&
			    matches_rule(rule, &metrics[id], name))
				return true;
		}
	}
	return false;
}

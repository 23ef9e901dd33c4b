/* SPDX-License-Identifier: Apache-2.0 */
/* What one row of each table costs in series at most, by metrics.def and the choice alone. */
#include "export/exposition.h"
#include "model/value.h"

/* Of a family as it would be written; 0: it is not. */
static uint32_t cost_of(const struct sheet_choice *choice, const struct metric *metric,
			enum metric_level level)
{
	uint32_t width = metric->width;
	char name[FAMILY_NAME_SIZE];

	if (metric_family_name(metric, level, name, sizeof(name)) < 0 || !sheet_choice_has(choice, name))
		return 0;
	if (metric->source == SOURCE_DISK)
		width = metric == &metrics[M_DEVICE_QUEUE] ? 1 : DIMENSION_WIDTH(operation);
	if (exposition_sums(choice, metric, name))
		width = 1;
	if (metric->kind == METRIC_HISTOGRAM)
		return width * (uint32_t)sheet_histogram_series(value_first_octave(metric));
	return width;
}

struct series_costs exposition_costs(const struct sheet_choice *choice, uint32_t missing)
{
	struct series_costs costs = {
		.instance = sheet_choice_has(choice, "ktally_container_info"),
		.container = sheet_choice_has(choice, "ktally_container_labels_info"),
		.pod = sheet_choice_has(choice, "ktally_pod_info"),
	};

	for (const struct metric *metric = metrics; metric < metrics + METRICS; metric++) {
		if (missing >> metric->needs & 1 || metric->source == SOURCE_PEER)
			continue;
		if (metric->source == SOURCE_DISK)
			costs.device += cost_of(choice, metric, LEVEL_NODE);
		if (metric->levels & LEVEL_CONTAINER)
			costs.container += cost_of(choice, metric, LEVEL_CONTAINER);
		if (metric->levels & LEVEL_PROGRAM)
			costs.program += cost_of(choice, metric, LEVEL_PROGRAM);
		if (metric->source == SOURCE_NETNS)
			costs.pod += cost_of(choice, metric, LEVEL_POD);
		else if (metric->levels & LEVEL_POD)
			costs.interface += cost_of(choice, metric, LEVEL_POD);
	}
	return costs;
}

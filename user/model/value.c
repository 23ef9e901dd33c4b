/* SPDX-License-Identifier: Apache-2.0 */
#include "model/value.h"

const struct histogram *value_histogram(const struct container *container, unsigned int metric_id,
					unsigned int index)
{
	if (metric_id == M_RUNQUEUE_LATENCY)
		return &container->runqueue;
	if (metric_id == M_DISK_LATENCY)
		return container->disk && container->disk[index].count ? &container->disk[index] : NULL;
	if (metric_id >= M_TCP_CONNECT_LATENCY && metric_id < M_TCP_CONNECT_LATENCY + TCP_HISTOGRAMS)
		return container->tcp ? &container->tcp[metric_id - M_TCP_CONNECT_LATENCY] : NULL;
	return container->latency ? &container->latency[index] : NULL;
}

unsigned int value_first_octave(const struct metric *metric)
{
	switch (metric - metrics) {
	case M_RUNQUEUE_LATENCY:
		return RUNQUEUE_MIN_EXPONENT - HISTOGRAM_MIN_EXPONENT;
	case M_DISK_LATENCY:
	case M_DEVICE_LATENCY:
		return DISK_MIN_EXPONENT - HISTOGRAM_MIN_EXPONENT;
	}
	return 0;
}

unsigned int value_decimals(enum metric_unit unit)
{
	switch (unit) {
	case UNIT_SECONDS:
		return 9;
	case UNIT_CORES:
		return 3;
	case UNIT_NONE:
	case UNIT_BYTES:
		break;
	}
	return 0;
}

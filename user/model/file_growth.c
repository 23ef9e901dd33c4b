/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/time.h"
#include "model/file_growth.h"

#define APART_NS (500 * NS_PER_MS)
#define USAGE_COUNTERS (V_CPU_SYSTEM + 1)

_Static_assert(V_CPU == 0 && V_CPU_SYSTEM == 2, "CPU time is the first three values");

/* FILE_COUNTERS for one that is not kept. */
static unsigned int place_of(unsigned int index)
{
	if (index < USAGE_COUNTERS)
		return index;
	if (index < V_CPU_PERIODS || index > V_PRESSURE_LAST)
		return FILE_COUNTERS;
	return index - V_CPU_PERIODS + USAGE_COUNTERS;
}

void file_growth_begin(struct file_growth *growth, uint64_t now_ns)
{
	if (growth->read_ns && now_ns - growth->read_ns < APART_NS) {
		if (growth->interval_ns)
			growth->interval_ns += now_ns - growth->read_ns;
	} else {
		growth->interval_ns = growth->read_ns ? now_ns - growth->read_ns : 0;
		memset(growth->growth, 0, sizeof(growth->growth));
	}
	growth->read_ns = now_ns;
}

void file_growth_add(struct file_growth *growth, unsigned int index, uint64_t delta)
{
	unsigned int place = place_of(index);

	if (place < FILE_COUNTERS)
		growth->growth[place] += delta;
}

uint64_t file_growth_of(const struct file_growth *growth, unsigned int index)
{
	unsigned int place = place_of(index);

	return growth && growth->interval_ns && place < FILE_COUNTERS ? growth->growth[place] : 0;
}

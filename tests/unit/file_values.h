/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A container that takes values of files without the rest of the model, and what is said of them. */
#include <criterion/criterion.h>

#include "model/model.h"

static struct container container;

/* What user/model does with a value of source FILE, alone. */
void model_set_file(struct container *to, unsigned int index, uint64_t value)
{
	cr_assert_lt(index, CONTAINER_VALUES);
	to->value[index] = value;
	if (index >= PROGRAM_VALUES)
		to->has_file[index - PROGRAM_VALUES] = true;
}

void model_clear_file(struct container *from, unsigned int index)
{
	cr_assert(index >= PROGRAM_VALUES && index < CONTAINER_VALUES, "%u", index);
	from->value[index] = 0;
	from->has_file[index - PROGRAM_VALUES] = false;
}

static bool has(unsigned int index)
{
	return container.has_file[index - PROGRAM_VALUES];
}

#define assert_value(index, expected)                                                       \
	do {                                                                                \
		cr_expect((index) < PROGRAM_VALUES || has(index), "%s is not set", #index); \
		cr_expect(container.value[index] == (expected), "%s is %llu", #index,       \
			  (unsigned long long)container.value[index]);                      \
	} while (0)
#define assert_absent(index) cr_expect(!has(index), "%s is set", #index)
#define PRESSURE(x) (V_PRESSURE + VALUE_INDEX(pressure, x))

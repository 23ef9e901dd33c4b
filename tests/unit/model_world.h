/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The model of a test. */
#include <criterion/criterion.h>

#include "model/model.h"

static struct model *model;

/* A new one with these bounds; the last one is freed. */
static inline void model_begin(const struct model_limits *limits)
{
	model_free(model);
	model = NULL;
	cr_assert_eq(model_new(limits, 1, &model), 0);
}

static inline void model_end(void)
{
	model_free(model);
	model = NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Resident memory of each process, into the model. All are read in each interval (a longer one from 2,500 processes up), a part in
 * each turn: by one iterator over all tasks, and from procfs what that does not tell (it may be refused, and some kernels do not list all threads of init).
 */
#include <stdint.h>

#include "base/cleanup.h"
#include "base/paths.h"
#include "model/model.h"
#include "probe/probe.h"

struct resident_settings {
	const struct probe *probe; /* NULL: procfs alone */
	const struct paths *paths;
	struct model *model;
	uint64_t turn_ns;     /* between two calls of resident_turn() */
	uint64_t interval_ns; /* from the begin of a reading to the next one's */
};

struct resident;

/* What the settings point to is used until resident_free(). 0 or -ENOMEM. */
int resident_new(const struct resident_settings *settings, struct resident **ret_resident);
void resident_free(struct resident *resident);
CLEANUP_FREE(resident)

/* A part of a reading, where one is due. */
void resident_turn(struct resident *resident, uint64_t now_ns);
/* Somebody looks at processes: for the next minute all are read every second. */
void resident_want(struct resident *resident, uint64_t now_ns);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What of the host this process can see and may do, in a container or not: surroundings.def. */
#include <stdbool.h>
#include <stdint.h>

#include "base/paths.h"
#include "read/cgroupfs.h"

enum surrounding {
#define SURROUNDING(id, source, title, lack, mend) SURROUNDING_##id,
#include "read/surroundings.def"
#undef SURROUNDING
	SURROUNDINGS
};

struct surrounding_text {
	const char *source, *title, *lack, *mend;
};

extern const struct surrounding_text surrounding_texts[SURROUNDINGS];

struct surroundings {
	bool lacks[SURROUNDINGS];
};

/*
 * Looks around once: these things do not change while a process lives. What cannot be found out is not called a lack, so that
 * without procfs only that is one.
 */
void surroundings_look(const struct paths *paths, const struct cgroupfs *cgroupfs,
		       struct surroundings *ret_surroundings);

/* The effective capabilities as bits, by CapEff of <procfs>/self/status. 0, or -ENOENT and no bits where it cannot be read. */
int surroundings_capabilities(const struct paths *paths, uint64_t *ret_set);

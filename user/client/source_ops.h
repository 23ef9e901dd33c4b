/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What a kind of source must do. Private to user/client/source*.c. */
#include "client/source.h"

struct source_ops {
	void (*free)(struct source *source);
	int (*ask)(struct source *source, const char *path, source_answer *answer, void *context);
	void (*cancel)(struct source *source, const void *context);
	/* Files only. */
	void (*span)(const struct source *source, struct source_span *ret_span);
	bool (*seek)(struct source *source, size_t index);
	size_t (*find)(const struct source *source,
		       double time); /* index of the last one not after `time`, or 0 */
	const char *(*warning)(const struct source *source);
};

/* The first member of each kind. */
struct source {
	const struct source_ops *ops;
	char *name;
};

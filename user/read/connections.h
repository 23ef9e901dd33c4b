/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* TCP connections by the other end as the kernel keeps them: what grew goes to the rows of model/connection.h. */
#include "read/table.h"
#include "read/thread.h"

struct connections;

/* Asks all sockets that are there what they moved so far, where the kernel can tell. */
typedef void connections_survey(void *context);

/* `table` outlives it. 0 or -ENOMEM. */
int connections_new(struct table *table, connections_survey *survey, void *context,
		    struct connections **ret_connections);
void connections_free(struct connections *connections);

/*
 * Adds what grew, sets the gauges anew, and gives back entries that were quiet for a minute. Every 10 s the sockets that are there
 * are asked.
 */
void connections_pass(struct connections *connections, const struct thread_owner *owner);
/* Entries in use. */
uint64_t connections_count(const struct connections *connections);

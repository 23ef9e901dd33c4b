/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* How large the tables of model.h may become. */
#include <stdint.h>

/* The most series that one row of each table can have; 0 where its families are not shown. */
struct series_costs {
	uint32_t container, instance; /* of an instance: its identity */
	uint32_t program;
	uint32_t pod, interface;
	uint32_t device; /* a disk */
};

struct model_limits {
	uint64_t series; /* of all these; 0: no limit. See model/budget.h */
	struct series_costs costs;
	uint32_t containers;
	uint32_t programs_per_container;
	uint32_t processes;
	uint32_t connections;  /* 0: no limit */
	uint32_t label_length; /* bytes */
	uint64_t grace_ns;     /* how long a dead container is kept */
};

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * What ktally knows: processes, programs, containers, the node. Plain tables; no I/O, no clock, no logging.
 * The reader adds differences, the file reader sets values, the enrichers set names, the exporters only read.
 *
 * Thread (read/) -> process -> program -> container -> node are sums; a difference goes to all at once.
 * A container is what has the same names: it keeps its counters when one instance (cgroup) ends and another begins.
 */
#include "model/tables.h"

int model_new(const struct model_limits *limits, uint64_t realtime_ns, struct model **ret_model);
void model_free(struct model *model);

/* Cgroups: known by id. `identity` NULL means: the path is not known, counts go to `unknown` until model_cgroup_name(). */
struct cgroup *model_cgroup_find(const struct model *model, uint64_t id);
int model_cgroup_add(struct model *model, uint64_t id, const char *path, const struct identity *identity,
		     uint64_t realtime_ns, struct cgroup **ret_cgroup);
/* Gives a cgroup that was added without one its path and identity: from now on it counts to that container. */
int model_cgroup_name(struct model *model, struct cgroup *cgroup, const char *path,
		      const struct identity *identity, uint64_t now_ns, uint64_t realtime_ns);
/*
 * A runtime told more about the container that the cgroup is (or is below). From now on it counts under the names told; what it
 * counted so far goes with it, and a container that has these names already goes on from there. `runtime` "" is not known.
 * Names that are all empty are not taken: they would be the host's. 0 or -ENOMEM (then nothing has changed).
 */
int model_cgroup_describe(struct model *model, struct cgroup *cgroup, const char *runtime,
			  const struct details *details, uint64_t now_ns, uint64_t realtime_ns);
/* The cgroup is gone; its container ends its grace time later when no other instance lives. */
void model_cgroup_remove(struct model *model, struct cgroup *cgroup, uint64_t now_ns);

/* Where the kernel's own numbers of this cgroup are kept; made at the first call. NULL when out of memory. */
struct instance *model_cgroup_instance(struct cgroup *cgroup);
/* What the threads of the cgroup and of all below it, in the same container, grew by; also of those that are gone. */
void model_cgroup_scheduled(const struct cgroup *cgroup, uint64_t ret_value[SCHEDULED_VALUES]);
/* A cgroup that is shown but no container: it has a path, an identity, an instance, and no container. NULL when out of memory. */
struct cgroup *model_parent_add(struct model *model, const char *path, const struct identity *identity);
void model_parent_remove(struct model *model, struct cgroup *parent);

/* The program `name` (made UTF-8 and at most 63 bytes) of a container; `other` past the limit, which
 * the programs of kernel threads do not count for. NULL when out of memory. */
struct program *model_program_get(struct model *model, struct container *container, const char *name,
				  bool is_kernel, uint64_t now_ns, uint64_t realtime_ns);
void model_program_hold(struct program *program);
void model_program_release(struct program *program, uint64_t now_ns);

/* Adds `delta` to value `index` of the program, its container and the node; of the node alone without a program. */
void model_count(struct model *model, struct program *program, unsigned int index, uint64_t delta);

/* A value of this container (or model->node) alone, which is not a sum of programs' values. */
void model_count_container(struct model *model, struct container *container, unsigned int index,
			   uint64_t delta);
/* The same as model_count() for all values of a thread that grew, and for the process; program and process may be NULL. */
struct model_growth {
	unsigned int index;
	uint64_t delta;
};
void model_count_thread(struct model *model, struct program *program, struct process *process,
			const struct model_growth *growth, unsigned int count);

/* Somebody looks at the container: until then its files are read every second. At most MODEL_VIEWED of them are. */
#define MODEL_VIEWED 128
void model_view(struct model *model, struct container *container, uint64_t until_ns);

/* Processes by (tgid, start). The process is created on first sight; NULL past the limit or out of memory (counted). */
struct process *model_process_get(struct model *model, uint32_t tgid, uint64_t start_ns,
				  struct program *program);
/* NULL when it is not known. */
struct process *model_process_find(const struct model *model, uint32_t tgid, uint64_t start_ns);
/* What it has of memory now; of one that has ended nothing is taken. */
void model_process_set_resident(struct model *model, struct process *process, uint64_t bytes);
/* Moves the process (and the gauges) to another program. */
void model_process_set_program(struct model *model, struct process *process, struct program *program,
			       uint64_t now_ns);
/* A thread of it is gone. Without any (`threads`) it is forgotten some passes later. */
void model_process_leave(struct model *model, struct process *process);
/* It was born: its start is counted by model_book_starts(), for the program that it runs by then. */
void model_process_start(struct model *model, struct process *process);
/* At the end of a pass. */
void model_book_starts(struct model *model);
/* Its last thread is gone: counted once however often it is told. `status`: VALUE_INDEX(exit_status, x). */
void model_process_exit(struct model *model, struct process *process, unsigned int status);

/* One value of source FILE of a container (or model->node). */
void model_set_file(struct container *container, unsigned int index, uint64_t value);
void model_clear_file(struct container *container, unsigned int index);

/* Ends what is past its grace time and forgets processes: once per full pass of the reader. */
void model_expire(struct model *model, uint64_t now_ns);

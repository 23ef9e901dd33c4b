/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * BPF objects: opened, configured, loaded and attached by the table probes.def. One program that the kernel refuses costs
 * that program only. Nothing is pinned: all ends with the process.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "probe/feature.h"
#include "record.h"

enum probe_profile { PROBE_LIGHT = 1, PROBE_DEFAULT = 2, PROBE_FULL = 4 };

enum probe_program {
#define PROGRAM(object, name, profiles, requires, twin) PROBE_##name,
#include "probe/probes.def"
#undef PROGRAM
	PROBE_PROGRAMS,
	PROBE_none = PROBE_PROGRAMS,
};

struct probe_settings {
	enum probe_profile profile;
	struct feature feature;
	uint32_t slots;
	uint32_t groups;
	uint32_t connections;      /* rows of TCP connections */
	bool cgroup_v1;            /* the `cpu` controller is on a v1 hierarchy */
	uint32_t cgroup_hierarchy; /* its id */
	bool io_v1;                /* the `blkio` controller is on a v1 hierarchy */
	uint64_t started_ns;       /* CLOCK_BOOTTIME: threads that began later are births */
	uint64_t histogram_bound_ns[HISTOGRAM_BOUNDS]; /* metric_histogram_bounds_ns() */
};

struct probe_status {
	const char *name;
	bool wanted; /* by profile and kernel */
	bool loaded;
	bool attached;
	char reason[256]; /* why not; "" when it is up */
	uint64_t misses;  /* runs skipped by the kernel */
	uint32_t instructions;
};

struct probe;

/*
 * Opens and loads all objects of the profile. Fails (negative errno) only when not one program could be loaded; programs
 * refused are told by probe_status(). probe_free() detaches and unloads all.
 */
int probe_new(const struct probe_settings *settings, struct probe **ret_probe);
void probe_free(struct probe *probe);
CLEANUP_FREE(probe)

/* Attaches what must be there before the hooks: the surveys, and the notices of cgroups. Returns how many failed. */
int probe_attach_early(struct probe *probe);
/* Attaches all hooks of the profile that are not yet. Returns how many failed. */
int probe_attach(struct probe *probe);
/* Attaches the hooks that count the system calls of single containers, all of them or none; detaches them. 0 or negative errno. */
int probe_attach_focus(struct probe *probe);
void probe_detach_focus(struct probe *probe);
/* Detaches one program. */
void probe_detach(struct probe *probe, enum probe_program program);

/* The lossless program that takes over from this one, or PROBE_none. */
enum probe_program probe_twin(enum probe_program program);
/* Reads the programs' miss counters; a program whose misses grew is replaced by its lossless twin, which is told by the
 * return value (PROBE_none when nothing changed). */
enum probe_program probe_tend(struct probe *probe);

const struct probe_status *probe_status(const struct probe *probe, enum probe_program program);
/* Whether it is attached all the time; else the reader runs it itself, or attaches it while it is needed. */
bool probe_is_hook(enum probe_program program);
/* Attached, or loaded when it is no hook. */
bool probe_is_up(const struct probe *probe, enum probe_program program);

/* Descriptor of a shared map by name, -ENOENT when no object has it. They stay the probe's. */
int probe_map(const struct probe *probe, const char *name);
/* max_entries and value size of a map. */
int probe_map_shape(const struct probe *probe, const char *name, uint32_t *ret_entries,
		    uint32_t *ret_value_size);
/* Calls `visit` for every shared map. */
void probe_each_map(const struct probe *probe, void (*visit)(void *context, const char *name, int fd),
		    void *context);
/* Descriptor of a loaded program, or -ENOENT. */
int probe_program_fd(const struct probe *probe, enum probe_program program);
/* Memory of all maps and programs as the kernel accounts it. */
uint64_t probe_kernel_memory(const struct probe *probe);

/* A new descriptor whose reading runs an iterator over all threads, or negative errno. The caller closes it. */
int probe_iterate(const struct probe *probe, enum probe_program iterator);
/* Runs an attached iterator once: `survey` over all threads, `survey_sockets` over all open files, `survey_connections` over all sockets; 0 or negative errno. */
int probe_survey(struct probe *probe, enum probe_program iterator);
/* Runs `give`: what the control map lists is free again. 0 or negative errno. */
int probe_give(struct probe *probe);
/* Runs `poke` on a CPU: 0 or negative errno. */
int probe_poke(struct probe *probe, uint32_t cpu);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * What happened: JOURNAL_SIZE entries. When it is full the oldest entry of the container that has the most makes room, so that one
 * that fails again and again takes the place of its own entries only. Numbers begin at 1, grow, and are never used again. An entry's
 * time is that of the reading that found it. All functions allow a journal that is NULL, and then do nothing.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

#define JOURNAL_SIZE 1024
#define JOURNAL_EXITS 20 /* of one container in a second, each as an entry of its own */

enum journal_type {
#define JOURNAL(type, first, second) JOURNAL_##type,
#include "model/journal.def"
#undef JOURNAL
	JOURNAL_TYPES
};

struct journal_type_info {
	const char *name;
	const char *number[2]; /* names of the numbers, "" for none */
};

extern const struct journal_type_info journal_types[JOURNAL_TYPES];

struct journal_entry {
	uint64_t sequence;
	uint64_t realtime_ns;
	enum journal_type type;
	const char *namespace, *pod, *container, *program; /* never NULL; all "" where it is nobody's */
	const char *text;                                  /* "" for most, see journal.def */
	uint32_t pid;                                      /* 0: none */
	double number[2];
};

struct journal;

int journal_new(struct journal **ret_journal);
void journal_free(struct journal *journal);
CLEANUP_FREE(journal)

/* The type of this name, or JOURNAL_TYPES. */
enum journal_type journal_find_type(const char *name);

/* 0 and 0 while there is none. */
uint64_t journal_oldest(const struct journal *journal);
uint64_t journal_newest(const struct journal *journal);
/* Entries that made room, or found no memory. */
uint64_t journal_lost(const struct journal *journal);
/* The first entry that is there past this number, until the next is added; NULL when there is none. */
const struct journal_entry *journal_next(const struct journal *journal, uint64_t sequence);

/* The time of what is added from now on; at least once a second. */
void journal_set_time(struct journal *journal, uint64_t now_ns, uint64_t realtime_ns);
/* CLOCK_REALTIME of the last journal_set_time(). */
uint64_t journal_time(const struct journal *journal);
/* Adds a copy; its number and, where 0, its time are set. Strings may be NULL for "". */
void journal_add(struct journal *journal, const struct journal_entry *entry);
/*
 * A process failed: `wait_status` as wait(2) has it, `key` the container's names as in struct container. Past JOURNAL_EXITS
 * in a second they are counted in one entry.
 */
void journal_add_exit(struct journal *journal, const char *key, uint32_t key_size, const char *program,
		      uint32_t pid, int32_t wait_status);
/* What the daemon did: "start", "reload", "source up: containerd". */
void journal_add_daemon(struct journal *journal, const char *text);

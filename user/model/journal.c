/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/time.h"
#include "model/journal.h"

#define STRINGS 5 /* of an entry */

const struct journal_type_info journal_types[JOURNAL_TYPES] = {
#define JOURNAL(type, first, second) [JOURNAL_##type] = { #type, { first, second } },
#include "model/journal.def"
#undef JOURNAL
};

struct kept {
	struct journal_entry entry;
	char *strings; /* owned: one after the other */
};

/* Exits of one container since `journal->counted_ns`. */
struct exits {
	UT_hash_handle hh; /* by key */
	uint32_t key_size;
	uint32_t told, untold;
	char key[]; /* namespace, pod, container, each with its NUL */
};

struct journal {
	uint64_t newest, lost;
	uint64_t now_ns, realtime_ns;
	uint64_t counted_ns;
	struct exits *exits;
	struct kept ring[JOURNAL_SIZE]; /* entry n at n % JOURNAL_SIZE */
};

int journal_new(struct journal **ret_journal)
{
	struct journal *journal = calloc(1, sizeof(*journal));

	if (!journal)
		return -ENOMEM;
	*ret_journal = journal;
	return 0;
}

static void forget_exits(struct journal *journal)
{
	struct exits *exits, *next;

	HASH_ITER(hh, journal->exits, exits, next) {
		HASH_DEL(journal->exits, exits);
		free(exits);
	}
}

void journal_free(struct journal *journal)
{
	if (!journal)
		return;
	forget_exits(journal);
	for (size_t i = 0; i < JOURNAL_SIZE; i++)
		free(journal->ring[i].strings);
	free(journal);
}

enum journal_type journal_find_type(const char *name)
{
	enum journal_type type;

	for (type = 0; type < JOURNAL_TYPES; type++)
		if (strcmp(journal_types[type].name, name) == 0)
			break;
	return type;
}

uint64_t journal_newest(const struct journal *journal)
{
	return journal ? journal->newest : 0;
}

uint64_t journal_oldest(const struct journal *journal)
{
	if (!journal || !journal->newest)
		return 0;
	return journal->newest > JOURNAL_SIZE ? journal->newest - JOURNAL_SIZE + 1 : 1;
}

uint64_t journal_lost(const struct journal *journal)
{
	if (!journal)
		return 0;
	return journal->lost + (journal->newest ? journal_oldest(journal) - 1 : 0);
}

const struct journal_entry *journal_get(const struct journal *journal, uint64_t sequence)
{
	if (!journal || !sequence || sequence < journal_oldest(journal) || sequence > journal->newest)
		return NULL;
	return &journal->ring[sequence % JOURNAL_SIZE].entry;
}

/* NULL when out of memory; the entry's strings then lie in it. */
static char *keep_strings(struct journal_entry *entry)
{
	const char **const strings[STRINGS] = { &entry->namespace, &entry->pod, &entry->container,
						&entry->program, &entry->text };
	size_t size = 0;
	char *copy, *at;

	for (int i = 0; i < STRINGS; i++) {
		*strings[i] = *strings[i] ?: "";
		size += strlen(*strings[i]) + 1;
	}
	copy = at = malloc(size);
	for (int i = 0; copy && i < STRINGS; i++) {
		size = strlen(*strings[i]) + 1;
		*strings[i] = memcpy(at, *strings[i], size);
		at += size;
	}
	return copy;
}

void journal_add(struct journal *journal, const struct journal_entry *entry)
{
	struct journal_entry copy = *entry;
	struct kept *kept;
	char *strings;

	if (!journal)
		return;
	strings = keep_strings(&copy);
	if (!strings) {
		journal->lost++;
		return;
	}
	copy.sequence = ++journal->newest;
	copy.realtime_ns = copy.realtime_ns ?: journal->realtime_ns;
	kept = &journal->ring[copy.sequence % JOURNAL_SIZE];
	free(kept->strings);
	kept->strings = strings;
	kept->entry = copy;
}

void journal_add_daemon(struct journal *journal, const char *text)
{
	const struct journal_entry entry = { .type = JOURNAL_daemon, .text = text };

	journal_add(journal, &entry);
}

/* ---- exits, bounded per container ---- */

static void tell_exits(struct journal *journal)
{
	struct exits *exits, *next;

	HASH_ITER(hh, journal->exits, exits, next) {
		const char *pod = exits->key + strlen(exits->key) + 1;
		const struct journal_entry entry = { .type = JOURNAL_process_exits,
						     .namespace = exits->key,
						     .pod = pod,
						     .container = pod + strlen(pod) + 1,
						     .number[0] = exits->untold };

		if (exits->untold)
			journal_add(journal, &entry);
	}
	forget_exits(journal);
}

static struct exits *get_exits(struct journal *journal, const char *key, uint32_t key_size)
{
	struct exits *exits;

	HASH_FIND(hh, journal->exits, key, key_size, exits);
	if (exits)
		return exits;
	exits = calloc(1, sizeof(*exits) + key_size);
	if (!exits)
		return NULL;
	memcpy(exits->key, key, key_size);
	exits->key_size = key_size;
	HASH_ADD_KEYPTR(hh, journal->exits, exits->key, exits->key_size, exits);
	if (HASH_HAS(exits))
		return exits;
	free(exits);
	return NULL;
}

void journal_add_exit(struct journal *journal, const char *key, uint32_t key_size, const char *program,
		      uint32_t pid, int32_t wait_status)
{
	struct exits *exits = journal ? get_exits(journal, key, key_size) : NULL;
	struct journal_entry entry = { .type = JOURNAL_process_exit,
				       .program = program,
				       .pid = pid,
				       .number = { wait_status >> 8 & 0xff, wait_status & 0x7f } };

	if (!exits) {
		if (journal)
			journal->lost++;
		return;
	}
	if (exits->told >= JOURNAL_EXITS) {
		exits->untold++;
		return;
	}
	exits->told++;
	entry.namespace = key;
	entry.pod = key + strlen(key) + 1;
	entry.container = entry.pod + strlen(entry.pod) + 1;
	if (entry.number[1])
		entry.number[0] = 0;
	journal_add(journal, &entry);
}

void journal_set_time(struct journal *journal, uint64_t now_ns, uint64_t realtime_ns)
{
	if (!journal)
		return;
	if (now_ns - journal->counted_ns >= NS_PER_S) {
		tell_exits(journal); /* with the time of the second that they are of */
		journal->counted_ns = now_ns;
	}
	journal->now_ns = now_ns;
	journal->realtime_ns = realtime_ns;
}

uint64_t journal_time(const struct journal *journal)
{
	return journal ? journal->realtime_ns : 0;
}

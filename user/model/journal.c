/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/time.h"
#include "model/journal.h"

#define STRINGS 5     /* of an entry */
#define KEY_STRINGS 3 /* of them: whose it is */

const struct journal_type_info journal_types[JOURNAL_TYPES] = {
#define JOURNAL(type, first, second) [JOURNAL_##type] = { #type, { first, second } },
#include "model/journal.def"
#undef JOURNAL
};

/* A container, as long as entries of it are kept or its exits are counted. */
struct owner {
	UT_hash_handle hh; /* by key */
	uint32_t key_size;
	uint32_t entries;      /* that are kept */
	uint32_t told, untold; /* exits since `journal->counted_ns` */
	char key[];            /* namespace, pod, container, each with its NUL */
};

struct kept {
	struct journal_entry entry;
	struct owner *owner;
	char strings[]; /* of the entry: those of the key first */
};

struct journal {
	uint64_t newest, lost;
	uint64_t now_ns, realtime_ns;
	uint64_t counted_ns;
	struct owner *owners;
	size_t count;
	struct kept *kept[JOURNAL_SIZE]; /* by their numbers */
};

int journal_new(struct journal **ret_journal)
{
	struct journal *journal = calloc(1, sizeof(*journal));

	if (!journal)
		return -ENOMEM;
	*ret_journal = journal;
	return 0;
}

void journal_free(struct journal *journal)
{
	struct owner *owner, *next;

	if (!journal)
		return;
	for (size_t i = 0; i < journal->count; i++)
		free(journal->kept[i]);
	HASH_ITER(hh, journal->owners, owner, next) {
		HASH_DEL(journal->owners, owner);
		free(owner);
	}
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
	return journal && journal->count ? journal->kept[0]->entry.sequence : 0;
}

uint64_t journal_lost(const struct journal *journal)
{
	return journal ? journal->lost : 0;
}

const struct journal_entry *journal_next(const struct journal *journal, uint64_t sequence)
{
	size_t low = 0, high = journal ? journal->count : 0;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (journal->kept[middle]->entry.sequence <= sequence)
			low = middle + 1;
		else
			high = middle;
	}
	return journal && low < journal->count ? &journal->kept[low]->entry : NULL;
}

static struct owner *get_owner(struct journal *journal, const char *key, uint32_t key_size)
{
	struct owner *owner;

	HASH_FIND(hh, journal->owners, key, key_size, owner);
	if (owner)
		return owner;
	owner = calloc(1, sizeof(*owner) + key_size);
	if (!owner)
		return NULL;
	memcpy(owner->key, key, key_size);
	owner->key_size = key_size;
	HASH_ADD_KEYPTR(hh, journal->owners, owner->key, owner->key_size, owner);
	if (HASH_HAS(owner))
		return owner;
	free(owner);
	return NULL;
}

/* NULL when out of memory. */
static struct kept *make_kept(struct journal *journal, const struct journal_entry *entry)
{
	const char *strings[STRINGS] = { entry->namespace, entry->pod, entry->container, entry->program,
					 entry->text };
	size_t size = 0, key_size = 0;
	struct kept *kept;
	char *at;

	for (int i = 0; i < STRINGS; i++) {
		strings[i] = strings[i] ?: "";
		size += strlen(strings[i]) + 1;
		if (i < KEY_STRINGS)
			key_size = size;
	}
	kept = malloc(sizeof(*kept) + size);
	if (!kept)
		return NULL;
	at = kept->strings;
	for (int i = 0; i < STRINGS; i++) {
		size = strlen(strings[i]) + 1;
		strings[i] = memcpy(at, strings[i], size);
		at += size;
	}
	kept->entry = *entry;
	kept->entry.namespace = strings[0];
	kept->entry.pod = strings[1];
	kept->entry.container = strings[2];
	kept->entry.program = strings[3];
	kept->entry.text = strings[4];
	kept->owner = get_owner(journal, kept->strings, (uint32_t)key_size);
	if (kept->owner)
		return kept;
	free(kept);
	return NULL;
}

/* The oldest entry of the container that has the most; of several such, the oldest of all theirs. */
static void make_room(struct journal *journal)
{
	size_t victim = 0;

	if (journal->count < JOURNAL_SIZE)
		return;
	for (size_t i = 1; i < journal->count; i++)
		if (journal->kept[i]->owner->entries > journal->kept[victim]->owner->entries)
			victim = i;
	journal->kept[victim]->owner->entries--;
	free(journal->kept[victim]);
	journal->count--;
	journal->lost++;
	memmove(&journal->kept[victim], &journal->kept[victim + 1],
		(journal->count - victim) * sizeof(journal->kept[0]));
}

void journal_add(struct journal *journal, const struct journal_entry *entry)
{
	struct kept *kept = journal ? make_kept(journal, entry) : NULL;

	if (!kept) {
		if (journal)
			journal->lost++;
		return;
	}
	make_room(journal);
	kept->entry.sequence = ++journal->newest;
	kept->entry.realtime_ns = kept->entry.realtime_ns ?: journal->realtime_ns;
	kept->owner->entries++;
	journal->kept[journal->count++] = kept;
}

void journal_add_daemon(struct journal *journal, const char *text)
{
	const struct journal_entry entry = { .type = JOURNAL_daemon, .text = text };

	journal_add(journal, &entry);
}

/* ---- exits, bounded per container ---- */

static void tell_exits(struct journal *journal)
{
	struct owner *owner, *next;

	for (owner = journal->owners; owner; owner = owner->hh.next) {
		const char *pod = owner->key + strlen(owner->key) + 1;
		const struct journal_entry entry = { .type = JOURNAL_process_exits,
						     .namespace = owner->key,
						     .pod = pod,
						     .container = pod + strlen(pod) + 1,
						     .number[0] = owner->untold };

		if (owner->untold)
			journal_add(journal, &entry);
		owner->told = owner->untold = 0;
	}
	HASH_ITER(hh, journal->owners, owner, next) {
		if (owner->entries)
			continue;
		HASH_DEL(journal->owners, owner);
		free(owner);
	}
}

void journal_add_exit(struct journal *journal, const char *key, uint32_t key_size, const char *program,
		      uint32_t pid, int32_t wait_status)
{
	struct owner *owner = journal ? get_owner(journal, key, key_size) : NULL;
	struct journal_entry entry = { .type = JOURNAL_process_exit,
				       .program = program,
				       .pid = pid,
				       .number = { wait_status >> 8 & 0xff, wait_status & 0x7f } };

	if (!owner) {
		if (journal)
			journal->lost++;
		return;
	}
	if (owner->told >= JOURNAL_EXITS) {
		owner->untold++;
		return;
	}
	owner->told++;
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

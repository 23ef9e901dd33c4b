/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the parts of options.c share: the rows of options.def as data. Private to user/options*.c. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/message.h"

struct options;
struct string_list;

enum option_type {
	OPTION_STRING,
	OPTION_STRING_LIST,
	OPTION_BOOL,
	OPTION_U32,
	OPTION_DURATION,
	OPTION_CHOICE,
};

/* Whether a value is acceptable; may normalise it in place. */
typedef bool option_check(char *value);

struct option_row {
	size_t offset; /* of the member in struct options */
	enum option_type type;
	const char *flag; /* without the dashes */
	const char *metavar;
	const char *default_text;
	bool zero_allowed;               /* besides min..max */
	uint64_t min, max;               /* U32; DURATION: see min_text */
	const char *min_text, *max_text; /* DURATION */
	const char *choices;             /* CHOICE: comma-separated */
	option_check *check;             /* STRING, STRING_LIST (each element) */
	const char *what;                /* what `check` wants */
	const char *help;
	const char *note;
};

struct option_group {
	const char *prefix;
	const char *title;
};

/* One id per row, only to count them at compile time. */
enum option_id {
#define OPTION_GROUP(prefix, title)
#define OPTION(member, type, flag, metavar, text, accepts, help, note) OPTION_ID_##member,
#include "options/options.def"
#undef OPTION
#undef OPTION_GROUP
	OPTION_COUNT
};

#define OPTION_KEY_SIZE 80 /* of the longest flag, key or variable name; checked by the unit test */
#define OPTION_BRIEF_SIZE 72

extern const struct option_row option_rows[OPTION_COUNT];
extern const struct option_group option_groups[];
extern const size_t option_group_count;

/* The beginning of a text from outside, for messages. Returns `ret_text`. */
const char *option_brief(const char *text, char ret_text[OPTION_BRIEF_SIZE]);

/* The YAML key ("web.listen_address") and the environment variable of a flag. Both return `ret_name`. */
const char *option_key(const char *flag, char ret_name[OPTION_KEY_SIZE]);
const char *option_variable(const char *flag, char ret_name[OPTION_KEY_SIZE]);

/* Whether `flag` belongs to the group. */
bool option_in_group(const struct option_row *row, const struct option_group *group);

/* Sets the member from `text`; `append` adds to a list instead of replacing it. `where` begins the message:
 * "/etc/ktally.yaml:4: 'web.timeout'", "--web.timeout", "KTALLY_WEB_TIMEOUT". 0 or negative errno. */
int option_set(struct options *options, const struct option_row *row, const char *text, bool append,
	       const char *where, const struct message *message);

/* Frees the items. */
void option_clear_list(struct string_list *list);

/* Checks for options.def. */
bool option_check_address(char *value);
bool option_check_directory(char *value);
bool option_check_socket(char *value);

/* All members to their defaults; `options` must be empty. 0 or -ENOMEM. */
int option_set_defaults(struct options *options, const struct message *message);

/* What a value must be ("a number from 1 to 100000", "one of logfmt, json"), for messages and documents. */
void option_describe(const struct option_row *row, char *ret_text, size_t size);

/* Candidates are offered one by one; the nearest to `wrong` that is near enough is kept. Starts zeroed. */
struct option_suggestion {
	char best[OPTION_KEY_SIZE];
	size_t distance;
};
void option_suggest(struct option_suggestion *suggestion, const char *wrong, const char *candidate);
/* " (did you mean 'DASHESx'?)" or "". Returns `ret_text`. */
#define OPTION_HINT_SIZE (OPTION_KEY_SIZE + 24)
const char *option_hint(const struct option_suggestion *suggestion, const char *dashes,
			char ret_text[OPTION_HINT_SIZE]);

/* YAML text over what `options` holds. 0 or negative errno with a message that names file and line. */
int option_apply_yaml(struct options *options, const char *name, const char *text, size_t size,
		      const struct message *message);

/* SPDX-License-Identifier: Apache-2.0 */
/* Values of options: text to member, what is acceptable, and the words for what is not. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/duration.h"
#include "base/file.h"
#include "options/options.h"
#include "options/option.h"

#define PORT_MAX 65535

const char *option_brief(const char *text, char ret_text[OPTION_BRIEF_SIZE])
{
	size_t length = strnlen(text, OPTION_BRIEF_SIZE), keep = length;

	if (length > OPTION_BRIEF_SIZE - sizeof("...")) {
		keep = OPTION_BRIEF_SIZE - sizeof("...");
		while (keep > 0 && ((unsigned char)text[keep] & 0xC0) == 0x80)
			keep--; /* not inside of a UTF-8 character */
	}
	memcpy(ret_text, text, keep);
	strcpy(ret_text + keep, keep < length ? "..." : "");
	return ret_text;
}

static bool is_number(const char *text, size_t length)
{
	return length > 0 && strspn(text, "0123456789") >= length;
}

static bool is_port(const char *text)
{
	uint64_t port;

	return is_number(text, strlen(text)) && !file_parse_u64(text, &port) && port <= PORT_MAX;
}

/* Whether a name without colon is an IPv4 address or may be a host name. */
static bool is_host(const char *text)
{
	static const char name[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
	struct in_addr address;

	if (strspn(text, "0123456789.") == strlen(text))
		return *text == '\0' || inet_pton(AF_INET, text, &address) == 1;
	return strspn(text, name) == strlen(text) && *text != '-' && strlen(text) <= 253;
}

bool option_check_address(char *value)
{
	char *colon = strrchr(value, ':');
	struct in6_addr address;
	bool valid;

	if (!colon || !is_port(colon + 1))
		return false;
	*colon = '\0';
	if (*value == '[' && colon > value + 1 && colon[-1] == ']') {
		colon[-1] = '\0';
		valid = inet_pton(AF_INET6, value + 1, &address) == 1;
		colon[-1] = ']';
	} else {
		valid = is_host(value);
	}
	*colon = ':';
	return valid;
}

bool option_check_directory(char *value)
{
	size_t length = strlen(value);

	if (*value != '/')
		return false;
	while (length > 1 && value[length - 1] == '/')
		value[--length] = '\0'; /* struct paths wants none */
	return true;
}

bool option_check_socket(char *value)
{
	const char *path = strchr(value, '=');

	return path && path[1] == '/' &&
	       (strncmp(value, "cri=", 4) == 0 || strncmp(value, "docker=", 7) == 0);
}

static int find_choice(const char *choices, const char *text)
{
	size_t length = strlen(text);

	for (int index = 0; *choices; index++) {
		size_t size = strcspn(choices, ",");

		if (size == length && memcmp(choices, text, size) == 0)
			return index;
		choices += size;
		choices += *choices == ',';
	}
	return -EINVAL;
}

static int parse_bool(const char *text)
{
	static const char *const words[] = { "false", "true", "no", "yes", "off", "on", "0", "1" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(words[i], text) == 0)
			return i & 1;
	}
	return -EINVAL;
}

/* Text to number for the types that have one. 0 or -EINVAL. */
static int parse_number(const struct option_row *row, const char *text, uint64_t *ret_value)
{
	uint64_t min = row->min, max = row->max;
	int index;

	switch (row->type) {
	case OPTION_BOOL:
	case OPTION_CHOICE:
		index = row->type == OPTION_BOOL ? parse_bool(text) : find_choice(row->choices, text);
		*ret_value = (uint64_t)index;
		return index < 0 ? -EINVAL : 0;
	case OPTION_DURATION:
		if (duration_parse(text, ret_value) || duration_parse(row->min_text, &min) ||
		    duration_parse(row->max_text, &max))
			return -EINVAL;
		break;
	default:
		if (!is_number(text, strlen(text)) || file_parse_u64(text, ret_value))
			return -EINVAL;
	}
	if (row->zero_allowed && *ret_value == 0)
		return 0;
	return *ret_value < min || *ret_value > max ? -EINVAL : 0;
}

void option_clear_list(struct string_list *list)
{
	while (list->count > 0)
		free(list->items[--list->count]);
}

static int add_item(struct string_list *list, bool append, char *item)
{
	char **items;

	if (!append)
		option_clear_list(list);
	items = reallocarray(list->items, list->count + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	list->items = items;
	items[list->count++] = item;
	return 0;
}

/* 0, -EINVAL or -ENOMEM. */
static int set_member(void *member, const struct option_row *row, const char *text, bool append)
{
	_cleanup_(cleanup_free) char *copy = NULL;
	uint64_t value;
	int error;

	if (row->type == OPTION_STRING || row->type == OPTION_STRING_LIST) {
		copy = strdup(text);
		if (!copy)
			return -ENOMEM;
		if (row->check && !row->check(copy))
			return -EINVAL;
		if (row->type == OPTION_STRING_LIST) {
			error = add_item(member, append, copy);
			if (!error)
				take_ptr(copy);
			return error;
		}
		free(*(char **)member);
		*(char **)member = take_ptr(copy);
		return 0;
	}
	error = parse_number(row, text, &value);
	if (error)
		return error;
	if (row->type == OPTION_BOOL)
		*(bool *)member = value != 0;
	else if (row->type == OPTION_DURATION)
		*(uint64_t *)member = value;
	else
		*(uint32_t *)member = (uint32_t)value;
	return 0;
}

int option_set(struct options *options, const struct option_row *row, const char *text, bool append,
	       const char *where, const struct message *message)
{
	int error = set_member((char *)options + row->offset, row, text, append);
	char brief[OPTION_BRIEF_SIZE], wanted[256];

	if (!error)
		return 0;
	if (error == -ENOMEM)
		return message_fail(message, error, "out of memory");
	option_describe(row, wanted, sizeof(wanted));
	return message_fail(message, error, "%s: '%s' is not %s", where, option_brief(text, brief), wanted);
}

int option_set_defaults(struct options *options, const struct message *message)
{
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option_row *row = &option_rows[i];
		bool is_empty_list = row->type == OPTION_STRING_LIST && !*row->default_text;
		int error = is_empty_list ?
				    0 :
				    option_set(options, row, row->default_text, false, row->flag, message);

		if (error)
			return error;
	}
	return 0;
}

void option_describe(const struct option_row *row, char *ret_text, size_t size)
{
	size_t used;

	switch (row->type) {
	case OPTION_BOOL:
		snprintf(ret_text, size, "true or false");
		break;
	case OPTION_U32:
		snprintf(ret_text, size, "%sa number from %llu to %llu", row->zero_allowed ? "0 or " : "",
			 (unsigned long long)row->min, (unsigned long long)row->max);
		break;
	case OPTION_DURATION:
		snprintf(ret_text, size, "a duration from %s to %s", row->min_text, row->max_text);
		break;
	case OPTION_CHOICE:
		used = (size_t)snprintf(ret_text, size, "one of ");
		for (const char *at = row->choices; *at && used + 3 < size; at++) {
			ret_text[used++] = *at;
			if (*at == ',')
				ret_text[used++] = ' ';
		}
		ret_text[used] = '\0';
		break;
	case OPTION_STRING:
	case OPTION_STRING_LIST:
		snprintf(ret_text, size, "%s", row->what ? row->what : "text");
		break;
	}
}

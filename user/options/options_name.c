/* SPDX-License-Identifier: Apache-2.0 */
/* Names of options: flag to YAML key and environment variable, and what somebody who mistyped one may have meant. */
#include <stdio.h>
#include <string.h>

#include "options/option.h"

const char *option_key(const char *flag, char ret_name[OPTION_KEY_SIZE])
{
	snprintf(ret_name, OPTION_KEY_SIZE, "%s", flag);
	for (char *at = ret_name; *at; at++)
		*at = *at == '-' ? '_' : *at;
	return ret_name;
}

const char *option_variable(const char *flag, char ret_name[OPTION_KEY_SIZE])
{
	snprintf(ret_name, OPTION_KEY_SIZE, "KTALLY_%s", flag);
	for (char *at = ret_name; *at; at++) {
		if (*at >= 'a' && *at <= 'z')
			*at = (char)(*at - 'a' + 'A');
		else if (*at == '-' || *at == '.')
			*at = '_';
	}
	return ret_name;
}

bool option_in_group(const struct option_row *row, const struct option_group *group)
{
	size_t length = strlen(group->prefix);

	if (length == 0)
		return !strchr(row->flag, '.');
	return strncmp(row->flag, group->prefix, length) == 0 && row->flag[length] == '.';
}

static size_t least(size_t a, size_t b, size_t c)
{
	size_t smaller = a < b ? a : b;

	return smaller < c ? smaller : c;
}

/* Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
static size_t name_distance(const char *a, const char *b)
{
	size_t rows[3][OPTION_KEY_SIZE + 1];
	size_t *above2 = rows[0], *above = rows[1], *row = rows[2];
	size_t columns = strlen(b);

	for (size_t j = 0; j <= columns; j++)
		above[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t *free_row = above2;

		row[0] = i;
		for (size_t j = 1; j <= columns; j++) {
			row[j] = least(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    above2[j - 2] + 1 < row[j])
				row[j] = above2[j - 2] + 1;
		}
		above2 = above;
		above = row;
		row = free_row;
	}
	return above[columns];
}

void option_suggest(struct option_suggestion *suggestion, const char *wrong, const char *candidate)
{
	size_t length = strnlen(wrong, OPTION_KEY_SIZE), candidate_length = strlen(candidate), distance;

	if (length == 0 || length >= OPTION_KEY_SIZE || candidate_length >= OPTION_KEY_SIZE)
		return;
	/* "listen-address" for "web.listen-address": as good as right. */
	if (candidate_length > length && candidate[candidate_length - length - 1] == '.' &&
	    strcmp(candidate + candidate_length - length, wrong) == 0)
		distance = 1;
	else
		distance = name_distance(wrong, candidate);
	if (distance > 1 + length / 4 || (suggestion->best[0] && suggestion->distance <= distance))
		return;
	suggestion->distance = distance;
	strcpy(suggestion->best, candidate);
}

const char *option_hint(const struct option_suggestion *suggestion, const char *dashes,
			char ret_text[OPTION_HINT_SIZE])
{
	ret_text[0] = '\0';
	if (suggestion->best[0])
		snprintf(ret_text, OPTION_HINT_SIZE, " (did you mean '%s%s'?)", dashes, suggestion->best);
	return ret_text;
}

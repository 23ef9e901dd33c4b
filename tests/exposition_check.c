/* SPDX-License-Identifier: Apache-2.0 */
/* Text format 0.0.4 by the letter, and stricter where we promise more: counters end in _total, no exponents, no series
 * twice, histograms complete. exposition_check() returns the number of samples, or -1 with the reason in `why`. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct exposition_checker {
	char family[200];
	bool is_histogram, is_counter, has_type;
	size_t samples_in_family;
	char buckets_of[4096]; /* labels without le, while in a series of buckets */
	double last_bound;
	uint64_t last_count, inf_count;
	bool has_inf;
};

static inline size_t check_name(const char *text, bool is_label)
{
	size_t size = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:");

	return (text[0] >= '0' && text[0] <= '9') || (is_label && memchr(text, ':', size)) ? 0 : size;
}

/* Bytes of one valid UTF-8 character at `t`, 0 if there is none. Written apart from the code under test: by decoding. */
static inline size_t check_character(const unsigned char *t)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t size = t[0] < 0x80           ? 1 :
		      (t[0] & 0xe0) == 0xc0 ? 2 :
		      (t[0] & 0xf0) == 0xe0 ? 3 :
		      (t[0] & 0xf8) == 0xf0 ? 4 :
					      0;
	uint32_t code = size > 1 ? t[0] & (0x7fu >> size) : t[0];

	for (size_t i = 1; i < size; i++) {
		if ((t[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (t[i] & 0x3f);
	}
	return size && code >= least[size] && code <= 0x10ffff && !(code >= 0xd800 && code < 0xe000) ? size :
												       0;
}

/* A quoted label value at `text`; returns its bytes with the quotes, or 0. */
static inline size_t check_value(const char *text)
{
	const char *at = text;

	if (*at++ != '"')
		return 0;
	while (*at != '"') {
		size_t size = check_character((const unsigned char *)at);

		if (*at == '\0' || *at == '\n' || size == 0)
			return 0;
		if (*at == '\\') {
			if (at[1] != '\\' && at[1] != '"' && at[1] != 'n')
				return 0;
			size = 2;
		}
		at += size;
	}
	return (size_t)(at + 1 - text);
}

static inline size_t check_number(const char *text)
{
	size_t whole = strspn(text, "0123456789"), part;

	if (whole == 0 || (whole > 1 && text[0] == '0'))
		return 0;
	if (text[whole] != '.')
		return whole;
	part = strspn(text + whole + 1, "0123456789");
	return part > 0 && text[whole + part] != '0' ? whole + 1 + part : 0;
}

#define CHECK_FAIL(...) (snprintf(why, 300, __VA_ARGS__), false)

static inline bool check_end_family(struct exposition_checker *c, char *why)
{
	if (*c->family && (!c->has_type || c->samples_in_family == 0))
		return CHECK_FAIL("family %s has no type or no samples", c->family);
	if (c->buckets_of[0])
		return CHECK_FAIL("buckets of %s without a count", c->family);
	return true;
}

static inline bool check_comment(struct exposition_checker *c, const char *line, const char *all, char *why)
{
	size_t size = check_name(line + 7, false);
	char seen[256];

	if (size == 0 || line[7 + size] != ' ' || size >= sizeof(c->family))
		return CHECK_FAIL("bad heading: %s", line);
	if (strncmp(line, "# HELP ", 7) == 0) {
		if (!check_end_family(c, why))
			return false;
		*c = (struct exposition_checker){};
		memcpy(c->family, line + 7, size);
		snprintf(seen, sizeof(seen), "\n# HELP %s ", c->family);
		return line - 1 <= all || memmem(all, (size_t)(line - 1 - all), seen, strlen(seen)) == NULL ||
		       CHECK_FAIL("family %s twice", c->family);
	}
	if (strncmp(line, "# TYPE ", 7) != 0 || strlen(c->family) != size ||
	    memcmp(c->family, line + 7, size) != 0 || c->has_type || c->samples_in_family > 0)
		return CHECK_FAIL("TYPE out of place: %s", line);
	line += 7 + size + 1;
	c->has_type = true;
	c->is_counter = strcmp(line, "counter") == 0;
	c->is_histogram = strcmp(line, "histogram") == 0;
	if (!c->is_counter && !c->is_histogram && strcmp(line, "gauge") != 0)
		return CHECK_FAIL("type %s", line);
	/* the one counter of cAdvisor's that was named before the rule */
	if (strcmp(c->family, "container_memory_failcnt") != 0 &&
	    c->is_counter != (size > 6 && strcmp(c->family + size - 6, "_total") == 0))
		return CHECK_FAIL("%s: counters and only they end in _total", c->family);
	return true;
}

static inline bool check_histogram(struct exposition_checker *c, const char *suffix, const char *labels,
				   size_t labels_size, const char *le, const char *number, char *why)
{
	uint64_t count = strtoull(number, NULL, 10);
	char others[4096];

	snprintf(others, sizeof(others), "{%.*s", (int)labels_size, labels);
	if (strncmp(suffix, "_bucket", 7) == 0) {
		double bound = le ? strtod(le, NULL) : -1;

		if (!le || strchr(number, '.'))
			return CHECK_FAIL("bucket without le, or not a count: %s", c->family);
		if (!c->buckets_of[0]) {
			memcpy(c->buckets_of, others, sizeof(others));
			c->last_bound = -1;
			c->last_count = 0;
			c->has_inf = false;
		}
		if (strcmp(c->buckets_of, others) != 0 || bound <= c->last_bound || count < c->last_count ||
		    c->has_inf)
			return CHECK_FAIL("buckets of %s%.90s out of order at %g", c->family, others, bound);
		c->last_bound = bound;
		c->last_count = count;
		c->has_inf = strncmp(le, "+Inf", 4) == 0;
		return true;
	}
	if (strcmp(c->buckets_of, others) != 0 || !c->has_inf || le)
		return CHECK_FAIL("%s%.90s without its buckets", c->family, others);
	if (strncmp(suffix, "_count", 6) == 0) {
		c->buckets_of[0] = '\0';
		return count == c->last_count || CHECK_FAIL("count of %s is not +Inf", c->family);
	}
	return strncmp(suffix, "_sum", 4) == 0 || CHECK_FAIL("suffix %s", suffix);
}

static inline bool check_sample(struct exposition_checker *c, const char *line, char *why)
{
	size_t size = check_name(line, false), family_size = strlen(c->family), labels_size = 0;
	const char *at = line + size, *labels = at, *le = NULL;

	if (size < family_size || family_size == 0 || memcmp(line, c->family, family_size) != 0 ||
	    !c->has_type || (size > family_size && !c->is_histogram))
		return CHECK_FAIL("sample outside of its family: %s", line);
	if (*at == '{') {
		labels = at + 1;
		do {
			const char *name = at + 1;
			size_t name_size = check_name(name, true);
			size_t value_size = name_size && name[name_size] == '=' ?
						    check_value(name + name_size + 1) :
						    0;

			if (value_size == 0)
				return CHECK_FAIL("bad label: %s", line);
			at = name + name_size + 1 + value_size;
			if (name_size == 2 && memcmp(name, "le", 2) == 0)
				le = name + 4;
			else
				labels_size = (size_t)(at - labels);
		} while (*at == ',');
		if (*at++ != '}')
			return CHECK_FAIL("labels do not end: %s", line);
	}
	if (*at++ != ' ' || check_number(at) == 0 || at[check_number(at)] != '\0')
		return CHECK_FAIL("bad value: %s", line);
	c->samples_in_family++;
	return !c->is_histogram || check_histogram(c, line + family_size, labels, labels_size, le, at, why);
}

static inline int check_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static inline bool check_unique(char **series, size_t count, char *why)
{
	for (size_t i = 0; i < count; i++)
		*strrchr(series[i], ' ') = '\0';
	qsort(series, count, sizeof(*series), check_compare);
	for (size_t i = 1; i < count; i++) {
		if (strcmp(series[i - 1], series[i]) == 0)
			return CHECK_FAIL("twice: %s", series[i]);
	}
	return true;
}

static inline long exposition_check(const char *data, size_t size, char why[300])
{
	struct exposition_checker c = {};
	char *copy = malloc(size + 1), **series = calloc(size + 1, sizeof(*series)), *all = malloc(size + 1);
	size_t samples = 0;
	bool good = size > 0 && data[size - 1] == '\n' && !memchr(data, 0, size);

	snprintf(why, 300, "empty, NUL, or no newline at the end");
	memcpy(copy, data, size);
	memcpy(all, data, size);
	copy[size] = all[size] = '\0';
	for (char *line = copy; good && *line;) {
		char *end = strchr(line, '\n');

		*end = '\0';
		if (*line == '#') {
			/* looked up in the untouched text */
			size_t at = (size_t)(line - copy);

			all[at + strlen(line)] = '\0';
			good = check_comment(&c, all + at, all, why);
			all[at + strlen(line)] = '\n';
		} else {
			good = check_sample(&c, line, why);
			series[samples++] = line;
		}
		line = end + 1;
	}
	good = good && check_end_family(&c, why) && check_unique(series, samples, why);
	free(copy);
	free(all);
	free(series);
	return good ? (long)samples : -1;
}

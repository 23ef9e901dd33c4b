/* SPDX-License-Identifier: Apache-2.0 */
/* Content negotiation as RFC 9110, 12.5.1, has it: of each format the most specific range that names it gives the quality.
 * Ranges that cannot be read are passed over. */
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "export/exposition.h"

#define ESCAPINGS 5
#define QUALITY_ONE 1000

/* Schemes for names that are not of the old alphabet. Ours all are: the same bytes, but the client is told what it asked for. */
static const char *const escapings[ESCAPINGS] = { "", "allow-utf-8", "underscores", "dots", "values" };

#define WITHOUT_ESCAPING(body, content) \
	{                               \
		{                       \
			body, content   \
		}                       \
	}
#define WITH_ESCAPINGS(body, content)                                                                    \
	{                                                                                                \
		{ body, content }, { body, content "; escaping=allow-utf-8" },                           \
			{ body, content "; escaping=underscores" }, { body, content "; escaping=dots" }, \
			{ body, content "; escaping=values" },                                           \
	}
#define PROTOBUF \
	"application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"

/* In the order in which they are chosen when a client likes them equally. */
static const struct offer {
	const char *type, *subtype;
	const char *version; /* "": the format has none */
	struct exposition_format format[ESCAPINGS];
} offers[] = {
	{ "text", "plain", "0.0.4",
	  WITHOUT_ESCAPING(SHEET_TEXT, "text/plain; version=0.0.4; charset=utf-8") },
	{ "application", "openmetrics-text", "1.0.0",
	  WITH_ESCAPINGS(SHEET_OPENMETRICS, "application/openmetrics-text; version=1.0.0; charset=utf-8") },
	{ "application", "openmetrics-text", "0.0.1",
	  WITHOUT_ESCAPING(SHEET_OPENMETRICS, "application/openmetrics-text; version=0.0.1; charset=utf-8") },
	{ "text", "plain", "1.0.0", WITH_ESCAPINGS(SHEET_TEXT, "text/plain; version=1.0.0; charset=utf-8") },
	{ "application", "vnd.google.protobuf", "", WITH_ESCAPINGS(SHEET_PROTOBUF, PROTOBUF) },
};

#define OFFERS (sizeof(offers) / sizeof(offers[0]))

struct token {
	const char *text;
	size_t size;
};

/* One media range of the header. What it does not say is empty. */
struct range {
	struct token type, subtype, version, proto, encoding, escaping;
	int quality; /* thousandths */
};

static bool token_is(struct token token, const char *text)
{
	return token.size == strlen(text) && strncasecmp(token.text, text, token.size) == 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* A token at *at up to one of `ends`, without blanks and quotes around it; *at is then at what ended it. */
static struct token take_token(const char **at, const char *ends)
{
	struct token token;
	const char *end;

	while (is_blank(**at))
		++*at;
	token.text = *at;
	if (**at == '"') {
		token.text++;
		end = token.text + strcspn(token.text, "\"");
		token.size = (size_t)(end - token.text);
		*at = end + strcspn(end, ends);
		return token;
	}
	*at += strcspn(*at, ends);
	for (end = *at; end > token.text && is_blank(end[-1]);)
		end--;
	token.size = (size_t)(end - token.text);
	return token;
}

/* "1", "0.5", "0.123"; -1 when it is none. */
static int parse_quality(struct token token)
{
	int quality = 0, weight = 100;

	if (token.size == 0 || token.size > 5 || (token.text[0] != '0' && token.text[0] != '1') ||
	    (token.size > 1 && token.text[1] != '.'))
		return -1;
	quality = (token.text[0] - '0') * QUALITY_ONE;
	for (size_t i = 2; i < token.size; i++, weight /= 10) {
		if (token.text[i] < '0' || token.text[i] > '9')
			return -1;
		quality += (token.text[i] - '0') * weight;
	}
	return quality <= QUALITY_ONE ? quality : -1;
}

static void parse_parameter(const char **at, struct range *range)
{
	struct token name = take_token(at, "=;,"), value = {};

	if (**at == '=') {
		++*at;
		value = take_token(at, ";,");
	}
	if (token_is(name, "q"))
		range->quality = parse_quality(value);
	else if (token_is(name, "version"))
		range->version = value;
	else if (token_is(name, "proto"))
		range->proto = value;
	else if (token_is(name, "encoding"))
		range->encoding = value;
	else if (token_is(name, "escaping"))
		range->escaping = value;
}

/* Reads the range at *at, which is then at the next one or the end. */
static void parse_range(const char **at, struct range *range)
{
	*range = (struct range){ .quality = QUALITY_ONE };
	range->type = take_token(at, "/;,");
	if (**at == '/') {
		++*at;
		range->subtype = take_token(at, ";,");
	}
	while (**at == ';') {
		++*at;
		parse_parameter(at, range);
	}
	*at += strcspn(*at, ",");
	*at += **at == ',';
}

/* How closely the range names the offer, 0: not at all. */
static int match(const struct range *range, const struct offer *offer)
{
	if (range->quality < 0)
		return 0;
	if (token_is(range->type, "*") && token_is(range->subtype, "*"))
		return 1;
	if (!token_is(range->type, offer->type))
		return 0;
	if (token_is(range->subtype, "*"))
		return 2;
	if (!token_is(range->subtype, offer->subtype))
		return 0;
	if (!*offer->version)
		return token_is(range->proto, "io.prometheus.client.MetricFamily") &&
				       token_is(range->encoding, "delimited") ?
			       4 :
			       0;
	if (range->version.size == 0)
		return 3;
	return token_is(range->version, offer->version) ? 4 : 0;
}

/* The range that says most closely what the client thinks of the offer: *ret_closeness 0 when none does. */
static struct range find_range(const char *accept, const struct offer *offer, int *ret_closeness,
			       const char **ret_at)
{
	struct range best = {}, range;

	*ret_closeness = 0;
	while (*accept) {
		const char *at = accept;
		int closeness;

		parse_range(&accept, &range);
		closeness = match(&range, offer);
		if (closeness > *ret_closeness) {
			best = range;
			*ret_closeness = closeness;
			*ret_at = at;
		}
	}
	return best;
}

static const struct exposition_format *choose_escaping(const struct offer *offer, struct token wanted)
{
	for (unsigned int i = 1; i < ESCAPINGS; i++) {
		if (offer->format[i].content_type && token_is(wanted, escapings[i]))
			return &offer->format[i];
	}
	return &offer->format[0];
}

const struct exposition_format *exposition_select(const char *accept)
{
	const struct exposition_format *best = &offers[0].format[0];
	int best_quality = 0, best_closeness = 0;
	const char *best_at = NULL;

	for (size_t i = 0; i < OFFERS; i++) {
		const char *at = NULL;
		int closeness;
		struct range range = find_range(accept ?: "", &offers[i], &closeness, &at);

		if (closeness == 0 || range.quality < best_quality || range.quality == 0)
			continue;
		/* as good as another: the one named more closely, then the one named first, then ours */
		if (range.quality == best_quality &&
		    (closeness < best_closeness || (closeness == best_closeness && at >= best_at)))
			continue;
		best = choose_escaping(&offers[i], range.escaping);
		best_quality = range.quality;
		best_closeness = closeness;
		best_at = at;
	}
	return best;
}

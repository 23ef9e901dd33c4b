/* SPDX-License-Identifier: Apache-2.0 */
#include "client/source_ops.h"

#include <stdint.h>

void source_free(struct source *source)
{
	if (source)
		source->ops->free(source);
}

int source_ask(struct source *source, const char *path, source_answer *answer, void *context)
{
	return source->ops->ask(source, path, answer, context);
}

void source_cancel(struct source *source, const void *context)
{
	source->ops->cancel(source, context);
}

const char *source_name(const struct source *source)
{
	return source->name;
}

bool source_is_file(const struct source *source)
{
	return source->ops->seek;
}

void source_span(const struct source *source, struct source_span *ret_span)
{
	*ret_span = (struct source_span){};
	if (source->ops->span)
		source->ops->span(source, ret_span);
}

bool source_seek(struct source *source, size_t index)
{
	return source->ops->seek && source->ops->seek(source, index);
}

bool source_step(struct source *source, long by)
{
	struct source_span span;

	if (!source->ops->seek)
		return false;
	source_span(source, &span);
	if (by < 0)
		return source_seek(source, span.index - ((size_t)0 - (size_t)by < span.index ?
								 (size_t)0 - (size_t)by :
								 span.index));
	return source_seek(source, (size_t)by < SIZE_MAX - span.index ? span.index + (size_t)by : SIZE_MAX);
}

bool source_seek_time(struct source *source, double time)
{
	return source->ops->seek && source_seek(source, source->ops->find(source, time));
}

const char *source_warning(const struct source *source)
{
	return source->ops->warning ? source->ops->warning(source) : NULL;
}

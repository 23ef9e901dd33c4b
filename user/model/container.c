/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "model/container.h"

#define OTHER_NAME "other"
#define UNKNOWN_NAME "unknown"

static struct container *container_find(const struct model *model, const char *key, uint32_t key_size)
{
	struct container *container;

	HASH_FIND(hh, model->containers, key, key_size, container);
	return container;
}

static struct container *container_add(struct model *model, const char *key, uint32_t key_size,
				       uint64_t realtime_ns)
{
	struct container *container = calloc(1, sizeof(*container));

	if (!container)
		return NULL;
	container->key = malloc(key_size);
	if (!container->key) {
		free(container);
		return NULL;
	}
	memcpy(container->key, key, key_size);
	container->key_size = key_size;
	container->namespace = container->key;
	container->pod = container->namespace + strlen(container->namespace) + 1;
	container->name = container->pod + strlen(container->pod) + 1;
	container->created_ns = realtime_ns;
	HASH_ADD_KEYPTR(hh, model->containers, container->key, container->key_size, container);
	return container;
}

/* Names as they will be shown, so that two that look alike are one container and not one series twice. */
static uint32_t make_key(const struct model *model, const char *const names[3], char *key)
{
	uint32_t size = 0;

	for (int i = 0; i < 3; i++)
		size += utf8_copy(key + size, model->limits.label_length + 1, names[i]) + 1;
	return size;
}

#define LABEL_LENGTH_MAX 1024

struct container *container_get(struct model *model, const char *namespace, const char *pod, const char *name,
				uint64_t realtime_ns)
{
	const char *const names[3] = { namespace, pod, name };
	char key[3 * (LABEL_LENGTH_MAX + 1)];
	uint32_t key_size = make_key(model, names, key);
	struct container *container = container_find(model, key, key_size);

	if (container)
		return container;
	if (model->limits.containers && HASH_COUNT(model->containers) >= model->limits.containers) {
		model->folded_containers++;
		if (!model->other) {
			const char *const other[3] = { "", "", OTHER_NAME };

			key_size = make_key(model, other, key);
			model->other = container_find(model, key, key_size) ?:
					       container_add(model, key, key_size, realtime_ns);
		}
		return model->other;
	}
	return container_add(model, key, key_size, realtime_ns);
}

struct container *container_unknown(struct model *model, uint64_t realtime_ns)
{
	if (!model->unknown)
		model->unknown = container_get(model, "", "", UNKNOWN_NAME, realtime_ns);
	return model->unknown;
}

bool container_is_held(const struct container *container)
{
	const struct program *program;

	if (container->other && container->other->references)
		return true;
	for (program = container->programs; program; program = program->hh.next)
		if (program->references)
			return true;
	return false;
}

void container_free(struct container *container)
{
	struct program *program, *next;

	if (!container)
		return;
	HASH_ITER(hh, container->programs, program, next) {
		HASH_DEL(container->programs, program);
		free(program);
	}
	free(container->other);
	free(container->latency);
	free(container->key);
	free(container);
}

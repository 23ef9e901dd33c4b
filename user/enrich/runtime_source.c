/* SPDX-License-Identifier: Apache-2.0 */
/* Which sources there are, and their lives: absent, waiting (the last try failed), started, up. The kinds say when they are up or
 * down; they are stopped only in a turn, never from inside of their own callbacks. */
#include "enrich/runtime_source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/time.h"

#define FIRST_PAUSE_NS (500 * NS_PER_MS)
#define LAST_PAUSE_NS (30 * NS_PER_S)
#define SOURCES_MAX 32 /* bits */

/* The kinds: as runtime_sockets.def and as the settings call them. */
#define KIND_CRI &runtime_cri_ops
#define KIND_DOCKER &runtime_docker_ops
static const struct {
	const char *name;
	const struct runtime_ops *ops;
} kinds[] = { { "cri", KIND_CRI }, { "docker", KIND_DOCKER } };

static const struct {
	const char *name;
	const struct runtime_ops *ops;
	const char *path;
} rows[] = {
#define RUNTIME_SOCKET(name_, kind_, path_) { name_, KIND_##kind_, path_ },
#include "enrich/runtime_sockets.def"
#undef RUNTIME_SOCKET
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))
_Static_assert(ROWS <= SOURCES_MAX, "a bit for each row");

static void set_reason(struct runtime_source *source, const char *reason)
{
	snprintf(source->reason, sizeof(source->reason), "%s", reason);
}

static void source_stop(struct runtime_source *source)
{
	if (source->is_started)
		source->ops->stop(source);
	source->is_started = source->is_up = source->is_full = source->is_ended = false;
}

void source_down(struct runtime_source *source, const char *reason)
{
	set_reason(source, reason[0] ? reason : "no answer");
	source->is_up = false;
	source->is_ended = true;
}

void source_refused(struct runtime_source *source)
{
	source->refused++;
}

void source_failed(struct runtime_source *source)
{
	source->failures++;
}

static void source_hide(struct runtime_source *source, const char *reason)
{
	source_stop(source);
	set_reason(source, reason);
	source->is_present = false;
}

static void source_look(struct runtime_source *source)
{
	struct stat status;
	uint64_t identity[3];

	if (stat(source->path, &status)) {
		source_hide(source, strerror(errno));
		return;
	}
	if (!S_ISSOCK(status.st_mode)) {
		source_hide(source, strerror(ENOTSOCK));
		return;
	}
	identity[0] = status.st_dev;
	identity[1] = status.st_ino;
	identity[2] = (uint64_t)status.st_ctim.tv_sec * NS_PER_S + (uint64_t)status.st_ctim.tv_nsec;
	if (source->is_present && memcmp(identity, source->socket_identity, sizeof(identity)) == 0)
		return;
	/* Another socket is another server: at once, whatever the one before did. */
	source_stop(source);
	memcpy(source->socket_identity, identity, sizeof(identity));
	source->is_present = true;
	source->next_start_ns = source->pause_ns = 0;
}

/* One socket under two names, as a link, is asked once. */
void sources_look(struct runtime_source *sources, size_t count)
{
	for (struct runtime_source *source = sources; source < sources + count; source++) {
		source_look(source);
		for (struct runtime_source *other = sources; other < source && source->is_present; other++) {
			if (other->is_present && memcmp(source->socket_identity, other->socket_identity,
							sizeof(source->socket_identity)) == 0)
				source_hide(source, "the same socket as another source's");
		}
	}
}

static void put_off(struct runtime_source *source, uint64_t now_ns)
{
	/* What answered for long has not failed in a row. */
	if (now_ns - source->started_ns > LAST_PAUSE_NS)
		source->pause_ns = 0;
	source->pause_ns = source->pause_ns ? source->pause_ns * 2 : FIRST_PAUSE_NS;
	if (source->pause_ns > LAST_PAUSE_NS)
		source->pause_ns = LAST_PAUSE_NS;
	source->next_start_ns = now_ns + source->pause_ns;
}

void source_turn(struct runtime_source *source, uint64_t now_ns)
{
	int error;

	if (source->is_ended) {
		source_stop(source);
		put_off(source, now_ns);
	}
	if (source->is_started) {
		source->is_full = false;
		if (source->ops->turn)
			source->ops->turn(source, now_ns);
	} else if (source->is_present && now_ns >= source->next_start_ns) {
		source->was_started = true;
		source->started_ns = now_ns;
		error = source->ops->start(source);
		source->is_started = !error;
		if (error) {
			set_reason(source, strerror(-error));
			put_off(source, now_ns);
		}
	}
}

/* ---- which there are -------------------------------------------------------------------------------------------- */

/* "kind=/path"; the name of a usual socket stays its name. */
static int parse_socket(const char *socket, struct runtime_source *ret_source)
{
	const char *path = strchr(socket, '=');

	if (!path || path[1] != '/')
		return -EINVAL;
	ret_source->name = socket;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strlen(kinds[i].name) == (size_t)(path - socket) &&
		    strncmp(kinds[i].name, socket, (size_t)(path - socket)) == 0)
			ret_source->ops = kinds[i].ops;
	}
	path++;
	for (size_t i = 0; i < ROWS; i++) {
		if (strcmp(path, rows[i].path) == 0)
			ret_source->name = rows[i].name;
	}
	ret_source->path = strdup(path);
	ret_source->is_configured = true;
	return !ret_source->ops ? -EINVAL : ret_source->path ? 0 : -ENOMEM;
}

static int make_usual(size_t row, const char *root, struct runtime_source *ret_source)
{
	char *path;

	if (asprintf(&path, "%s%s", root, rows[row].path) < 0)
		return -ENOMEM;
	ret_source->name = rows[row].name;
	ret_source->ops = rows[row].ops;
	ret_source->path = path;
	return 0;
}

static bool is_known_path(const struct runtime_source *sources, size_t count, const char *path)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(sources[i].path, path) == 0)
			return true;
	}
	return false;
}

int sources_new(const struct runtimes_settings *settings, struct runtimes *runtimes,
		struct runtime_source **ret_sources, size_t *ret_count)
{
	bool is_configured = settings->socket_count > 0;
	size_t count = is_configured ? settings->socket_count : ROWS;
	struct runtime_source *sources;

	if (count > SOURCES_MAX)
		return -E2BIG;
	sources = calloc(count, sizeof(*sources));
	for (size_t i = 0; sources && i < count; i++) {
		struct runtime_source *source = &sources[i];
		int error = is_configured ? parse_socket(settings->sockets[i], source) :
					    make_usual(i, settings->root, source);

		if (!error && is_known_path(sources, i, source->path))
			error = -EEXIST;
		if (error) {
			sources_free(sources, i + 1);
			return error;
		}
		source->transfers = settings->transfers;
		source->runtimes = runtimes;
		source->bit = 1U << i;
	}
	*ret_sources = sources;
	*ret_count = sources ? count : 0;
	return sources ? 0 : -ENOMEM;
}

void sources_free(struct runtime_source *sources, size_t count)
{
	for (size_t i = 0; sources && i < count; i++) {
		source_stop(&sources[i]);
		free((char *)sources[i].path);
	}
	free(sources);
}

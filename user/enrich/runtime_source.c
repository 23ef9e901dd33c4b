/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a source: absent, waiting (its last try failed), started, up. The kinds say when they are up or down; they are
 * stopped only in a turn, never from inside of their own callbacks. */
#include "enrich/runtime_source.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/time.h"

#define FIRST_PAUSE_NS (500 * NS_PER_MS)
#define LAST_PAUSE_NS (30 * NS_PER_S)

static void set_reason(struct runtime_source *source, const char *reason)
{
	snprintf(source->reason, sizeof(source->reason), "%s", reason);
}

void source_stop(struct runtime_source *source)
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

void source_hide(struct runtime_source *source, const char *reason)
{
	source_stop(source);
	set_reason(source, reason);
	source->is_present = false;
}

void source_look(struct runtime_source *source)
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

/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_stream.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "http/http_answer.h"
#include "http/http_server.h"

#define RENDER_NS (5 * NS_PER_MS)           /* in one turn of the loop; the last rendering may take longer */
#define RENDERINGS_BYTES ((size_t)32 << 20) /* past it streams get a comment instead of events */

struct http_stream {
	struct mail mail;
	struct http_stream *next;   /* in http_streams.waiting */
	struct http *http;          /* NULL: it has not begun */
	struct http_client *client; /* NULL: its connection has ended, or not begun */
	bool is_away;               /* with the handlers, or on the way */
	bool is_over;               /* its user may see no more */
	/* Of whom it is with. */
	uint64_t tick; /* of the last events */
	size_t filled, sent,
		offset; /* bodies that are there, that were sent, and bytes of the next that were */
	struct http_body *bodies[HTTP_STREAM_PATHS];
	size_t path_count;
	const char *events[HTTP_STREAM_PATHS], *paths[HTTP_STREAM_PATHS];
	char texts[];
};

struct http_stream_rendering {
	struct http_stream_rendering *next;
	struct http_body *body;
	const char *event, *path;
	char texts[];
};

/* ---- one stream ---- */

struct http_stream *http_stream_new(const struct http_stream_path *paths, size_t count)
{
	size_t size = 0;
	struct http_stream *stream;
	char *at;

	if (count > HTTP_STREAM_PATHS)
		return NULL;
	for (size_t i = 0; i < count; i++)
		size += strlen(paths[i].event) + strlen(paths[i].path) + 2;
	stream = calloc(1, sizeof(*stream) + size);
	if (!stream)
		return NULL;
	at = stream->texts;
	for (size_t i = 0; i < count; i++) {
		stream->events[i] = at;
		at = stpcpy(at, paths[i].event) + 1;
		stream->paths[i] = at;
		at = stpcpy(at, paths[i].path) + 1;
	}
	stream->path_count = count;
	return stream;
}

static void drop_bodies(struct http_stream *stream)
{
	for (size_t i = 0; i < stream->filled; i++)
		http_body_unref(stream->bodies[i]);
	stream->filled = stream->sent = stream->offset = 0;
}

void http_stream_free(struct http_stream *stream)
{
	if (!stream)
		return;
	drop_bodies(stream);
	if (stream->http)
		stream->http->streams.count--;
	free(stream);
}

/* ---- in the loop of the handlers ---- */

static struct http_stream_rendering *find(const struct http_streams *streams, const char *event,
					  const char *path)
{
	for (struct http_stream_rendering *one = streams->renderings; one; one = one->next) {
		if (strcmp(one->path, path) == 0 && strcmp(one->event, event) == 0)
			return one;
	}
	return NULL;
}

static struct http_stream_rendering *add(struct http_streams *streams, const char *event, const char *path,
					 struct http_body *body)
{
	size_t event_size = strlen(event) + 1, path_size = strlen(path) + 1;
	struct http_stream_rendering *new = malloc(sizeof(*new) + event_size + path_size);

	if (!new)
		return NULL;
	new->body = body;
	new->event = memcpy(new->texts, event, event_size);
	new->path = memcpy(new->texts + event_size, path, path_size);
	new->next = streams->renderings;
	streams->renderings = new;
	return new;
}

static void forget_renderings(struct http_streams *streams)
{
	struct http_stream_rendering *one;

	while ((one = streams->renderings)) {
		streams->renderings = one->next;
		http_body_unref(one->body);
		free(one);
	}
}

/* An event of this tick; a reference, or NULL: out of memory, or more than may be. */
static struct http_body *render(struct http *http, const char *event, const char *path)
{
	struct http_streams *streams = &http->streams;
	const struct http_stream_rendering *known = find(streams, event, path);
	struct http_body *body;

	if (known)
		return http_body_ref(known->body);
	body = streams->bytes < RENDERINGS_BYTES ? http_body_new() : NULL;
	if (!body)
		return NULL;
	buffer_printf(&body->buffer, "event: %s\nid: %llu\ndata: ", event, (unsigned long long)streams->tick);
	http->config.render(http->config.render_context, path, &body->buffer);
	buffer_add_string(&body->buffer, "\n\n");
	http_body_account(body, &streams->bytes);
	if (body->buffer.failed || !add(streams, event, path, body)) {
		http_body_unref(body);
		return NULL;
	}
	return http_body_ref(body);
}

/* Instead of events that could not be made: the other side sees that it is alive. */
static struct http_body *make_comment(struct http *http)
{
	struct http_body *body = http_body_new();

	http->refused[HTTP_REFUSED_MEMORY]++;
	if (body)
		buffer_add_string(&body->buffer, ": too much is being sent\n\n");
	return body;
}

/* One step towards the events of this tick; true: they are complete. */
static bool fill(struct http *http, struct http_stream *stream)
{
	struct http_body *body = render(http, stream->events[stream->filled], stream->paths[stream->filled]);

	if (!body) {
		drop_bodies(stream);
		body = make_comment(http);
		stream->bodies[0] = body;
		stream->filled = body != NULL;
		return true;
	}
	stream->bodies[stream->filled++] = body;
	return stream->filled == stream->path_count;
}

static struct http_stream **find_hungry(struct http_streams *streams)
{
	for (struct http_stream **link = &streams->waiting; *link; link = &(*link)->next) {
		if ((*link)->tick != streams->tick)
			return link;
	}
	return NULL;
}

static void serve(void *context)
{
	struct http *http = context;
	struct http_streams *streams = &http->streams;
	uint64_t begin_ns = time_monotonic_ns();
	struct http_stream **link;

	while (streams->tick > 0 && (link = find_hungry(streams))) {
		struct http_stream *stream = *link;

		if (http->config.is_due && http->config.is_due(http->config.context))
			return; /* the tick goes on with it */
		if (time_monotonic_ns() - begin_ns >= RENDER_NS) {
			loop_set_alarm(http->main, streams->alarm, 0);
			return;
		}
		if (!fill(http, stream))
			continue;
		*link = stream->next;
		stream->tick = streams->tick;
		mailbox_put(&streams->feeds, &stream->mail);
	}
}

static void wait_at_end(struct http_streams *streams, struct http_stream *stream)
{
	struct http_stream **link = &streams->waiting;

	while (*link)
		link = &(*link)->next;
	stream->next = NULL;
	*link = stream;
}

static void on_wants(void *context)
{
	struct http *http = context;
	struct mail *mail;

	while ((mail = mailbox_take(&http->streams.wants)))
		wait_at_end(&http->streams, mail_of(mail, struct http_stream, mail));
	serve(http);
}

void http_tick(struct http *http)
{
	http->streams.tick++;
	forget_renderings(&http->streams);
	mailbox_wake(&http->requests);
	serve(http);
}

unsigned int http_streams(const struct http *http)
{
	return http->streams.count;
}

/* ---- by the thread of the connections ---- */

static void on_feeds(void *context)
{
	struct http *http = context;
	struct mail *mail;
	/* NULL while the file is wrong: nobody new is let in, and who is in stays until it says what is to be */
	const struct web_state *state = http_server_refresh(http);

	while ((mail = mailbox_take(&http->streams.feeds))) {
		struct http_stream *stream = mail_of(mail, struct http_stream, mail);

		stream->is_away = false;
		if (!stream->client) {
			http_stream_free(stream);
			continue;
		}
		stream->is_over = state && !http_answer_is_allowed(stream->client, state);
		http->refused[HTTP_REFUSED_USER] += stream->is_over;
		stream->client->is_waiting = stream->client->is_suspended = false;
		http_clients_touch(&http->clients, stream->client, true);
		MHD_resume_connection(stream->client->connection);
		http->has_resumed = true;
	}
}

void http_stream_begin(struct http *http, struct http_stream *stream, struct http_client *client)
{
	stream->http = http;
	stream->client = client;
	http->streams.count++;
}

void http_stream_end(struct http_stream *stream)
{
	if (!stream)
		return;
	stream->client = NULL;
	if (!stream->is_away)
		http_stream_free(stream);
}

ssize_t http_stream_read(void *cls, uint64_t position, char *data, size_t capacity)
{
	struct http_stream *stream = cls;
	struct http_client *client = stream->client;

	(void)position;
	if (stream->is_away) /* its connection is about to end */
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (stream->is_over)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	http_clients_touch(&stream->http->clients, client, true); /* it takes what it is sent */
	while (stream->sent < stream->filled) {
		const struct buffer *from = &stream->bodies[stream->sent]->buffer;
		size_t size = from->size - stream->offset;

		if (size > 0) {
			size = size < capacity ? size : capacity;
			memcpy(data, from->data + stream->offset, size);
			stream->offset += size;
			return (ssize_t)size;
		}
		stream->offset = 0;
		stream->sent++;
	}
	drop_bodies(stream);
	client->is_waiting = client->is_suspended = true;
	MHD_suspend_connection(client->connection);
	stream->is_away = true;
	mailbox_put(&stream->http->streams.wants, &stream->mail);
	return 0;
}

/* ---- begin and end ---- */

int http_stream_init(struct http *http)
{
	struct http_streams *streams = &http->streams;
	int error = mailbox_init(&streams->wants);

	streams->alarm = -1;
	if (error)
		return error;
	streams->has_wants = true;
	error = mailbox_init(&streams->feeds);
	if (error)
		return error;
	streams->has_feeds = true;
	error = loop_add_fd(http->main, streams->wants.fd, on_wants, http);
	error = error ?: loop_add_alarm(http->main, serve, http, &streams->alarm);
	return error ?: loop_add_fd(http->loop, streams->feeds.fd, on_feeds, http);
}

static void free_all(struct mailbox *box)
{
	struct mail *mail;

	while ((mail = mailbox_take(box)))
		http_stream_free(mail_of(mail, struct http_stream, mail));
	mailbox_done(box);
}

void http_stream_done(struct http *http)
{
	struct http_streams *streams = &http->streams;
	struct http_stream *stream;

	while ((stream = streams->waiting)) {
		streams->waiting = stream->next;
		http_stream_free(stream);
	}
	if (streams->has_wants) {
		loop_remove_fd(http->main, streams->wants.fd);
		loop_remove_alarm(http->main, streams->alarm);
		free_all(&streams->wants);
	}
	if (streams->has_feeds)
		free_all(&streams->feeds);
	forget_renderings(streams);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_exchange.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"

#define HANDLERS_NS (5 * NS_PER_MS) /* for handlers in one turn of the loop; the last may take longer */
#define UNREAD_MAX 4                /* replies wait no longer than this queue: each may be large */

struct news {
	struct mail mail;
	bool is_bad;
	char text[];
};

struct web_state *http_server_refresh(struct http *http)
{
	struct web_state *state = web_access_refresh(http->access);
	bool is_bad;
	const char *text = web_access_news(http->access, &is_bad);
	struct news *news = text ? malloc(sizeof(*news) + strlen(text) + 1) : NULL;

	if (news) {
		news->is_bad = is_bad;
		strcpy(news->text, text);
		mailbox_put(&http->news, &news->mail);
	}
	return state;
}

static void on_news(void *context)
{
	struct http *http = context;
	struct mail *mail;

	while ((mail = mailbox_take(&http->news))) {
		struct news *news = mail_of(mail, struct news, mail);

		if (http->config.on_news)
			http->config.on_news(http->config.context, news->is_bad, news->text);
		free(news);
	}
}

/* In the loop of the handlers: as many as fit into its turn. */
static void on_requests(void *context)
{
	struct http *http = context;
	uint64_t begin_ns = time_monotonic_ns();

	while (time_monotonic_ns() - begin_ns < HANDLERS_NS) {
		struct http_client *client;
		struct mail *mail;

		if (http->unread >= UNREAD_MAX) {
			mailbox_rest(&http->requests);
			if (http->unread >= UNREAD_MAX) /* else they were read meanwhile */
				return;
		}
		if (http->config.is_due && http->config.is_due(http->config.context)) {
			mailbox_rest(&http->requests);
			return;
		}
		mail = mailbox_take(&http->requests);
		if (!mail)
			return;
		client = mail_of(mail, struct http_client, ticket.mail);
		client->route->handler(client->route->context, &client->request, &client->reply);
		http->unread++;
		mailbox_put(&http->replies, mail);
	}
}

/* In the loop of the connections: what they waited for. */
static void on_replies(void *context)
{
	struct http *http = context;
	struct mail *mail;

	while ((mail = mailbox_take(&http->replies))) {
		struct http_client *client = mail_of(mail, struct http_client, ticket.mail);

		if (mail == &http->end) {
			loop_stop(http->loop);
			return;
		}
		if (client->step == HTTP_STEP_HANDLER) {
			client->step = HTTP_STEP_REPLY;
			if (http->unread-- == UNREAD_MAX)
				mailbox_wake(&http->requests);
		} else {
			web_auth_settle(http->auth, &client->ticket);
		}
		client->is_suspended = false;
		MHD_resume_connection(client->connection);
		http->has_resumed = true;
	}
}

int http_exchange_init(struct http *http)
{
	int error = mailbox_init(&http->requests);

	if (error)
		return error;
	http->has_requests = true;
	error = mailbox_init(&http->news);
	if (error)
		return error;
	http->has_news = true;
	error = mailbox_init(&http->replies);
	if (error)
		return error;
	http->has_replies = true;
	error = loop_add_fd(http->main, http->requests.fd, on_requests, http);
	error = error ?: loop_add_fd(http->main, http->news.fd, on_news, http);
	return error ?: loop_add_fd(http->loop, http->replies.fd, on_replies, http);
}

void http_exchange_done(struct http *http)
{
	if (http->has_requests) {
		loop_remove_fd(http->main, http->requests.fd);
		mailbox_done(&http->requests);
	}
	if (http->has_news) {
		on_news(http);
		loop_remove_fd(http->main, http->news.fd);
		mailbox_done(&http->news);
	}
	if (http->has_replies)
		mailbox_done(&http->replies);
}

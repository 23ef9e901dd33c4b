/* SPDX-License-Identifier: Apache-2.0 */
/* Questions to a daemon over HTTP. What is answered is taken for hostile: bounded in size, in time and in the number of values;
 * jansson itself refuses nesting deeper than 2,048. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/json_text.h"
#include "base/time.h"
#include "base/transfer.h"
#include "base/url.h"
#include "client/source_ops.h"

#define ANSWER_MAX ((size_t)64 << 20)
#define ANSWER_TIMEOUT_NS (10 * NS_PER_S)
#define PASSWORD_MAX 4096
#define CONNECTIONS_MAX 4 /* of the 32 that a daemon serves at a time by default */
#define PROBLEM_SIZE 512

struct question {
	struct daemon_source *daemon;
	struct question *next, **link; /* *link is this one */
	struct transfer *transfer;
	char *path;
	source_answer *answer;
	void *context;
};

struct daemon_source {
	struct source source; /* its name is the URL */
	struct transfers *transfers;
	bool is_local, insecure;
	char *user, *password, *ca_file;
	struct question *first;
};

static void question_free(struct question *question)
{
	if (!question)
		return;
	if (question->link) {
		*question->link = question->next;
		if (question->next)
			question->next->link = question->link;
	}
	free(question->path);
	free(question);
}
CLEANUP_FREE(question)

static void daemon_source_free(struct source *source)
{
	struct daemon_source *daemon = (struct daemon_source *)source;

	while (daemon->first)
		question_free(daemon->first);
	transfers_free(daemon->transfers);
	if (daemon->password)
		explicit_bzero(daemon->password, strlen(daemon->password));
	free(daemon->password);
	free(daemon->user);
	free(daemon->ca_file);
	free(source->name);
	free(daemon);
}

/* ---- what went wrong, in a line ---------------------------------------------------------------------------------- */

static const char *transfer_problem(int error)
{
	switch (error) {
	case -ECONNREFUSED:
		return "nobody listens there: is `ktally run` running?";
	case -ETIMEDOUT:
		return "no answer in time";
	case -EFBIG:
		return "the answer is larger than 64 MiB";
	case -ENOENT:
		return "the host's name is not known";
	case -ECONNRESET:
		return "the connection was closed before the answer was whole";
	default:
		return NULL;
	}
}

static const char *status_problem(const struct daemon_source *daemon, unsigned int status)
{
	switch (status) {
	case 401:
		return daemon->user || daemon->password ?
			       "user or password is wrong" :
			       "asks for a user and a password (--user, --password-file)";
	case 403:
		return "not allowed";
	case 404:
		return "knows no such question: not ktally, or an older one";
	case 503:
		return "too busy, or not ready yet";
	default:
		return NULL;
	}
}

/* What the daemon says itself: {"error": "..."}. */
static json_t *find_error(const struct transfer_answer *answer)
{
	return json_text_parse(answer->body, answer->size, 0);
}

static void describe_problem(const struct daemon_source *daemon, const struct transfer_answer *answer,
			     const struct message *ret_problem)
{
	const char *name = daemon->source.name, *text;
	const char *said;
	json_t *json;

	if (answer->error == -EKEYREJECTED) {
		message_fail(ret_problem, 0,
			     "%s: its certificate is not believed (--ca-file names authorities): %s", name,
			     answer->reason);
		return;
	}
	if (answer->error) {
		text = transfer_problem(answer->error);
		message_fail(ret_problem, 0, "%s: %s", name, text ?: answer->reason);
		return;
	}
	json = find_error(answer);
	said = json_string_value(json_object_get(json, "error"));
	text = status_problem(daemon, answer->status);
	if (answer->status == 401 && text)
		said = NULL; /* what to do is more than what is wrong */
	if (said || text)
		message_fail(ret_problem, 0, "%s: %s", name, said ?: text);
	else
		message_fail(ret_problem, 0, "%s: HTTP status %u", name, answer->status);
	json_decref(json);
}

/* ---- questions --------------------------------------------------------------------------------------------------- */

static void question_done(void *context, struct transfer *transfer, const struct transfer_answer *answer)
{
	struct question *question = context;
	const struct daemon_source *daemon = question->daemon;
	char problem[PROBLEM_SIZE];
	const struct message message = { problem, sizeof(problem) };
	json_t *json = NULL;

	(void)transfer;
	question->transfer = NULL;
	if (answer->error || answer->status != 200) {
		describe_problem(daemon, answer, &message);
	} else {
		json = json_text_parse(answer->body, answer->size, 0);
		if (!json_is_object(json)) {
			json_decref(json);
			json = NULL;
			message_fail(&message, 0, "%s: the answer is not what ktally says",
				     daemon->source.name);
		}
	}
	/* Out of the list first: the callback may cancel and free. */
	*question->link = question->next;
	if (question->next)
		question->next->link = question->link;
	question->link = NULL;
	question->answer(question->context, question->path, json, json ? NULL : problem);
	json_decref(json);
	question_free(question);
}

static int daemon_source_ask(struct source *source, const char *path, source_answer *answer, void *context)
{
	static const char *const headers[] = { "Accept: application/json", NULL };
	struct daemon_source *daemon = (struct daemon_source *)source;
	_cleanup_(cleanup_question) struct question *question = calloc(1, sizeof(*question));
	_cleanup_(cleanup_free) char *url = NULL;
	struct transfer_request request = {
		.no_proxy = daemon->is_local,
		.gzip = !daemon->is_local,
		.user = daemon->user,
		.password = daemon->password,
		.ca_file = daemon->ca_file,
		.insecure = daemon->insecure,
		.headers = headers,
		.limit_bytes = ANSWER_MAX,
		.timeout_ns = ANSWER_TIMEOUT_NS,
		.done = question_done,
		.context = question,
	};
	int error;

	if (!question)
		return -ENOMEM;
	if (asprintf(&url, "%s%s", source->name, path) < 0) {
		url = NULL;
		return -ENOMEM;
	}
	question->daemon = daemon;
	question->path = strdup(path);
	question->answer = answer;
	question->context = context;
	if (!question->path)
		return -ENOMEM;
	request.url = url;
	error = transfer_start(daemon->transfers, &request, &question->transfer);
	if (error)
		return error;
	question->next = daemon->first;
	question->link = &daemon->first;
	if (question->next)
		question->next->link = &question->next;
	daemon->first = take_ptr(question);
	return 0;
}

static void daemon_source_cancel(struct source *source, const void *context)
{
	struct daemon_source *daemon = (struct daemon_source *)source;
	struct question *next;

	for (struct question *question = daemon->first; question; question = next) {
		next = question->next;
		if (question->context != context)
			continue;
		transfer_cancel(question->transfer);
		question_free(question);
	}
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static int read_password(const char *file, char **ret_password, const struct message *message)
{
	char text[PASSWORD_MAX];
	ssize_t size = file_read_at(AT_FDCWD, file, text, sizeof(text));

	if (size < 0)
		return message_fail(message, (int)size, "cannot read password file '%s': %s", file,
				    strerror((int)-size));
	text[strcspn(text, "\r\n")] = '\0';
	*ret_password = strdup(text);
	explicit_bzero(text, sizeof(text));
	return *ret_password ? 0 : message_fail(message, -ENOMEM, "out of memory");
}

static int copy_text(const char *text, char **ret_copy, const struct message *message)
{
	if (!text)
		return 0;
	*ret_copy = strdup(text);
	return *ret_copy ? 0 : message_fail(message, -ENOMEM, "out of memory");
}

static int copy_settings(struct daemon_source *daemon, const struct source_settings *settings,
			 const struct message *message)
{
	int error = url_parse_base(settings->url ?: SOURCE_DEFAULT_URL, &daemon->source.name,
				   &daemon->is_local, message);

	error = error ?: copy_text(settings->user, &daemon->user, message);
	error = error ?: copy_text(settings->ca_file, &daemon->ca_file, message);
	if (!error && settings->ca_file && access(settings->ca_file, R_OK) < 0)
		error = message_fail(message, -errno, "cannot read certificates '%s': %s", settings->ca_file,
				     strerror(errno));
	if (!error && settings->password_file)
		error = read_password(settings->password_file, &daemon->password, message);
	daemon->insecure = settings->insecure;
	return error;
}

int source_open_daemon(struct loop *loop, const struct source_settings *settings, struct source **ret_source,
		       const struct message *message)
{
	static const struct source_ops ops = {
		.free = daemon_source_free,
		.ask = daemon_source_ask,
		.cancel = daemon_source_cancel,
	};
	struct daemon_source *daemon = calloc(1, sizeof(*daemon));
	int error;

	if (!daemon)
		return message_fail(message, -ENOMEM, "out of memory");
	daemon->source.ops = &ops;
	error = copy_settings(daemon, settings, message);
	if (!error) {
		error = transfers_new(loop, &daemon->transfers);
		if (error)
			message_fail(message, error, "cannot begin transfers: %s", strerror(-error));
	}
	if (error) {
		daemon_source_free(&daemon->source);
		return error;
	}
	transfers_limit(daemon->transfers, CONNECTIONS_MAX);
	*ret_source = &daemon->source;
	return 0;
}

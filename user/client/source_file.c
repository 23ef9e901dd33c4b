/* SPDX-License-Identifier: Apache-2.0 */
/* Answers from a recording. Questions wait in a list for the loop's next turn, so that nobody is answered inside of asking; each
 * keeps the number of the snapshot that was the current one when it was asked. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "client/recording.h"
#include "client/snapshot.h"
#include "client/source_ops.h"

#define PROBLEM_SIZE 512
#define US_PER_S 1e6

struct question {
	struct question *next;
	size_t index;
	char *path;
	source_answer *answer;
	void *context;
};

struct file_source {
	struct source source; /* its name is the path */
	struct loop *loop;
	int alarm;
	struct recording *recording;
	json_t *head;
	size_t index;
	struct question *first, **last;
};

static void question_free(struct question *question)
{
	if (!question)
		return;
	free(question->path);
	free(question);
}
CLEANUP_FREE(question)

static struct question *take_first(struct file_source *file)
{
	struct question *question = file->first;

	if (!question)
		return NULL;
	file->first = question->next;
	if (!file->first)
		file->last = &file->first;
	return question;
}

static void file_source_free(struct source *source)
{
	struct file_source *file = (struct file_source *)source;
	struct question *question;

	while ((question = take_first(file)))
		question_free(question);
	loop_remove_alarm(file->loop, file->alarm);
	recording_free(file->recording);
	json_decref(file->head);
	free(source->name);
	free(file);
}

/* ---- answers ----------------------------------------------------------------------------------------------------- */

/* {"answer": ...}, {"problem": ...}, or NULL with a problem. */
static json_t *find_line(struct file_source *file, const struct question *question,
			 const struct message *ret_problem)
{
	const char *name = snapshot_name_of(question->path);
	const char *text;
	size_t size;
	json_t *line;

	if (!name) {
		message_fail(ret_problem, 0, "%s: this is not in the recording", file->source.name);
		return NULL;
	}
	if (recording_read(file->recording, question->index, &text, &size, ret_problem))
		return NULL;
	line = snapshot_find(text, size, name);
	if (!line)
		message_fail(ret_problem, 0, "%s: snapshot %zu has no %s", file->source.name,
			     question->index + 1, name);
	return line;
}

static void answer_question(struct file_source *file, const struct question *question)
{
	char problem[PROBLEM_SIZE];
	const struct message message = { problem, sizeof(problem) };
	json_t *line = find_line(file, question, &message);
	json_t *answer = json_object_get(line, "answer");

	if (line && !answer)
		message_fail(&message, 0, "%s: %s", file->source.name,
			     json_string_value(json_object_get(line, "problem")));
	question->answer(question->context, question->path, answer, answer ? NULL : problem);
	json_decref(line);
}

static void answer_first(void *context)
{
	struct file_source *file = context;
	_cleanup_(cleanup_question) struct question *question = take_first(file);

	/* One a turn: keys and resizes come in between. */
	if (file->first)
		loop_set_alarm(file->loop, file->alarm, 0);
	if (question)
		answer_question(file, question);
}

static int file_source_ask(struct source *source, const char *path, source_answer *answer, void *context)
{
	struct file_source *file = (struct file_source *)source;
	_cleanup_(cleanup_question) struct question *question = calloc(1, sizeof(*question));
	int error;

	if (!question)
		return -ENOMEM;
	question->index = file->index;
	question->answer = answer;
	question->context = context;
	question->path = strdup(path);
	if (!question->path)
		return -ENOMEM;
	error = loop_set_alarm(file->loop, file->alarm, 0);
	if (error)
		return error;
	*file->last = question;
	file->last = &question->next;
	take_ptr(question);
	return 0;
}

static void file_source_cancel(struct source *source, const void *context)
{
	struct file_source *file = (struct file_source *)source;
	struct question **link = &file->first;

	while (*link) {
		struct question *question = *link;

		if (question->context != context) {
			link = &question->next;
			continue;
		}
		*link = question->next;
		question_free(question);
	}
	file->last = link;
}

/* ---- moving ------------------------------------------------------------------------------------------------------ */

static double get_time(const struct file_source *file, size_t index)
{
	return (double)recording_time_us(file->recording, index) / US_PER_S;
}

static void file_source_span(const struct source *source, struct source_span *ret_span)
{
	const struct file_source *file = (const struct file_source *)source;
	size_t count = recording_snapshots(file->recording);
	const char *host = json_string_value(json_object_get(file->head, "host"));
	const char *version = json_string_value(json_object_get(file->head, "version"));
	double interval = json_number_value(json_object_get(file->head, "interval_seconds"));

	*ret_span = (struct source_span){
		.first = get_time(file, 0),
		.last = get_time(file, count - 1),
		.interval_seconds = isfinite(interval) && interval > 0 ? interval : 0,
		.count = count,
		.index = file->index,
		.time = get_time(file, file->index),
		.host = host ?: "",
		.version = version ?: "",
	};
}

static bool file_source_seek(struct source *source, size_t index)
{
	struct file_source *file = (struct file_source *)source;
	size_t count = recording_snapshots(file->recording);
	size_t before = file->index;

	file->index = index < count ? index : count - 1;
	return file->index != before;
}

static size_t file_source_find(const struct source *source, double time)
{
	const struct file_source *file = (const struct file_source *)source;
	size_t count = recording_snapshots(file->recording), found = 0;

	/* Not by halves: the clock of the host may have been set back. */
	for (size_t i = 0; i < count; i++) {
		if (get_time(file, i) <= time)
			found = i;
	}
	return found;
}

static const char *file_source_warning(const struct source *source)
{
	return recording_warning(((const struct file_source *)source)->recording);
}

int source_open_file(struct loop *loop, const char *path, struct source **ret_source,
		     const struct message *message)
{
	static const struct source_ops ops = {
		.free = file_source_free,
		.ask = file_source_ask,
		.cancel = file_source_cancel,
		.span = file_source_span,
		.seek = file_source_seek,
		.find = file_source_find,
		.warning = file_source_warning,
	};
	struct file_source *file = calloc(1, sizeof(*file));
	int error;

	if (!file)
		return message_fail(message, -ENOMEM, "out of memory");
	file->source.ops = &ops;
	file->loop = loop;
	file->last = &file->first;
	file->alarm = -1;
	error = recording_open(path, &file->recording, message);
	if (!error) {
		file->source.name = strdup(path);
		file->head = json_loads(recording_head(file->recording), 0, NULL);
		error = file->source.name ? loop_add_alarm(loop, answer_first, file, &file->alarm) : -ENOMEM;
		if (error)
			message_fail(message, error, "cannot open '%s': %s", path, strerror(-error));
	}
	if (error) {
		file_source_free(&file->source);
		return error;
	}
	*ret_source = &file->source;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each interval is a round: all questions of a snapshot are asked at once, and when the last answer has come the snapshot is written. The file is
 * made with the first snapshot, when the daemon has told who it is. Standard error tells what goes wrong, standard output what became of the file.
 */
#include "client/record.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/time.h"
#include "client/record_options.h"
#include "client/recording.h"
#include "client/snapshot.h"
#include "client/source.h"

#define MESSAGE_SIZE 1024

struct answer {
	struct record *record;
	size_t question;
	json_t *json;
	char *problem;
};

struct record {
	const struct record_options *options;
	struct loop *loop;
	struct source *source;
	struct recording_writer *writer; /* NULL before the first snapshot */
	struct answer answers[SNAPSHOT_QUESTIONS];
	size_t awaited;
	uint64_t begun_us; /* when the round was asked */
	uint64_t skipped;  /* rounds, because the one before was not over */
	bool is_gone;      /* the daemon did not answer in the last round, which was told */
	int status;
	char text[MESSAGE_SIZE];
};

static void complain(const char *text)
{
	fprintf(stderr, "ktally record: %s\n", text);
}

static void end_with(struct record *record, int status)
{
	record->status = status;
	loop_stop(record->loop);
}

/* ---- a round ----------------------------------------------------------------------------------------------------- */

static void forget_answers(struct record *record)
{
	for (size_t i = 0; i < SNAPSHOT_QUESTIONS; i++) {
		struct answer *answer = &record->answers[i];

		json_decref(answer->json);
		free(answer->problem);
		*answer = (struct answer){ .record = record, .question = i };
	}
}

/* What the head of the file says: from the first answer, which is about the node. */
static char *make_head(const struct record *record)
{
	json_t *node = record->answers[0].json, *head;
	const char *host = json_string_value(json_object_get(node, "hostname"));
	const char *version = json_string_value(json_object_get(node, "version"));
	char *text = NULL;

	head = json_pack("{s:s, s:s, s:f, s:f, s:s}", "host", host ?: "", "version", version ?: "",
			 "start_seconds", (double)record->begun_us / 1e6, "interval_seconds",
			 (double)record->options->interval_ns / 1e9, "url", source_name(record->source));
	if (head)
		text = json_dumps(head, JSON_COMPACT);
	json_decref(head);
	return text;
}

static int begin_file(struct record *record)
{
	const struct message message = { record->text, sizeof(record->text) };
	_cleanup_(cleanup_free) char *head = make_head(record);

	if (!head)
		return message_fail(&message, -ENOMEM, "out of memory");
	return recording_create(record->options->file, record->options->replace, record->options->limit_bytes,
				head, &record->writer, &message);
}

static int write_snapshot(struct record *record)
{
	const struct message message = { record->text, sizeof(record->text) };
	_cleanup_(buffer_done) struct buffer text = {};
	int error = record->writer ? 0 : begin_file(record);

	if (error)
		return error;
	for (size_t i = 0; i < SNAPSHOT_QUESTIONS; i++)
		snapshot_add(&text, snapshot_questions[i].name, record->answers[i].json,
			     record->answers[i].problem);
	if (text.failed)
		return message_fail(&message, -ENOMEM, "out of memory");
	return recording_add(record->writer, record->begun_us, text.data, text.size, &message);
}

/* Nothing was answered: the daemon is not there. Before the first snapshot that ends it, later it is told once. */
static bool check_presence(struct record *record)
{
	for (size_t i = 0; i < SNAPSHOT_QUESTIONS; i++) {
		if (record->answers[i].json) {
			if (record->is_gone)
				complain("the daemon answers again");
			record->is_gone = false;
			return true;
		}
	}
	if (!record->is_gone)
		complain(record->answers[0].problem ?: "out of memory");
	if (!record->writer)
		end_with(record, EXIT_FAILURE);
	record->is_gone = true;
	return false;
}

static void finish_round(struct record *record)
{
	int error;

	if (check_presence(record)) {
		error = write_snapshot(record);
		if (error)
			complain(record->text);
		/* The size that was asked for is an end as good as the duration; a full disk is not. */
		if (error)
			end_with(record, record->writer && recording_is_full(record->writer) ? EXIT_SUCCESS :
											       EXIT_FAILURE);
	}
	forget_answers(record);
}

static void take_answer(void *context, const char *path, json_t *json, const char *problem)
{
	struct answer *answer = context;

	(void)path;
	answer->json = json_incref(json);
	answer->problem = problem ? strdup(problem) : NULL;
	if (--answer->record->awaited == 0)
		finish_round(answer->record);
}

static void begin_round(void *context)
{
	struct record *record = context;

	if (record->awaited > 0) {
		record->skipped++;
		return;
	}
	record->begun_us = time_realtime_ns() / NS_PER_US;
	forget_answers(record);
	record->awaited = SNAPSHOT_QUESTIONS;
	for (size_t i = 0; i < SNAPSHOT_QUESTIONS; i++) {
		if (source_ask(record->source, snapshot_questions[i].path, take_answer, &record->answers[i]))
			take_answer(&record->answers[i], NULL, NULL, "out of memory");
	}
}

/* ---- the command ------------------------------------------------------------------------------------------------- */

static void stop_by_signal(void *context, int signal)
{
	(void)signal;
	loop_stop(((struct record *)context)->loop);
}

static void stop_by_time(void *context)
{
	loop_stop(((struct record *)context)->loop);
}

static int setup(struct record *record)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	const struct record_options *options = record->options;
	const struct message message = { record->text, sizeof(record->text) };
	int error, alarm;

	/* Before anybody is asked; recording_create() looks again. */
	if (!options->replace && access(options->file, F_OK) == 0)
		return message_fail(&message, -EEXIST, "'%s' is there already (--force overwrites it)",
				    options->file);
	error = loop_new(&record->loop);
	error = error ?: loop_add_signals(record->loop, signals, 3, stop_by_signal, record);
	error = error ?: loop_add_timer(record->loop, options->interval_ns, begin_round, record);
	if (!error && options->duration_ns) {
		error = loop_add_alarm(record->loop, stop_by_time, record, &alarm);
		error = error ?: loop_set_alarm(record->loop, alarm, options->duration_ns);
	}
	if (error)
		return message_fail(&message, error, "cannot begin: %s", strerror(-error));
	return source_open_daemon(record->loop, &options->source, &record->source, &message);
}

/* Says what became of the file. */
static void finish(struct record *record)
{
	const struct message message = { record->text, sizeof(record->text) };
	uint64_t size;

	if (!record->writer) {
		if (record->status == EXIT_SUCCESS)
			complain("ended before the first snapshot: no file was made");
		record->status = EXIT_FAILURE;
		return;
	}
	if (recording_finish(record->writer, &message)) {
		complain(record->text);
		record->status = EXIT_FAILURE;
	}
	size = recording_size(record->writer);
	printf("%s: %zu snapshots, %" PRIu64 " bytes", record->options->file, recording_count(record->writer),
	       size);
	if (record->skipped)
		printf(", %" PRIu64 " left out because the daemon was slow", record->skipped);
	printf("\n");
}

int record_main(int argc, char **argv)
{
	struct record_options options;
	struct record record = { .options = &options };
	int status;

	if (record_options_parse(&options, argc, argv, &status))
		return status;
	if (setup(&record)) {
		complain(record.text);
		record.status = EXIT_FAILURE;
	} else {
		begin_round(&record);
		loop_run(record.loop);
		source_free(take_ptr(record.source));
		finish(&record);
	}
	forget_answers(&record);
	source_free(record.source);
	recording_writer_free(record.writer);
	loop_free(record.loop);
	return record.status;
}

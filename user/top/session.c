/* SPDX-License-Identifier: Apache-2.0 */
#include "top/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/duration.h"
#include "base/time.h"
#include "top/derive.h"
#include "top/scope.h"

void session_init(struct session *session, struct source *source, struct browser *browser,
		  session_round *round, void *context)
{
	*session =
		(struct session){ .source = source, .browser = browser, .round = round, .context = context };
	for (enum session_question i = 0; i < SESSION_QUESTIONS; i++)
		session->slots[i] = (struct session_slot){ .session = session, .question = i };
	session->header.source = source_name(source);
	session->header.replay = source_is_file(source);
	session->header.warning = source_warning(source);
	browser->replay = session->header.replay;
}

static void drop(struct session_slot *slot)
{
	if (slot->path)
		source_cancel(slot->session->source, slot);
	free(slot->path);
	free(slot->problem);
	slot->path = slot->problem = NULL;
}

void session_done(struct session *session)
{
	for (enum session_question i = 0; i < SESSION_QUESTIONS; i++)
		drop(&session->slots[i]);
	header_done(&session->header);
}

bool session_is_waiting(const struct session *session)
{
	for (enum session_question i = 0; i < SESSION_QUESTIONS; i++)
		if (session->slots[i].path)
			return true;
	return false;
}

const char *session_problem(const struct session *session)
{
	return session->slots[SESSION_LIST].problem ?: session->slots[SESSION_NODE].problem;
}

/* ---- paths ---- */

/* Views whose items are long: only what is shown is asked for. */
static bool has_fields(const struct session *session, enum view_id kind)
{
	return !session->header.replay && !session->all_fields[kind] &&
	       (kind <= VIEW_PROCESSES || kind == VIEW_FILES);
}

struct fields {
	const char *list[VIEW_COLUMNS_MAX + 8];
	size_t count;
};

static void add_field(struct fields *fields, const char *field)
{
	for (size_t i = 0; i < fields->count; i++)
		if (strcmp(fields->list[i], field) == 0)
			return;
	fields->list[fields->count++] = field;
	fields->list[fields->count] = NULL;
}

static void add_column(struct fields *fields, enum view_id kind, const struct column *column)
{
	const char *sources[2];
	size_t count = derive_sources(kind, column->field, sources);

	if (!(column->views & 1u << kind))
		return;
	for (size_t i = 0; i < count; i++)
		add_field(fields, sources[i]);
}

/* Of items of `kind`: names, columns that `view` shows, and what it is sorted by. */
static void choose_fields(const struct browser *browser, enum view_id view, enum view_id kind,
			  struct fields *fields)
{
	static const char *const names[] = {
		"namespace", "pod", "container", "program", "kind", "id", "pid"
	};
	const struct browser_view *state = &browser->views[view];
	const struct column *column;
	const char *name;
	size_t length;

	for (unsigned int n = 0; (name = view_name(kind, n, &length)), length > 0; n++)
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (strlen(names[i]) == length && strncmp(names[i], name, length) == 0)
				add_field(fields, names[i]);
	if (kind == VIEW_CONTAINERS)
		add_field(fields, "alive");
	for (size_t position = 0; (column = view_column(view, &position));)
		if (layout_has(&state->columns, view, column, browser->width))
			add_column(fields, kind, column);
	add_column(fields, kind, state->sort);
}

/* More than one answer holds: the daemon has to choose. */
static void narrow(const struct browser *browser, struct scope_part *part, char *sort, size_t size)
{
	const struct browser_view *view = browser_view(browser);
	const char *sources[2];

	if (browser->items.total <= json_array_size(browser->items.list) ||
	    browser_place(browser)->view >= VIEW_THREADS)
		return;
	derive_sources(browser_place(browser)->view, view->sort->field, sources);
	snprintf(sort, size, "%s%s", view->descending ? "-" : "", sources[0]);
	part->sort = sort;
	part->filter = browser_place(browser)->filter;
}

/* Of what kind the items are that a question brings. */
static enum view_id kind_of(const struct session *session, enum session_question question)
{
	enum view_id view = browser_place(session->browser)->view;

	switch (question) {
	case SESSION_NODE:
		return VIEW_NODE;
	case SESSION_PODS:
		return VIEW_PODS;
	case SESSION_PROGRAMS:
		return VIEW_PROGRAMS;
	default:
		return view == VIEW_TREE ? VIEW_CONTAINERS : view;
	}
}

static void make_path(struct session *session, enum session_question question, struct buffer *path)
{
	const struct browser *browser = session->browser;
	const struct browser_place *place = browser_place(browser);
	enum view_id kind = kind_of(session, question);
	struct fields fields = {};
	struct scope_part part = {};
	char sort[128];

	if (question != SESSION_NODE && has_fields(session, kind)) {
		choose_fields(browser, place->view, kind, &fields);
		part.fields = fields.list;
	}
	if (question == SESSION_LIST)
		narrow(browser, &part, sort, sizeof(sort));
	scope_path(path, kind, question == SESSION_LIST ? place->scope : NULL, &part);
	if (kind == VIEW_EVENTS && !session->header.replay && session->last_event > 0) {
		char after[32];

		snprintf(after, sizeof(after), "%lld", (long long)session->last_event);
		scope_add(path, "after", after);
	}
}

/* ---- answers ---- */

static void take_list(struct session *session, struct items *items, enum view_id view, json_t *answer,
		      struct session_slot *slot)
{
	if (items_take(items, view, answer, session->header.replay)) {
		slot->problem = strdup("the answer is not what the API says");
		return;
	}
	if (view == VIEW_EVENTS) {
		json_int_t newest = json_integer_value(json_object_get(answer, "newest"));

		/* numbers that begin again: another daemon, which is asked for all of its own */
		session->last_event = newest < session->last_event ? 0 : newest;
	}
}

static void take_answer(struct session_slot *slot, json_t *answer)
{
	struct session *session = slot->session;
	struct browser *browser = session->browser;
	enum view_id view = browser_place(browser)->view;

	switch (slot->question) {
	case SESSION_NODE:
		header_take(&session->header, answer);
		break;
	case SESSION_LIST:
		take_list(session, &browser->items, view, answer, slot);
		break;
	case SESSION_PODS:
		take_list(session, &browser->pods, VIEW_PODS, answer, slot);
		break;
	case SESSION_PROGRAMS:
		take_list(session, &browser->programs, VIEW_PROGRAMS, answer, slot);
		break;
	case SESSION_QUESTIONS:
		break;
	}
}

static void on_answer(void *context, const char *path, json_t *answer, const char *problem)
{
	struct session_slot *slot = context;
	struct session *session = slot->session;
	enum view_id kind = kind_of(session, slot->question);
	bool with_fields = strstr(path, "fields=");

	free(slot->path);
	free(slot->problem);
	slot->path = slot->problem = NULL;
	if (answer)
		take_answer(slot, answer);
	else
		slot->problem = strdup(problem);
	/* another version of the daemon may not know one of them */
	if (!answer && with_fields && strstr(problem, "field") && !session->all_fields[kind]) {
		session->all_fields[kind] = true;
		session_ask(session);
	}
	session->header.problem = session_problem(session);
	if (session_is_waiting(session))
		return;
	browser_refresh(session->browser);
	session->round(session, session->context);
}

static void ask(struct session *session, enum session_question question)
{
	struct session_slot *slot = &session->slots[question];
	struct buffer path = {};

	make_path(session, question, &path);
	buffer_add(&path, "", 1);
	if (!path.failed && !(slot->path && strcmp(slot->path, path.data) == 0)) {
		if (slot->path)
			source_cancel(session->source, slot);
		free(slot->path);
		slot->path = strdup(path.data);
		if (slot->path && source_ask(session->source, path.data, on_answer, slot)) {
			free(slot->path);
			slot->path = NULL;
		}
	}
	buffer_done(&path);
}

void session_ask(struct session *session)
{
	bool is_tree = browser_place(session->browser)->view == VIEW_TREE;

	if (session->header.replay) {
		struct source_span span;

		source_span(session->source, &span);
		session->header.index = span.index;
		session->header.count = span.count;
	}
	session->header.interval_seconds = (double)session->browser->interval_ns / NS_PER_S;
	session->header.paused = session->browser->paused;
	ask(session, SESSION_NODE);
	ask(session, SESSION_LIST);
	if (is_tree) {
		ask(session, SESSION_PODS);
		ask(session, SESSION_PROGRAMS);
	}
}

void session_ask_anew(struct session *session)
{
	for (enum session_question i = SESSION_LIST; i < SESSION_QUESTIONS; i++)
		drop(&session->slots[i]);
	session->header.problem = session_problem(session);
	session->last_event = 0;
	session_ask(session);
}

/* ---- files ---- */

bool session_step(struct session *session, long by)
{
	return source_step(session->source, by);
}

/* Seconds of the day, "12:03" or "12:03:20", on the day of `time`. */
static bool clock_time(const char *text, double time, double *ret_time)
{
	time_t seconds = (time_t)time;
	int hour, minute, second = 0, end = 0;
	struct tm tm;

	if (sscanf(text, "%2d:%2d%n:%2d%n", &hour, &minute, &end, &second, &end) < 2 || text[end] ||
	    !localtime_r(&seconds, &tm))
		return false;
	tm.tm_hour = hour;
	tm.tm_min = minute;
	tm.tm_sec = second;
	tm.tm_isdst = -1;
	*ret_time = (double)mktime(&tm);
	return true;
}

bool session_jump(struct session *session, const char *text)
{
	struct source_span span;
	uint64_t ns;
	double time;

	if (!source_is_file(session->source))
		return false;
	source_span(session->source, &span);
	/* a fraction of the second typed belongs to it */
	if (clock_time(text, span.time, &time))
		return source_seek_time(session->source, time + 0.999);
	if ((*text == '+' || *text == '-') && duration_parse(text + 1, &ns) == 0)
		return source_seek_time(session->source,
					span.time + (*text == '-' ? -1 : 1) * ((double)ns / NS_PER_S) +
						0.001);
	if (text[0] && !text[strspn(text, "0123456789")])
		return source_seek(session->source, (size_t)strtoul(text, NULL, 10) - 1);
	return false;
}

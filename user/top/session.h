/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Asks a source for what the browser looks at, and gives it the answers. Knows no terminal. */
#include "base/loop.h"
#include "top/browser.h"
#include "top/header.h"
#include "client/source.h"

enum session_question { SESSION_NODE, SESSION_LIST, SESSION_PODS, SESSION_PROGRAMS, SESSION_QUESTIONS };

struct session;
/* All that was asked has been answered, or will not be. */
typedef void session_round(struct session *session, void *context);

struct session {
	struct source *source; /* borrowed */
	struct browser *browser;
	struct header header;
	struct session_slot {
		struct session *session;
		enum session_question question;
		char *path; /* under way; NULL: none */
		char *problem;
	} slots[SESSION_QUESTIONS];
	bool all_fields[VIEWS]; /* the daemon did not like to be asked for some */
	json_int_t last_event;
	session_round *round;
	void *context;
};

void session_init(struct session *session, struct source *source, struct browser *browser,
		  session_round *round, void *context);
/* Forgets what is under way. Before the source ends. */
void session_done(struct session *session);

/* Asks for what the place needs, but not again for what is under way. */
void session_ask(struct session *session);
/* The subject changed: what is under way for the old one does not matter any more. */
void session_ask_anew(struct session *session);
bool session_is_waiting(const struct session *session);
/* Of the view's own question, else of the node's; NULL: none. */
const char *session_problem(const struct session *session);
/* Files: by snapshots, or to what the user typed ("12:03", "+30s", "17"). False when it is still the same. */
bool session_step(struct session *session, long by);
bool session_jump(struct session *session, const char *text);

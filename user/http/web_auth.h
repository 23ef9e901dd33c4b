/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Names and passwords against bcrypt hashes. A comparison takes tens of milliseconds on purpose, so a thread of its own
 * makes them, one at a time; pairs that were right are remembered, not the passwords but a keyed hash of them. A name that
 * is not known takes as long as one that is. */
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/mailbox.h"
#include "http/web_config.h"

struct web_auth;

enum web_verdict {
	WEB_DENIED,
	WEB_ALLOWED,
	WEB_LATER, /* the answer comes to `replies` */
	WEB_BUSY,  /* too many are being compared, all in all or for this address */
};

/* The caller's, in its own struct; nobody else's between WEB_LATER and the arrival of `mail`. */
struct web_ticket {
	struct mail mail;
	bool is_allowed;
};

/* Answers go to `replies`, which must stay. 0 or negative errno. */
int web_auth_new(struct mailbox *replies, struct web_auth **ret_auth);
/* Waits for the comparison that is being made; tickets not answered never are. NULL is allowed. */
void web_auth_free(struct web_auth *auth);

/* `header` is the value of `Authorization`, or NULL; `config` has users. Not thread-safe: always by the same thread. */
enum web_verdict web_auth_check(struct web_auth *auth, const struct web_config *config, const char *header,
				const struct sockaddr *address, struct web_ticket *ticket);
/* Whether `header`, which was right when the users were those of `before`, is right with those of `now`: its user has the
 * same hash, or nobody is asked. One whose password was only hashed anew has to come again. */
bool web_auth_holds(const struct web_config *before, const struct web_config *now, const char *header);
/* To be called for each ticket that arrived, before it is used for anything else. */
void web_auth_settle(struct web_auth *auth, struct web_ticket *ticket);

/* Splits the value of `Authorization: Basic`. Both texts are NUL-terminated within `text` (their size at most that of the
 * header). False: it is none, or holds a NUL. */
bool web_auth_parse(const char *header, char *text, size_t size, const char **ret_user,
		    const char **ret_password);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Hands structs from one thread to another: a queue and an eventfd that is readable while something is in it. What is
 * handed over belongs to the receiver from then on; a struct mail is a member of it. */
#include <pthread.h>
#include <stdbool.h>

struct mail {
	struct mail *next;
};

struct mailbox {
	pthread_mutex_t lock;
	struct mail *first, **last;
	int fd; /* for loop_add_fd() of the receiver, or poll() */
};

/* 0 or negative errno. mailbox_done() only after 0; what is still inside is the caller's. */
int mailbox_init(struct mailbox *box);
void mailbox_done(struct mailbox *box);

void mailbox_put(struct mailbox *box, struct mail *mail);
/* The oldest, or NULL; then `fd` is readable no more until the next is put. */
struct mail *mailbox_take(struct mailbox *box);
/* `fd` is readable no more although mail may be inside; until the next mailbox_put() or mailbox_wake(). */
void mailbox_rest(struct mailbox *box);
/* The receiver is to look again. */
void mailbox_wake(struct mailbox *box);

/* The struct that `mail_` is the member `member` of. */
#define mail_of(mail_, type, member) ((type *)((char *)(mail_)-offsetof(type, member)))

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mailbox.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

int mailbox_init(struct mailbox *box)
{
	*box = (struct mailbox){ .lock = PTHREAD_MUTEX_INITIALIZER, .last = &box->first };
	box->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return box->fd < 0 ? -errno : 0;
}

void mailbox_done(struct mailbox *box)
{
	close(box->fd);
	pthread_mutex_destroy(&box->lock);
}

void mailbox_wake(struct mailbox *box)
{
	uint64_t one = 1;
	ssize_t written = write(box->fd, &one, sizeof(one));

	(void)written; /* fails only when it is readable already */
}

void mailbox_rest(struct mailbox *box)
{
	uint64_t count;
	ssize_t size = read(box->fd, &count, sizeof(count));

	(void)size; /* fails only when it is not readable already */
}

void mailbox_put(struct mailbox *box, struct mail *mail)
{
	mail->next = NULL;
	pthread_mutex_lock(&box->lock);
	*box->last = mail;
	box->last = &mail->next;
	mailbox_wake(box);
	pthread_mutex_unlock(&box->lock);
}

struct mail *mailbox_take(struct mailbox *box)
{
	struct mail *mail;

	pthread_mutex_lock(&box->lock);
	mail = box->first;
	if (!mail) {
		mailbox_rest(box); /* under the lock: a put in between would be forgotten */
	} else {
		box->first = mail->next;
		if (!box->first)
			box->last = &box->first;
	}
	pthread_mutex_unlock(&box->lock);
	return mail;
}

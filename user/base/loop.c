/* SPDX-License-Identifier: Apache-2.0 */
/* The event loop. One row per descriptor number says whom to call. Every registration gets its own generation, which
 * travels through epoll: an event that was collected for a descriptor removed (or closed and reused) by an earlier
 * callback of the same turn does not match any more and is dropped. Single-threaded. */
#include "base/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/time.h"

#define EVENTS_PER_TURN 64
#define FIRST_SOURCES 64

enum source_kind { SOURCE_NONE, SOURCE_FD, SOURCE_IO, SOURCE_TIMER, SOURCE_SIGNALS };

struct source {
	enum source_kind kind;
	uint32_t generation; /* valid while kind is not SOURCE_NONE */
	union {
		loop_callback *call;
		loop_io_callback *call_io;
		loop_signal_callback *call_signal;
	};
	void *context;
};

struct loop {
	int epoll_fd;
	bool stopped;
	bool has_signals;
	uint32_t last_generation;
	struct source *sources; /* indexed by descriptor */
	int source_count;
	loop_prepare_callback *prepare;
	void *prepare_context;
};

int loop_new(struct loop **ret_loop)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return -ENOMEM;
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0) {
		int error = -errno;

		free(loop);
		return error;
	}
	*ret_loop = loop;
	return 0;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	for (int fd = 0; fd < loop->source_count; fd++) {
		if (loop->sources[fd].kind == SOURCE_TIMER || loop->sources[fd].kind == SOURCE_SIGNALS)
			close(fd);
	}
	close(loop->epoll_fd);
	free(loop->sources);
	free(loop);
}

static int reserve_source(struct loop *loop, int fd)
{
	int count = loop->source_count ? loop->source_count : FIRST_SOURCES;
	struct source *sources;

	if (fd < loop->source_count)
		return 0;
	while (count <= fd)
		count *= 2;
	sources = reallocarray(loop->sources, (size_t)count, sizeof(*sources));
	if (!sources)
		return -ENOMEM;
	memset(sources + loop->source_count, 0, (size_t)(count - loop->source_count) * sizeof(*sources));
	loop->sources = sources;
	loop->source_count = count;
	return 0;
}

static uint64_t event_data(const struct source *source, int fd)
{
	return (uint64_t)source->generation << 32 | (uint32_t)fd;
}

static int add_source(struct loop *loop, int fd, uint32_t events, struct source source)
{
	struct epoll_event event = { .events = events };
	int error;

	if (fd < 0)
		return -EBADF;
	error = reserve_source(loop, fd);
	if (error)
		return error;
	source.generation = ++loop->last_generation;
	event.data.u64 = event_data(&source, fd);
	/* A row may be left over from a descriptor closed without loop_remove_fd(); epoll has forgotten it, so
	 * epoll alone decides whether this is a second registration (-EEXIST). */
	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event))
		return -errno;
	loop->sources[fd] = source;
	return 0;
}

int loop_add_fd(struct loop *loop, int fd, loop_callback *callback, void *context)
{
	return add_source(loop, fd, EPOLLIN,
			  (struct source){ .kind = SOURCE_FD, .call = callback, .context = context });
}

static uint32_t interest_events(unsigned int interest)
{
	return (interest & LOOP_READ ? (uint32_t)EPOLLIN : 0) |
	       (interest & LOOP_WRITE ? (uint32_t)EPOLLOUT : 0);
}

int loop_add_io(struct loop *loop, int fd, unsigned int interest, loop_io_callback *callback, void *context)
{
	return add_source(loop, fd, interest_events(interest),
			  (struct source){ .kind = SOURCE_IO, .call_io = callback, .context = context });
}

static bool is_kind(const struct loop *loop, int fd, enum source_kind kind)
{
	return fd >= 0 && fd < loop->source_count && loop->sources[fd].kind == kind;
}

int loop_change_io(struct loop *loop, int fd, unsigned int interest)
{
	struct epoll_event event = { .events = interest_events(interest) };

	if (!is_kind(loop, fd, SOURCE_IO))
		return -ENOENT;
	event.data.u64 = event_data(&loop->sources[fd], fd);
	return epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, fd, &event) ? -errno : 0;
}

int loop_remove_fd(struct loop *loop, int fd)
{
	if (!is_kind(loop, fd, SOURCE_FD) && !is_kind(loop, fd, SOURCE_IO))
		return -ENOENT;
	loop->sources[fd].kind = SOURCE_NONE;
	/* EBADF, ENOENT: the caller closed it first, which removes it too. */
	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, fd, NULL) && errno != EBADF && errno != ENOENT)
		return -errno;
	return 0;
}

/* A timer that is not running. */
static int add_timer(struct loop *loop, loop_callback *callback, void *context, int *ret_fd)
{
	_cleanup_(cleanup_close) int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	int error;

	if (fd < 0)
		return -errno;
	error = add_source(loop, fd, EPOLLIN,
			   (struct source){ .kind = SOURCE_TIMER, .call = callback, .context = context });
	if (!error)
		*ret_fd = take_fd(fd);
	return error;
}

static int set_timer(int fd, uint64_t delay_ns, uint64_t interval_ns)
{
	struct itimerspec timer = {
		.it_interval = { (time_t)(interval_ns / NS_PER_S), (long)(interval_ns % NS_PER_S) },
		.it_value = { (time_t)(delay_ns / NS_PER_S), (long)(delay_ns % NS_PER_S) },
	};

	return timerfd_settime(fd, 0, &timer, NULL) ? -errno : 0;
}

int loop_add_timer(struct loop *loop, uint64_t interval_ns, loop_callback *callback, void *context)
{
	int fd, error;

	if (interval_ns == 0)
		return -EINVAL;
	error = add_timer(loop, callback, context, &fd);
	return error ? error : set_timer(fd, interval_ns, interval_ns);
}

int loop_add_alarm(struct loop *loop, loop_callback *callback, void *context, int *ret_alarm)
{
	return add_timer(loop, callback, context, ret_alarm);
}

int loop_set_alarm(struct loop *loop, int alarm, uint64_t delay_ns)
{
	if (!is_kind(loop, alarm, SOURCE_TIMER))
		return -ENOENT;
	if (delay_ns == LOOP_NEVER)
		return set_timer(alarm, 0, 0);
	return set_timer(alarm, delay_ns ? delay_ns : 1, 0);
}

void loop_remove_alarm(struct loop *loop, int alarm)
{
	if (!is_kind(loop, alarm, SOURCE_TIMER))
		return;
	loop->sources[alarm].kind = SOURCE_NONE;
	close(alarm);
}

int loop_add_signals(struct loop *loop, const int *signals, int count, loop_signal_callback *callback,
		     void *context)
{
	_cleanup_(cleanup_close) int fd = -1;
	sigset_t set;
	int error;

	if (loop->has_signals)
		return -EEXIST;
	sigemptyset(&set);
	for (int i = 0; i < count; i++) {
		if (sigaddset(&set, signals[i]))
			return -errno;
	}
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	error = add_source(loop, fd, EPOLLIN,
			   (struct source){
				   .kind = SOURCE_SIGNALS, .call_signal = callback, .context = context });
	if (error)
		return error;
	take_fd(fd);
	loop->has_signals = true;
	/* Last, so that a failure leaves the signals as they were. loop_free() leaves them blocked: a second SIGTERM
	 * must not cut the teardown short. Threads started from here on inherit the mask. */
	return -pthread_sigmask(SIG_BLOCK, &set, NULL);
}

void loop_set_prepare(struct loop *loop, loop_prepare_callback *callback, void *context)
{
	loop->prepare = callback;
	loop->prepare_context = context;
}

static unsigned int events_ready(uint32_t events)
{
	if (events & (EPOLLERR | EPOLLHUP))
		return LOOP_READ | LOOP_WRITE;
	return (events & EPOLLIN ? LOOP_READ : 0) | (events & EPOLLOUT ? LOOP_WRITE : 0);
}

static void dispatch(struct loop *loop, const struct epoll_event *event)
{
	uint64_t data = event->data.u64;
	struct signalfd_siginfo info;
	int fd = (int)(uint32_t)data;
	struct source source =
		loop->sources[fd]; /* a copy: a callback may add descriptors and so move the rows */
	uint64_t expirations;

	if (source.generation != (uint32_t)(data >> 32))
		return;
	switch (source.kind) {
	case SOURCE_NONE:
		break;
	case SOURCE_FD:
		source.call(source.context);
		break;
	case SOURCE_IO:
		source.call_io(source.context, fd, events_ready(event->events));
		break;
	case SOURCE_TIMER:
		if (read(fd, &expirations, sizeof(expirations)) == sizeof(expirations))
			source.call(source.context);
		break;
	case SOURCE_SIGNALS:
		if (read(fd, &info, sizeof(info)) == sizeof(info))
			source.call_signal(source.context, (int)info.ssi_signo);
		break;
	}
}

int loop_run(struct loop *loop)
{
	struct epoll_event events[EVENTS_PER_TURN];

	while (!loop->stopped) {
		int timeout_ms = loop->prepare ? loop->prepare(loop->prepare_context) : -1;
		int count;

		if (loop->stopped)
			break;
		count = epoll_wait(loop->epoll_fd, events, EVENTS_PER_TURN, timeout_ms < 0 ? -1 : timeout_ms);
		if (count < 0 && errno != EINTR)
			return -errno;
		/* What is left over when stopped stays pending: all sources are level-triggered. */
		for (int i = 0; i < count && !loop->stopped; i++)
			dispatch(loop, &events[i]);
	}
	loop->stopped = false;
	return 0;
}

void loop_stop(struct loop *loop)
{
	loop->stopped = true;
}

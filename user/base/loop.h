/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The one event loop: epoll over file descriptors, timers (timerfd) and signals (signalfd).
 * Callbacks run on the calling thread, one after the other; none may block. */
#include <stdint.h>

struct loop;

typedef void loop_callback(void *context);
typedef void loop_signal_callback(void *context, int signal);

/* 0 or negative errno. */
int loop_new(struct loop **ret_loop);
void loop_free(struct loop *loop);

/* Calls `callback` whenever `fd` is readable (level-triggered). The descriptor stays the caller's. */
int loop_add_fd(struct loop *loop, int fd, loop_callback *callback, void *context);
int loop_remove_fd(struct loop *loop, int fd);

/* The same for what may also wait to write: `callback` is told what the descriptor is ready for. An error or a
 * hang-up makes it ready for both. Removed by loop_remove_fd(), as the above. */
enum { LOOP_READ = 1, LOOP_WRITE = 2 };
typedef void loop_io_callback(void *context, int fd, unsigned int ready);
int loop_add_io(struct loop *loop, int fd, unsigned int interest, loop_io_callback *callback, void *context);
int loop_change_io(struct loop *loop, int fd, unsigned int interest);

/* Calls `callback` every `interval_ns`, first after one interval; an overrun is one call, not many. */
int loop_add_timer(struct loop *loop, uint64_t interval_ns, loop_callback *callback, void *context);

/* A timer that rings once each time it is set; *ret_alarm is its descriptor, which is the loop's.
 * A delay of 0 rings in the next turn, LOOP_NEVER takes back what was set. */
#define LOOP_NEVER UINT64_MAX
int loop_add_alarm(struct loop *loop, loop_callback *callback, void *context, int *ret_alarm);
int loop_set_alarm(struct loop *loop, int alarm, uint64_t delay_ns);
/* Negative numbers are allowed and mean none. */
void loop_remove_alarm(struct loop *loop, int alarm);

/* Blocks the `count` signals for the process and delivers them to `callback` in the loop. Once per loop. */
int loop_add_signals(struct loop *loop, const int *signals, int count, loop_signal_callback *callback,
		     void *context);

/* Called before each wait; returns the longest time to wait in milliseconds, or -1 for no limit. */
typedef int loop_prepare_callback(void *context);
void loop_set_prepare(struct loop *loop, loop_prepare_callback *callback, void *context);

/* Runs until loop_stop(); returns 0 or negative errno. */
int loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

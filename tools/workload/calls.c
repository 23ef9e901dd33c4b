// SPDX-License-Identifier: Apache-2.0
/* Work of one thread: system calls, errors, page faults, file bytes, CPU time. */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "workload.h"

static int futex_word;
static const struct timespec no_time;

/* Calls that succeed with these arguments and leave nothing behind; at least one in most classes of ktally. */
static const struct named_call {
	const char *name;
	long number;
	long args[4];
} named_calls[] = {
	{ "getppid", SYS_getppid, { 0 } },
	{ "getpid", SYS_getpid, { 0 } },
	{ "gettid", SYS_gettid, { 0 } },
	{ "getuid", SYS_getuid, { 0 } },
	{ "sched_yield", SYS_sched_yield, { 0 } },
	{ "faccessat", SYS_faccessat, { AT_FDCWD, (long)"/", F_OK, 0 } },
	{ "madvise", SYS_madvise, { 0, 0, MADV_NORMAL, 0 } },
	{ "futex", SYS_futex, { (long)&futex_word, FUTEX_WAKE_PRIVATE, 1, 0 } },
	{ "clock_getres", SYS_clock_getres, { CLOCK_MONOTONIC, 0, 0, 0 } },
	{ "ppoll", SYS_ppoll, { 0, 0, (long)&no_time, 0 } },
};

void command_calls(char **args)
{
	uint64_t count = parse_number(args[0]);
	const struct named_call *call = NULL;
	for (size_t i = 0; i < sizeof(named_calls) / sizeof(named_calls[0]); i++)
		if (!strcmp(args[1], named_calls[i].name))
			call = &named_calls[i];
	if (!call)
		fail_usage("cannot call '%s'", args[1]);

	const long *arg = call->args;
	bool failed = false;
	for (uint64_t i = 0; i < count; i++)
		failed |= syscall(call->number, arg[0], arg[1], arg[2], arg[3]) < 0;
	if (failed)
		fail("%s failed: %s", call->name, strerror(errno));
	report("calls", count);
}

void command_errors(char **args)
{
	uint64_t count = parse_number(args[0]);
	bool missing = args[1] && !strcmp(args[1], "ENOENT");
	if (args[1] && !missing && strcmp(args[1], "EBADF"))
		fail_usage("no such error: '%s'", args[1]);

	uint64_t errors = 0;
	if (missing)
		for (uint64_t i = 0; i < count; i++)
			errors += syscall(SYS_faccessat, AT_FDCWD, "/no/such/file", F_OK) < 0 &&
				  errno == ENOENT;
	else
		for (uint64_t i = 0; i < count; i++)
			errors += syscall(SYS_close, -1) < 0 && errno == EBADF;
	report("errors", errors);
}

/* Touches so many anonymous pages, and leaves them there. Returns the minor faults of it. */
static uint64_t touch_pages(size_t pages)
{
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE), bytes = pages * page_bytes;
	char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		fail("cannot map %zu pages: %s", pages, strerror(errno));
	/* EINVAL: a kernel without huge pages. */
	if (madvise(memory, bytes, MADV_NOHUGEPAGE) < 0 && errno != EINVAL)
		fail("cannot turn huge pages off: %s", strerror(errno));

	struct rusage before, after;
	getrusage(RUSAGE_SELF, &before);
	for (size_t i = 0; i < pages; i++)
		((volatile char *)memory)[i * page_bytes] = 1;
	getrusage(RUSAGE_SELF, &after);
	return (uint64_t)(after.ru_minflt - before.ru_minflt);
}

void command_faults(char **args)
{
	size_t pages = parse_number(args[0]);
	uint64_t faults = pages ? touch_pages(pages) : 0;
	report("pages", pages);
	report("minor_faults", faults);
}

void command_hold(char **args)
{
	size_t pages = parse_number(args[0]);
	touch_pages(pages);
	report("pages", pages);
	report_flush();
	sleep_ns(parse_number(args[1]) * 1000000000);
}

void command_files(char **args)
{
	uint64_t count = parse_number(args[0]), bytes = args[1] ? parse_number(args[1]) : 4096;
	const char *folder = getenv("TMPDIR");
	char path[4096];
	snprintf(path, sizeof(path), "%s/workload.XXXXXX", folder ? folder : "/tmp");
	int fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		fail("cannot create '%s': %s", path, strerror(errno));
	unlink(path);
	char *block = calloc(1, bytes ? bytes : 1);
	if (!block)
		fail("out of memory");

	uint64_t written = 0, got = 0;
	for (uint64_t i = 0; i < count; i++)
		written += (uint64_t)syscall(SYS_pwrite64, fd, block, bytes, 0L);
	for (uint64_t i = 0; i < count; i++)
		got += (uint64_t)syscall(SYS_pread64, fd, block, bytes, 0L);
	if (written != count * bytes || got != count * bytes)
		fail("short reads or writes in %s", folder ? folder : "/tmp");
	report("writes", count);
	report("reads", count);
	report("written_bytes", written);
	report("read_bytes", got);
}

void command_spin(char **args)
{
	struct rusage usage;
	burn_cpu(parse_number(args[0]) * 1000000ULL);
	getrusage(RUSAGE_SELF, &usage);
	report("cpu_ns", usage_cpu_ns(&usage));
}

void command_spin_forever(char **args)
{
	(void)args;
	for (volatile uint64_t turn = 0;; turn++)
		;
}

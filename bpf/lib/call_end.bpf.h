/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once
/* What the end of a system call says. */
#include "lib/record.bpf.h"

#define ERRNO_MAX 4095
/* ERESTARTSYS and its kin, include/linux/errno.h: a signal came. They never reach user space: the call begins anew, or ends in EINTR. */
#define ERRNO_RESTART_FIRST 512
#define ERRNO_RESTART_ALWAYS 513 /* ERESTARTNOINTR: it goes on, whatever the signal does */
#define ERRNO_RESTART_LAST 516
#define ERRNO_INTERRUPTED 4

/* A macro: clang 14 makes other code of a function. */
#define CALL_IS_CLONE(call) ((call)-CALL_CLONE <= CALL_VFORK - CALL_CLONE || (call) == CALL_CLONE3)

/* 0: it succeeded. */
static __always_inline __u32 call_end_error(long result)
{
	return result < 0 && result >= -ERRNO_MAX ? -result : 0;
}

/* Under which number it is counted: below SYSCALL_NUMBERS, whose last is for all that are not known here. */
static __always_inline __u64 call_end_number(__u64 call, bool compat)
{
	if (compat || call >= SYSCALL_NUMBERS)
		call = SYSCALL_NUMBERS - 1;
	barrier_var(call);
	return call & (SYSCALL_NUMBERS - 1);
}

/* Where an error other than 0 is counted by its number, if below ERRNO_NUMBERS: that is for the verifier to see. */
static __always_inline __u32 call_end_error_cell(__u32 error)
{
	if (error >= ERRNO_RESTART_FIRST && error <= ERRNO_RESTART_LAST)
		error = ERRNO_INTERRUPTED;
	if (error >= ERRNO_NUMBERS)
		error = ERRNO_NUMBERS - 1;
	barrier_var(error);
	return error & 255;
}

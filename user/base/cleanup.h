/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Scope-bound ownership. A variable marked _cleanup_(f) is given to f(&variable)
 * when its scope ends; take_ptr()/take_fd() hand the ownership on. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(f) __attribute__((cleanup(f)))

static inline void cleanup_free(void *p)
{
	free(*(void **)p);
}
static inline void cleanup_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
static inline void cleanup_fclose(FILE **f)
{
	if (*f)
		fclose(*f);
}

/* Defines cleanup_<type>() for `type_free(struct type *)`. */
#define CLEANUP_FREE(type)                                 \
	static inline void cleanup_##type(struct type **p) \
	{                                                  \
		type##_free(*p);                           \
	}

#define take_ptr(p)                         \
	({                                  \
		__typeof__(p) taken_ = (p); \
		(p) = NULL;                 \
		taken_;                     \
	})
#define take_fd(fd)                \
	({                         \
		int taken_ = (fd); \
		(fd) = -1;         \
		taken_;            \
	})

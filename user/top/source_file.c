/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "top/source_ops.h"

int source_open_file(struct loop *loop, const char *file, struct source **ret_source,
		     const struct message *message)
{
	(void)loop;
	(void)ret_source;
	return message_fail(message, -ENOSYS, "'%s': replay is not there yet", file);
}

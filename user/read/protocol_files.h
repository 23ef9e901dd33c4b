/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * What protocols count per network namespace: net/netstat, net/snmp and net/snmp6 of a process in it. The kernel's own numbers: no
 * program has to run, and they are the same on every kernel and cgroup version.
 */
#include <stdint.h>

#include "model/network.h"

#define PROTOCOL_FILES_CAPACITY (32 * 1024) /* of one file; netstat has about 5 KiB */

/* Reads them by process `pid`. `buffer` of PROTOCOL_FILES_CAPACITY is for the text. Without IPv6 its part is 0. 0; -ESRCH when the
 * process is gone; -EINVAL when a file is not as expected; or negative errno. */
int protocol_files_read(const char *procfs, uint32_t pid, char *buffer, uint64_t ret_value[PROTOCOL_TOTALS]);

/* The value `name` of a pair of lines that begin with `group`, as in netstat and snmp, or of a line "<group><name> value" of snmp6,
 * whose `group` has no colon. 0, or -ENOENT. */
int protocol_files_find(const char *text, const char *group, const char *name, uint64_t *ret_value);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What looks like containers: cgroups with the names of containers and sleeping processes. One set at a time. */
#include <sys/types.h>

/* So many cgroups with so many processes each; the process that all of them end with, or -1. */
pid_t containers_new(unsigned int containers, unsigned int processes);
/* Ends it and removes the cgroups. */
void containers_free(pid_t holder, unsigned int containers);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Reads the addresses of the network namespaces in the model, while somebody looks at connections. */
#include <stdbool.h>
#include <stdint.h>

#include "base/paths.h"
#include "model/model.h"

struct address_reader;

/* `host_inode`: of the host's namespace; 0: not known for sure, then its addresses are not read and none is told to be joined to it.
 * What is given outlives it. 0 or -ENOMEM. */
int address_reader_new(const struct paths *paths, struct model *model, uint64_t host_inode,
		       struct address_reader **ret_reader);
void address_reader_free(struct address_reader *reader);

/* Somebody looks at connections: for the next minute each namespace is read every 10 s. The first time the first 128 are read at
 * once. `host_pid`: a process in the host's namespace; 0: none can be seen. */
void address_reader_want(struct address_reader *reader, uint32_t host_pid, uint64_t now_ns);
/* One turn's share of them, when they are wanted. */
void address_reader_turn(struct address_reader *reader, uint32_t host_pid, uint64_t now_ns);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A server that does nothing but send: the floor under the time of a scrape on this machine. */
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Answers each connection with `bytes` that are ready, from the reader's CPU. The process (for process_end()), or -1. */
pid_t bare_start(size_t bytes, uint16_t *ret_port);

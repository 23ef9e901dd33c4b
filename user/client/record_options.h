/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "client/source.h"

struct record_options {
	struct source_settings source;
	const char *file;
	uint64_t interval_ns;
	uint64_t duration_ns; /* 0: until it is stopped */
	uint64_t limit_bytes; /* 0: none */
	bool replace;
};

/* The arguments of `ktally record`. True when the command is over: help was printed, or what is wrong; *ret_status is then
 * its exit status. */
bool record_options_parse(struct record_options *options, int argc, char **argv, int *ret_status);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The options that say which daemon is asked, the same for each command that asks one: rows for getopt_long(). */
#include <getopt.h>
#include <stdbool.h>

#include "client/source.h"

enum { CONNECT_URL = 0x200, CONNECT_USER, CONNECT_PASSWORD_FILE, CONNECT_CA_FILE, CONNECT_INSECURE };

#define CONNECT_OPTIONS                                                              \
	{ "connect", required_argument, NULL, CONNECT_URL },                         \
		{ "user", required_argument, NULL, CONNECT_USER },                   \
		{ "password-file", required_argument, NULL, CONNECT_PASSWORD_FILE }, \
		{ "ca-file", required_argument, NULL, CONNECT_CA_FILE },             \
	{                                                                            \
		"insecure", no_argument, NULL, CONNECT_INSECURE                      \
	}

/* Takes an option that getopt_long() has found; false when it is not one of these. `value` must live as long as `settings`. */
bool connect_take(int option, const char *value, struct source_settings *settings);
/* Lines for the help text. */
extern const char connect_help[];

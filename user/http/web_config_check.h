/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Whether the keys of the web-config file fit together. Private to web_config*.c. */
#include "http/web_config.h"

struct web_config_lines {
	unsigned long tls, rate; /* of the sections; 0: not there */
};

/* What is wrong with it, or NULL. */
const char *web_config_check_user(const struct web_user *user);
/* The same for the whole, with the line to look at. Sets has_tls. */
const char *web_config_check_all(struct web_config *config, const struct web_config_lines *lines,
				 unsigned long *ret_line);

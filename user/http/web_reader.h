/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A web-config file that is being read: by web_config.c (keys) and web_value.c (what stands behind them). Private to them. */
#include "base/yaml.h"
#include "http/web_config.h"
#include "http/web_config_check.h"

struct reader {
	struct yaml_reader yaml;
	struct web_config *config;
	struct web_config_lines lines;
	uint32_t keys_seen, sections_seen;
};

/* Reads the current event, the value of `key`, into the member. 0 or negative errno, with the message. */
typedef int read_value(struct reader *reader, const char *key, void *member);

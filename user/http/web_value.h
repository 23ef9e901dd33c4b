/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Values of the web-config file. Private to web_config.c. */
#include "http/web_reader.h"

/* -ENOMEM, with the message. */
int web_value_no_memory(const struct reader *reader);

/* Named as in web_config.def. */
read_value web_value_text;
read_value web_value_pem;
read_value web_value_path;
read_value web_value_client_auth;
read_value web_value_version;
read_value web_value_flag;
read_value web_value_duration;
read_value web_value_count;
read_value web_value_texts;
read_value web_value_ciphers;
read_value web_value_curves;

/* The index of `text` in the comma-separated `words`, or -1. */
int web_value_find_word(const char *words, const char *text);

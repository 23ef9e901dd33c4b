/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The command line of `ktally top`. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/message.h"

#define SETTING_TYPE_STRING const char *
#define SETTING_TYPE_BOOL bool
#define SETTING_TYPE_DURATION uint64_t

struct settings {
	bool help;
#define SETTING(member, type, flag, metavar, help) SETTING_TYPE_##type member;
#include "settings.def"
#undef SETTING
};

/* Strings point into argv. 0, or -EINVAL with one line. */
int settings_parse(struct settings *settings, int argc, char **argv, const struct message *message);
void settings_print_help(FILE *file);

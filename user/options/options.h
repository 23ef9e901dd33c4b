/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The settings of the daemon: defaults < YAML file < environment < flags. Rows are in options.def.
 * Nothing here logs or exits; an error is a line for the caller to print. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum profile { PROFILE_LIGHT, PROFILE_DEFAULT, PROFILE_FULL };

struct string_list {
	char **items;
	size_t count;
};

/* A member per row: web_listen_address, web_timeout_ns, log_level ...; all strings belong to the struct.
 * CHOICE members hold the index of the choice: enum log_level, enum log_format, enum profile. */
#define OPTION_MEMBER_STRING char *
#define OPTION_MEMBER_STRING_LIST struct string_list
#define OPTION_MEMBER_BOOL bool
#define OPTION_MEMBER_U32 uint32_t
#define OPTION_MEMBER_DURATION uint64_t
#define OPTION_MEMBER_CHOICE uint32_t
struct options {
	char *config_file; /* --config or KTALLY_CONFIG, NULL when none */
#define OPTION_GROUP(prefix, title)
#define OPTION(member, type, flag, metavar, text, accepts, help, note) OPTION_MEMBER_##type member;
#include "options/options.def"
#undef OPTION
#undef OPTION_GROUP
};

enum options_action { OPTIONS_RUN, OPTIONS_HELP, OPTIONS_VERSION };

/* Enough for every message with a path of usual length; a longer one is cut. */
#define OPTIONS_MESSAGE_SIZE 1024

/* Fills `options` (need not be initialised) from the YAML file, the environment and the flags. argv[0] is skipped
 * (a program or subcommand name); arguments that are no flags are an error. With -h/--help or --version,
 * *ret_action says so and `options` is empty. Returns 0, or a negative errno with one line (no newline, no
 * program name) in `ret_message`; `options` is then empty. options_done() is allowed in every case. */
int options_parse(struct options *options, int argc, char **argv, enum options_action *ret_action,
		  char *ret_message, size_t message_size);

/* The same again for a reload: reads the same sources into `fresh`, which must not be the struct in use. */
int options_load(struct options *fresh, int argc, char **argv, char *ret_message, size_t message_size);

/* Defaults and then YAML text alone; `name` stands for the file in messages. For tests and the fuzzer. */
int options_load_yaml(struct options *options, const char *name, const char *text, size_t size,
		      char *ret_message, size_t message_size);

/* Frees what the struct owns and empties it. */
void options_done(struct options *options);

void options_print_help(FILE *file);     /* `ktally run --help` */
void options_print_markdown(FILE *file); /* docs/CONFIGURATION.md, whole */
void options_print_man(FILE *file);      /* the OPTIONS and CONFIGURATION sections of ktally(8), in man(7) */

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Texts of the exposition formats: label values and help. */
#include <stddef.h>

#include "base/buffer.h"

/* Appends `text` (any bytes) as a label value, without the quotes around it: what is not UTF-8 becomes U+FFFD, one per
 * byte; of the result at most `limit` bytes, cut between characters; then \ " and newline are escaped. Two texts that
 * differ only in what was cut or replaced come out equal: whoever makes series of them must have told them apart. */
void label_escape(struct buffer *out, const char *text, size_t limit);

/* The same without escaping: the value itself, for formats that give its length. */
void label_clean(struct buffer *out, const char *text, size_t limit);

/* Appends `text` (any bytes) as UTF-8 that is another for each text: a byte that is not UTF-8 becomes \xNN, and so does a backslash
 * that could be taken for the begin of such a \xNN. What systemd spells that way of ASCII, as \x2d, stays as it is. */
void label_spell(struct buffer *out, const char *text);

/* Appends `name="value"`. */
void label_add(struct buffer *out, const char *name, const char *value, size_t limit);

/* Appends a help text: \ and newline are escaped, and " if `quotes`; the rest is our own and valid. */
void label_escape_help(struct buffer *out, const char *text, bool quotes);

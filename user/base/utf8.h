/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Names of others may hold any bytes; ours are UTF-8. */
#include <stddef.h>

#define UTF8_REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */
#define UTF8_REPLACEMENT_SIZE 3

/* Bytes of the character at `text`, 0 when it is none: stray, cut, overlong, a surrogate, or beyond U+10FFFF. Nothing behind a
 * NUL is looked at. */
size_t utf8_size(const char *text);

/* Copies at most capacity - 1 bytes of whole characters, each invalid byte as U+FFFD, and a NUL. Returns the length. */
size_t utf8_copy(char *to, size_t capacity, const char *from);

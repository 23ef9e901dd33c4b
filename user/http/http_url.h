/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* Decodes %XX in place and returns the length. A code that is not two hexadecimal digits, or a NUL, makes *ret_is_valid false;
 * the text is then what it was. */
size_t http_url_decode(char *text, bool *ret_is_valid);

/* The path in a request target, which may also be a whole URL, as proxies are asked (RFC 9112, 3.2.2). Of anything else all. */
const char *http_url_path(const char *target);

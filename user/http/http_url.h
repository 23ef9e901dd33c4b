/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* Decodes %XX in place and returns the length. A code that is not two hexadecimal digits, or a NUL, makes *ret_is_valid false;
 * the text is then what it was. */
size_t http_url_decode(char *text, bool *ret_is_valid);

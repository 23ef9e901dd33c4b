/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdbool.h>

/* Whether to answer with gzip by the value of `Accept-Encoding` (NULL: there was none): it is allowed and not less wanted than
 * no encoding. What is malformed counts as absent. */
bool http_encoding_takes_gzip(const char *accept_encoding);

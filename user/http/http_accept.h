/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdbool.h>

/* Whether the value of an `Accept` header (NULL: there was none) takes a type, "application/json". */
bool http_accept_takes(const char *accept, const char *type);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stdint.h>

/* "90s", "1m30s", "100ms", "2d", "0". 0 or -EINVAL. */
int duration_parse(const char *text, uint64_t *ret_ns);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "probe/probe.h"
#include "probe_config.h"

/* The read-only data of every object: settings, classes of system calls (classes.def), histogram tables. */
void configure_fill(const struct probe_settings *settings, struct probe_config *ret_config);

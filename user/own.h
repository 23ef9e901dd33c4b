/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "model/self.h"

/* What ktally itself uses, from /proc/self: for the `process_*` families. What cannot be read is 0. */
void own_read(struct self_process *ret_process);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "export/exposition.h"

/* What ktally itself uses, from /proc/self: for the `process_*` families. What cannot be read is 0. */
void own_read(struct exposition_process *ret_process);

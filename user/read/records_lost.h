/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Records whose thread is gone without notice; records_settle() and records_sweep() are here too. Private to records*.c. */
#include "read/records_state.h"

/* Profile light: ends those that no survey met for long. */
void records_lost_retire(struct records *records, const struct thread_owner *owner);

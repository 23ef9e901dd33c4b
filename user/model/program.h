/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Programs of a container: the inside of model.h. */
#include "model/model.h"

/* Takes the program out of its container and puts it into `to`, where it joins the one of its name. Threads and processes that
 * refer to it need not know. */
void program_move(struct model *model, struct program *program, struct container *to);
/* Forgets processes that have no threads for some passes, and the windows of those that do nothing. Once a pass. */
void program_expire_processes(struct model *model, uint64_t now_ns);
/* NULL is allowed. */
void program_free(struct program *program);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Programs of a container: the inside of model.h. */
#include "model/model.h"

/* Takes the program out of its container and puts it into `to`, where it joins the one of its name. Threads and processes that
 * refer to it need not know. */
void program_move(struct model *model, struct program *program, struct container *to);
/* NULL is allowed. */
void program_free(struct program *program);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The system calls of one container: asking about them begins to count them (model/focus.h). Private to api*.c. */
#include "api/api_endpoint.h"

/* The answer about the container that `answer->query` names. Returns the HTTP status. */
unsigned int api_focus_answer(struct api_answer *answer, const char *container);

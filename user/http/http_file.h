/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Files of the page: constant bytes, answered without a handler. Private to http*.c. */
#include "http/http_server.h"

/* The file of a path, or NULL. */
const struct web_file *http_file_find(const struct http_config *config, const char *path);

/* Answers with the file, or says that the client's copy is the same (304). */
enum MHD_Result http_file_queue(struct MHD_Connection *connection, const struct web_state *state,
				const struct web_file *file);
